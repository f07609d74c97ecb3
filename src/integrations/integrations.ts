import { modeOf } from "../access/workspaces.ts";
import type { Destination } from "../egress/sandbox.ts";
import { HubError } from "../errors.ts";
import type { Db, Store } from "../store/open.ts";
import { type Page, type PageAsked, readPage } from "../store/page.ts";
import type { IntegrationRow } from "../store/tables.ts";

export type Settings = Readonly<Record<string, unknown>>;

export function settingsOf({ config }: Pick<IntegrationRow, "config">): Settings {
  return JSON.parse(config) as Settings;
}

/** Whether two labels name one account: they are told apart by more than capitals. */
export function isSameLabel(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Where an integration's requests go. */
export async function destinationOf(
  store: Store,
  { workspace_id, base_url }: Pick<IntegrationRow, "workspace_id" | "base_url">,
): Promise<Destination> {
  return { mode: await modeOf(store, workspace_id), ...(base_url !== null && { baseUrl: base_url }) };
}

/** All integrations that are not disconnected, by service and label. */
export function listIntegrations(db: Db, workspaceId: string, service?: string): Promise<IntegrationRow[]> {
  return selectIntegrations(db, workspaceId, service).orderBy("service").orderBy("label").execute();
}

/** Those that are not disconnected, the oldest first. */
export function pageIntegrations(
  db: Db,
  workspaceId: string,
  service: string | undefined,
  asked: PageAsked,
): Promise<Page<IntegrationRow>> {
  return readPage(selectIntegrations(db, workspaceId, service), asked, "asc");
}

function selectIntegrations(db: Db, workspaceId: string, service: string | undefined) {
  let query = db
    .selectFrom("integrations")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("status", "!=", "disconnected");
  if (service !== undefined) query = query.where("service", "=", service);
  return query;
}

/**
 * The integration meant by an id (`int_…`), a service (`github`), or a service and label or id (`github:work`).
 *
 * A service of which several accounts are connected is refused: the wrong account is never guessed.
 */
export async function findIntegration(db: Db, workspaceId: string, meant: string): Promise<IntegrationRow> {
  return pickIntegration(await listIntegrations(db, workspaceId), meant);
}

/** The one of these that is meant; what it says of others is only of these, too. */
export function pickIntegration(all: readonly IntegrationRow[], meant: string): IntegrationRow {
  const found = all.filter((row) => isMeant(row, meant));
  const [only] = found;
  if (only && found.length === 1) return only;

  if (only) {
    throw new HubError("conflict", `Several accounts of ${only.service} are connected.`, {
      hint: `Say which one: ${found.map((row) => `${row.service}:${row.label} (${row.id})`).join(", ")}.`,
    });
  }
  throw new HubError("not_found", `There is no integration ${meant}.`, {
    hint: all.length > 0 ? `Connected are ${names(all)}.` : 'Connect a service with "patchbay connect SERVICE".',
  });
}

/** Whether an account is meant, or one of those that are. */
export function isMeant(row: IntegrationRow, meant: string): boolean {
  const [service, label] = splitOnce(meant, ":");
  if (row.id === meant) return true;
  return row.service === service && (label === undefined || row.id === label || isSameLabel(row.label, label));
}

function names(rows: readonly IntegrationRow[]): string {
  return rows.map((row) => `${row.service}:${row.label}`).join(", ");
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
