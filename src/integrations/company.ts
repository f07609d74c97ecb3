import type { Catalog } from "../catalog/open-catalog.ts";
import type { Connector } from "../connector/connector.ts";
import { HubError } from "../errors.ts";
import type { IntegrationRow } from "../store/tables.ts";

type Member = Pick<IntegrationRow, "id" | "service" | "label">;

/**
 * Refuses a service that can't stand beside those connected, or that lacks one it needs.
 *
 * What a connector needs or can't bear is another connector or an ability that others provide. Each side may say it.
 */
export async function checkCompany(
  catalog: Catalog,
  connector: Connector,
  connected: readonly Member[],
): Promise<void> {
  const others = await Promise.all(
    connected.filter(({ service }) => service !== connector.id).map(async (row) => describeMember(catalog, row)),
  );
  const foe = others.find((other) => isAgainst(connector, other) || isAgainst(other, connector));
  if (foe) {
    throw new HubError("conflict", `${connector.name} can't be connected beside ${foe.id}.`, {
      hint: `Disconnect ${foe.id} first.`,
    });
  }
  const lacking = connector.dependsOn?.find((name) => !others.some((other) => isCalled(other, name)));
  if (lacking !== undefined) {
    throw new HubError("conflict", `${connector.name} needs ${lacking}, which is not connected.`, {
      hint: await adviseOn(catalog, lacking),
    });
  }
}

/** Refuses to end the last account that another connected service needs. */
export async function checkDependents(catalog: Catalog, row: Member, connected: readonly Member[]): Promise<void> {
  const leaving = await describeMember(catalog, row);
  const staying = connected.filter(({ id }) => id !== row.id);
  const others = await Promise.all(staying.map(async (other) => describeMember(catalog, other)));
  const isLost = (name: string): boolean => isCalled(leaving, name) && !others.some((other) => isCalled(other, name));
  const dependents = others.filter(({ dependsOn }) => dependsOn?.some(isLost)).map(({ id }) => id);
  if (dependents.length === 0) return;
  const names = [...new Set(dependents)].join(", ");
  throw new HubError("conflict", `${row.service}:${row.label} can't be disconnected while ${names} needs it.`, {
    hint: `Disconnect ${names} first.`,
  });
}

type Standing = Pick<Connector, "id" | "provides" | "dependsOn" | "conflicts">;

/** A connector may be gone while its account is still connected: then it is only known by its name. */
async function describeMember(catalog: Catalog, { service }: Member): Promise<Standing> {
  return catalog.services.includes(service) ? catalog.connector(service) : { id: service };
}

function isAgainst({ conflicts = [] }: Standing, other: Standing): boolean {
  return conflicts.some((name) => isCalled(other, name));
}

function isCalled({ id, provides = [] }: Standing, name: string): boolean {
  return id === name || provides.includes(name);
}

async function adviseOn(catalog: Catalog, lacking: string): Promise<string> {
  if (catalog.services.includes(lacking)) return `Connect ${lacking} first.`;
  const all = await Promise.all(catalog.services.map((service) => catalog.connector(service)));
  const providers = all.filter((connector) => isCalled(connector, lacking)).map(({ id }) => id);
  if (providers.length === 0) return `No connector of this hub provides ${lacking}: add one under "connectors".`;
  return `Connect one that provides it first: ${providers.join(", ")}.`;
}
