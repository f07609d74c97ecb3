import * as z from "zod";
import { addCredentials, removeCredentials, replaceCredentials } from "../integrations/change.ts";
import { action } from "./action.ts";
import { Integration, IntegrationReference, viewIntegration } from "./integration.ts";
import { reachIntegration } from "./reach.ts";

export const set = action({
  summary: "Put new credentials in the place of an account's, after asking the service whose they are.",
  effect: "write",
  scope: "integrations:write",
  who: "owner",
  route: "PUT /integrations/{integration}/credentials",
  positional: ["integration"],
  input: z.object({
    integration: IntegrationReference,
    credentials: z.record(z.string(), z.string()).describe("By field name, e.g. GITHUB_TOKEN"),
  }),
  output: Integration,
  async run({ integration, credentials }, context) {
    const row = await reachIntegration(context, integration);
    return viewIntegration(await replaceCredentials(context, context.principal.actor, row, credentials));
  },
});

export const add = action({
  summary:
    "Add a credential by which an account hears, such as the secret that checks webhooks, beside those that it has.",
  effect: "write",
  scope: "integrations:write",
  who: "owner",
  route: "PATCH /integrations/{integration}/credentials",
  positional: ["integration"],
  input: z.object({
    integration: IntegrationReference,
    credentials: z.record(z.string(), z.string().min(1)).describe("By field name, e.g. SLACK_SIGNING_SECRET"),
  }),
  output: Integration,
  async run({ integration, credentials }, context) {
    const row = await reachIntegration(context, integration);
    return viewIntegration(await addCredentials(context, context.principal.actor, row, credentials));
  },
});

const remove = action({
  summary: "Delete an account's credentials. Its grants stay, and work again once it has new ones.",
  effect: "destructive",
  scope: "integrations:write",
  who: "owner",
  route: "DELETE /integrations/{integration}/credentials",
  status: 204,
  positional: ["integration"],
  input: z.object({ integration: IntegrationReference }),
  output: Integration,
  async run({ integration }, context) {
    const row = await reachIntegration(context, integration);
    return viewIntegration(await removeCredentials(context, context.principal.actor, row));
  },
});
export { remove as delete };
