import * as z from "zod";
import { findProfile } from "../access/profiles.ts";
import { HubError } from "../errors.ts";
import { deleteLink, linkAccount, linksIn, makeLinkCode } from "../inbound/links.ts";
import { findPairingUrl } from "../inbound/pairing.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { readPage } from "../store/page.ts";
import { action, type ActionContext } from "./action.ts";
import { IntegrationReference } from "./integration.ts";
import { PageFields, pageOf } from "./page.ts";
import { reachIntegration } from "./reach.ts";

const ProfileReference = z.string().describe("Who is to hear: an id (prof_…) or a name");

const Account = IntegrationReference.describe("The account that is spoken to: telegram, or telegram:int_… of several");

const Link = z
  .object({
    id: z.string(),
    profile_id: z.string(),
    integration_id: z.string(),
    thread: z.string().describe("The room or thread; empty for all of the account"),
    person_id: z.string().nullable().describe("Who claimed it; null where an owner set it"),
    created_at: z.string(),
  })
  .meta({ id: "Link" });

/** Refuses an account through which nobody can speak. */
async function reachHearing(context: ActionContext, meant: string): Promise<IntegrationRow> {
  const row = await reachIntegration(context, meant);
  const { name, inbound } = await context.catalog.connector(row.service);
  if (inbound) return row;
  throw new HubError("invalid_input", `Nobody can speak to an agent through ${name}.`, {
    hint: "Take an account of slack or telegram.",
  });
}

export const link = action({
  summary: "Make a code by which a person claims a conversation for a profile: /link CODE, once and within the hour.",
  effect: "write",
  scope: "profiles:write",
  who: "owner",
  route: "POST /messages/codes",
  status: 201,
  positional: ["profile", "integration"],
  shownOnce: ["code", "url"],
  input: z.object({ profile: ProfileReference, integration: Account }),
  output: z.object({
    code: z.string().describe("To be sent to the bot as /link CODE, where the agent is to hear"),
    url: z.string().nullable().describe("An address that sends the code by one tap, where the service has such"),
    expires_at: z.string(),
  }),
  async run({ profile, integration }, context) {
    const { store, principal } = context;
    const row = await findProfile(store.db, principal.workspaceId, profile);
    const account = await reachHearing(context, integration);
    const { code, expiresAt } = await makeLinkCode(context, principal.actor, account, row);
    return { code, url: await findPairingUrl(context, account, code), expires_at: expiresAt };
  },
});

export const assign = action({
  summary: "Let a profile hear whoever speaks to an account, where no conversation was claimed for another.",
  effect: "write",
  scope: "profiles:write",
  who: "owner",
  route: "PUT /messages/links",
  positional: ["profile", "integration"],
  input: z.object({ profile: ProfileReference, integration: Account }),
  output: Link,
  async run({ profile, integration }, context) {
    const { store, principal } = context;
    const row = await findProfile(store.db, principal.workspaceId, profile);
    return linkAccount(context, principal.actor, await reachHearing(context, integration), row);
  },
});

export const links = action({
  summary: "List which profile hears which conversations.",
  effect: "read",
  scope: "profiles:read",
  who: "owner",
  route: "GET /messages/links",
  columns: ["id", "profile_id", "integration_id", "thread", "person_id"],
  input: z.object(PageFields),
  output: pageOf(Link),
  run: (asked, { store, principal }) => readPage(linksIn(store.db, principal.workspaceId), asked, "asc"),
});

export const unlink = action({
  summary: "End a link: what is said there is heard by nobody, or by whom a wider link names.",
  effect: "destructive",
  scope: "profiles:write",
  who: "owner",
  route: "DELETE /messages/links/{link}",
  status: 204,
  positional: ["link"],
  input: z.object({ link: z.string() }),
  output: Link,
  run: ({ link: id }, context) => deleteLink(context, context.principal.actor, context.principal.workspaceId, id),
});
