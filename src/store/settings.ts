import type { Db } from "./open.ts";

/** What a workspace keeps under a name, as JSON; `undefined` where nothing was set. */
export async function readSetting(db: Db, workspaceId: string, name: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("settings")
    .select("value")
    .where("workspace_id", "=", workspaceId)
    .where("name", "=", name)
    .executeTakeFirst();
  return row?.value;
}
