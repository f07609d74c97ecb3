import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { Store } from "../store/open.ts";

/** One page of a result that is too large to give at once. */
export interface Page {
  /** The handle for `mcp__integrations__read_page`. */
  readonly page_handle: string;
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  /** A piece of the result's JSON. */
  readonly text: string;
}

interface Owner {
  readonly workspaceId: string;
  readonly profileId: string;
}

const LIFETIME_MS = 60 * 60 * 1000;
// Models count about four characters of JSON to a token.
const CHARACTERS_PER_TOKEN = 4;

export function fitsOnePage(json: string, tokens: number): boolean {
  return json.length <= tokens * CHARACTERS_PER_TOKEN;
}

/** Keeps a large result for an hour and gives its first page. */
export async function keepPages(store: Store, owner: Owner, json: string, tokens: number): Promise<Page> {
  const now = new Date();
  const id = newId("page");
  await store.db.deleteFrom("pages").where("expires_at", "<", now.toISOString()).execute();
  await store.db
    .insertInto("pages")
    .values({
      id,
      workspace_id: owner.workspaceId,
      profile_id: owner.profileId,
      content: json,
      expires_at: new Date(now.getTime() + LIFETIME_MS).toISOString(),
    })
    .execute();
  return cutPage(id, json, 1, tokens);
}

/** Reads a page of a result that this profile was given a handle for. */
export async function readPage(
  store: Store,
  owner: Owner,
  handle: string,
  number: number,
  tokens: number,
): Promise<Page> {
  const row = await store.db
    .selectFrom("pages")
    .select("content")
    .where("id", "=", handle)
    .where("profile_id", "=", owner.profileId)
    .where("expires_at", ">", new Date().toISOString())
    .executeTakeFirst();
  if (!row) {
    throw new HubError("not_found", `There is no result ${handle}, or its hour has passed.`, {
      hint: "Make the call again.",
    });
  }
  const page = cutPage(handle, row.content, number, tokens);
  if (number <= page.pages) return page;
  throw new HubError("invalid_input", `The result ${handle} has ${page.pages} pages, so there is no page ${number}.`);
}

function cutPage(handle: string, json: string, number: number, tokens: number): Page {
  const size = tokens * CHARACTERS_PER_TOKEN;
  return {
    page_handle: handle,
    page: number,
    pages: Math.ceil(json.length / size),
    text: json.slice((number - 1) * size, number * size),
  };
}
