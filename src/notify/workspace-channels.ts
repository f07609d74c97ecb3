import type { Ledger } from "../access/grants.ts";
import * as z from "zod";
import { HubError } from "../errors.ts";
import type { Db } from "../store/open.ts";
import { readSetting } from "../store/settings.ts";

const SETTING = "notification_channels";

/** A service that can carry notifications, or one account of it, e.g. `slack` or `telegram:int_…`. */
export const ChannelName = z
  .string()
  .regex(/^[a-z0-9_]{1,16}(:int_[0-9a-z]{26})?$/, "a channel such as slack, or one account such as telegram:int_…");

/** Where notifications of a workspace go when a profile names nothing else; the first is the default. */
export async function readWorkspaceChannels(db: Db, workspaceId: string): Promise<string[]> {
  const value = await readSetting(db, workspaceId, SETTING);
  return value === undefined ? [] : z.array(ChannelName).parse(JSON.parse(value));
}

export async function setWorkspaceChannels(
  { store, audit }: Ledger,
  actor: string,
  workspaceId: string,
  channels: readonly string[],
): Promise<void> {
  const parsed = z.array(ChannelName).safeParse(channels);
  if (!parsed.success) {
    throw new HubError("invalid_input", `The channels are wrong: ${parsed.error.issues[0]?.message}.`);
  }
  const value = JSON.stringify(parsed.data);
  if (value === JSON.stringify(await readWorkspaceChannels(store.db, workspaceId))) return;
  await store.transaction(async (db) => {
    await db
      .insertInto("settings")
      .values({ workspace_id: workspaceId, name: SETTING, value })
      .onConflict((conflict) => conflict.columns(["workspace_id", "name"]).doUpdateSet({ value }))
      .execute();
    await audit.appendIn(db, { workspaceId, actor, action: "channels.set", details: { channels: value } });
  });
}
