import * as z from "zod";
import { reconnectCommand } from "../integrations/report-broken.ts";
import type { Store } from "../store/open.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { action, type ActionContext } from "./action.ts";
import { Integration, IntegrationReference } from "./integration.ts";
import { reachIntegration } from "./reach.ts";

const Runtime = z
  .object({
    connector: z.string().nullable().describe("The version that is loaded; null where the connector is gone"),
    ready: z.boolean().describe("Whether calls would be sent now"),
    retry_at: z.string().nullable().describe("When its access is renewed again, which the service failed to do"),
  })
  .describe("How it stands in this process");

export const status = action({
  summary: "Show the state of one account, who may use it, and whether it would run now.",
  effect: "read",
  scope: "integrations:read",
  who: "anyone",
  route: "GET /integrations/{integration}/status",
  positional: ["integration"],
  input: z.object({ integration: IntegrationReference }),
  output: Integration.pick({ id: true, service: true, label: true, status: true, status_reason: true }).extend({
    profiles: z
      .array(z.object({ profile: z.string(), enabled: z.boolean() }))
      .describe("Who was granted it; to a profile's key, that profile"),
    runtime: Runtime,
    reconnect: z.string().nullable().describe("The command by which an owner gives it new access, where it is broken"),
  }),
  async run({ integration }, context) {
    const row = await reachIntegration(context, integration);
    const runtime = await describeRuntime(context, row);
    const isBroken = runtime.connector !== null && row.status === "error";
    const reconnect = isBroken
      ? await reconnectCommand(context.store.db, await context.catalog.connector(row.service), row)
      : null;
    return { ...row, profiles: await listUsers(context, row), runtime, reconnect };
  },
});

async function listUsers({ store, principal }: ActionContext, row: IntegrationRow) {
  let grants = store.db
    .selectFrom("grants")
    .innerJoin("profiles", "profiles.id", "grants.profile_id")
    .select(["profiles.name", "grants.enabled", "grants.paused"])
    .where("grants.integration_id", "=", row.id)
    .where("grants.workspace_id", "=", principal.workspaceId);
  if (principal.profileId !== null) grants = grants.where("grants.profile_id", "=", principal.profileId);
  const found = await grants.orderBy("profiles.name").execute();
  return found.map(({ name, enabled, paused }) => ({ profile: name, enabled: enabled === 1 && paused === 0 }));
}

async function describeRuntime(
  { store, catalog }: ActionContext,
  row: IntegrationRow,
): Promise<z.input<typeof Runtime>> {
  const isLoaded = catalog.services.includes(row.service);
  const connector = isLoaded ? (await catalog.connector(row.service)).version : null;
  return { connector, ready: isLoaded && row.status === "active", retry_at: await readRest(store, row) };
}

/** A service that failed to renew an access is left alone until then. */
async function readRest({ db }: Store, { id, workspace_id }: IntegrationRow): Promise<string | null> {
  const lease = await db
    .selectFrom("token_leases")
    .select("retry_at")
    .where("integration_id", "=", id)
    .where("workspace_id", "=", workspace_id)
    .where("retry_at", ">", new Date().toISOString())
    .executeTakeFirst();
  return lease?.retry_at ?? null;
}
