import { HubError } from "../errors.ts";
import { checkVersion, type Connected } from "./connect.ts";
import { receiveCallback, unknownState } from "./oauth-callback.ts";
import { confirmFlow } from "./oauth-confirm.ts";
import { FlowSettings, hashSecret, type OauthParts } from "./oauth-flows.ts";

interface Finish extends FlowSettings {
  readonly workspaceId: string;
  readonly actor: string;
  readonly service: string;
  readonly version?: string;
  /** What the service sent the browser back with. */
  readonly answer: { readonly code: string; readonly state: string; readonly iss?: string };
}

/**
 * Connects the account of a flow whose answer comes from whoever began it, where no browser reaches the hub.
 *
 * Nobody else may bring it: the account would be connected in the name of somebody who has not seen whose it is.
 */
export async function finishFlow(parts: OauthParts, finish: Finish): Promise<Connected> {
  const { db } = parts.store;
  const { workspaceId, actor, service, version, answer } = finish;
  checkVersion(await parts.catalog.connector(service), version);
  const flow = await db
    .selectFrom("oauth_flows")
    .select(["id", "actor", "settings"])
    .where("workspace_id", "=", workspaceId)
    .where("state_hash", "=", hashSecret(answer.state))
    .executeTakeFirst();
  if (!flow) throw unknownState();
  if (flow.actor !== actor) {
    throw new HubError("not_granted", "The flow was begun with another key.", {
      hint: "Bring the answer with the key that began it, or begin again.",
    });
  }
  const settings = { ...FlowSettings.parse(JSON.parse(flow.settings)), ...FlowSettings.parse(finish) };
  await db
    .updateTable("oauth_flows")
    .set({ settings: JSON.stringify(settings) })
    .where("id", "=", flow.id)
    .where("status", "=", "pending")
    .execute();
  return confirmFlow(parts, await receiveCallback(parts, service, new URLSearchParams(answer)));
}
