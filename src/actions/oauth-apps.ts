import * as z from "zod";
import { deleteApp, listApps, setApp } from "../integrations/oauth-apps.ts";
import { cutPage } from "../store/page.ts";
import type { OauthAppRow } from "../store/tables.ts";
import { action } from "./action.ts";
import { PageFields, pageOf } from "./page.ts";

const Url = z.url({ protocol: /^https?$/, error: "must be an http or https address" });

const App = z.object({
  service: z.string(),
  client_id: z.string(),
  has_secret: z.boolean(),
  authorize_url: z.string().nullable().describe("Where it is not the connector's"),
  token_url: z.string().nullable(),
  revoke_url: z.string().nullable(),
  redirect_uri: z.string().describe("To be registered with the app at the service"),
  updated_at: z.string(),
});

function view(row: OauthAppRow, hubUrl: string): z.input<typeof App> {
  return {
    ...row,
    has_secret: row.sealed_secret !== null,
    redirect_uri: `${hubUrl}/oauth/callback/${row.service}`,
  };
}

export const set = action({
  summary: "Set your own OAuth app of a service, by which its accounts are connected.",
  effect: "write",
  scope: "integrations:write",
  who: "owner",
  route: "PUT /oauth-apps/{service}",
  positional: ["service"],
  input: z.object({
    service: z.string(),
    client_id: z.string().min(1).max(500),
    client_secret: z
      .string()
      .min(1)
      .max(2000)
      .optional()
      .meta({ format: "password" })
      .describe("Kept as it was when absent, unless the client id changes or it would be sent elsewhere"),
    authorize_url: Url.optional().describe("Where it is elsewhere than the connector says, as with GitHub Enterprise"),
    token_url: Url.optional(),
    revoke_url: Url.optional(),
  }),
  output: App,
  async run({ service, ...given }, context) {
    const row = await setApp(context, context.principal, service, {
      clientId: given.client_id,
      ...(given.client_secret !== undefined && { clientSecret: given.client_secret }),
      ...(given.authorize_url !== undefined && { authorizeUrl: given.authorize_url }),
      ...(given.token_url !== undefined && { tokenUrl: given.token_url }),
      ...(given.revoke_url !== undefined && { revokeUrl: given.revoke_url }),
    });
    return view(row, context.publicUrl());
  },
});

export const list = action({
  summary: "List your OAuth apps, without their secrets.",
  effect: "read",
  scope: "integrations:read",
  who: "owner",
  route: "GET /oauth-apps",
  columns: ["service", "client_id", "has_secret", "redirect_uri"],
  input: z.object(PageFields),
  output: pageOf(App),
  async run(asked, { store, principal, publicUrl }) {
    const apps = await listApps(store.db, principal.workspaceId);
    return cutPage(
      apps.map((row) => view(row, publicUrl())),
      asked,
      ({ service }) => service,
    );
  },
});

const remove = action({
  summary: "Forget an OAuth app. Accounts that were connected by it must be disconnected first.",
  effect: "destructive",
  scope: "integrations:write",
  who: "owner",
  route: "DELETE /oauth-apps/{service}",
  status: 204,
  positional: ["service"],
  input: z.object({ service: z.string() }),
  output: z.object({ service: z.string() }),
  async run({ service }, context) {
    await deleteApp(context, context.principal, service);
    return { service };
  },
});
export { remove as delete };
