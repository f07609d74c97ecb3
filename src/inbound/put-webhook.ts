import { createHash, randomBytes } from "node:crypto";
import type { WebhookSetup } from "../connector/inbound.ts";
import type { Signature } from "../connector/signature.ts";
import { addCredentials } from "../integrations/change.ts";
import type { ListenerRow } from "../store/inbound-tables.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { type HearingParts, withSession } from "./hearing-parts.ts";

const TIMEOUT_MS = 30_000;

/**
 * Sees to it that a service sends webhooks to this address, or to none. True where it sends them.
 *
 * What it was told is remembered, so that it is only told what is new to it.
 */
export async function putWebhook(
  parts: HearingParts,
  setup: WebhookSetup,
  signature: Signature,
  row: IntegrationRow,
  url: string | undefined,
): Promise<boolean> {
  const { store } = parts;
  const connector = await parts.catalog.connector(row.service);
  const errand = { connector, row, signal: AbortSignal.timeout(TIMEOUT_MS) };
  const known = await store.db
    .selectFrom("listeners")
    .select("webhook")
    .where("integration_id", "=", row.id)
    .executeTakeFirst();
  if (url === undefined) {
    if (!known?.webhook) return false;
    await withSession(parts, errand, ({ context }) => setup.clear(context));
    await remember(parts, row, null);
    return false;
  }
  const secret = (await parts.keptOf(row))[signature.secret] ?? (await makeSecret(parts, signature.secret, row));
  const told = `${url} ${createHash("sha256").update(secret).digest("hex")}`;
  if (known?.webhook === told) return true;
  await withSession(parts, errand, ({ context }) => setup.set(context, url, secret));
  await remember(parts, row, told);
  return true;
}

async function makeSecret(parts: HearingParts, field: string, row: IntegrationRow): Promise<string> {
  const secret = randomBytes(32).toString("base64url");
  await addCredentials(parts, "hub", row, { [field]: secret });
  return secret;
}

async function remember(
  { store }: HearingParts,
  { id, workspace_id }: IntegrationRow,
  webhook: ListenerRow["webhook"],
) {
  await store.db
    .insertInto("listeners")
    .values({ integration_id: id, workspace_id, position: null, position_at: null, webhook })
    .onConflict((conflict) => conflict.column("integration_id").doUpdateSet({ webhook }))
    .execute();
}
