import * as z from "zod";
import { addProfile, findProfile, pageProfiles, setNotificationChannels, setRuntime } from "../access/profiles.ts";
import { isOn } from "../call/surface.ts";
import { composeLayers, writeDockerfile } from "../catalog/compose-layers.ts";
import { HubError } from "../errors.ts";
import { checkChannels } from "../notify/choose-channel.ts";
import { ChannelName } from "../notify/workspace-channels.ts";
import type { ProfileRow } from "../store/tables.ts";
import { mapPage } from "../store/page.ts";
import { action } from "./action.ts";
import { IntegrationReference } from "./integration.ts";
import { PageFields, pageOf } from "./page.ts";
import { reachIntegration, reachProfile } from "./reach.ts";

const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, "lower-case letters, digits, - and _, at most 40")
  .regex(/^(?!prof_)/, "a name that does not begin like an id")
  .describe("Lower-case letters, digits, - and _");

const Profile = z
  .object({
    id: z.string(),
    name: z.string(),
    notification_channels: z.array(z.string()),
    runtime_integration_id: z.string().nullable().describe("The webhook account that tells its runtime of messages"),
    created_at: z.string(),
  })
  .meta({ id: "Profile" });

function view(row: ProfileRow): z.input<typeof Profile> {
  return { ...row, notification_channels: JSON.parse(row.notification_channels) as string[] };
}

export const create = action({
  summary: "Create a profile: an agent's identity.",
  effect: "write",
  scope: "profiles:write",
  who: "owner",
  route: "POST /profiles",
  status: 201,
  positional: ["name"],
  input: z.object({ name: Name }),
  output: Profile,
  run: async ({ name }, context) =>
    view(await context.store.transaction((db) => addProfile(context, db, context.principal, name))),
});

export const list = action({
  summary: "List the profiles.",
  effect: "read",
  scope: "profiles:read",
  who: "owner",
  route: "GET /profiles",
  columns: ["id", "name", "notification_channels", "created_at"],
  input: z.object(PageFields),
  output: pageOf(Profile),
  run: async (asked, { store, principal }) => mapPage(await pageProfiles(store.db, principal.workspaceId, asked), view),
});

export const inspect = action({
  summary: "Show one profile.",
  effect: "read",
  scope: "profiles:read",
  who: "anyone",
  route: "GET /profiles/{profile}",
  positional: ["profile"],
  input: z.object({ profile: z.string().describe("An id (prof_…) or a name") }),
  output: Profile,
  run: async ({ profile }, context) => view(await reachProfile(context, profile)),
});

export const channels = action({
  summary: "Set where a profile's notifications may go; the first is its default.",
  effect: "write",
  scope: "profiles:write",
  who: "owner",
  route: "PUT /profiles/{profile}/channels",
  positional: ["profile", "channels"],
  input: z.object({
    profile: z.string(),
    channels: z.array(ChannelName).max(20).describe("E.g. slack, or one account such as telegram:int_…"),
  }),
  output: Profile,
  async run({ profile, channels: chosen }, { store, audit, catalog, principal }) {
    const { workspaceId, actor } = principal;
    const row = await findProfile(store.db, workspaceId, profile);
    await checkChannels(store.db, catalog, workspaceId, chosen);
    await setNotificationChannels({ store, audit }, actor, row, chosen);
    return view(await findProfile(store.db, workspaceId, row.id));
  },
});

export const runtime = action({
  summary: "Tell the program that runs a profile's agent of each message, by a webhook account; without one, no more.",
  effect: "write",
  scope: "profiles:write",
  who: "owner",
  route: "PUT /profiles/{profile}/runtime",
  positional: ["profile", "integration"],
  input: z.object({
    profile: z.string(),
    integration: IntegrationReference.optional().describe("The account of webhook at which the program is told"),
  }),
  output: Profile,
  async run({ profile, integration }, context) {
    const { store, catalog, principal } = context;
    const row = await findProfile(store.db, principal.workspaceId, profile);
    if (integration === undefined) return view(await setRuntime(context, principal.actor, row, null));
    const account = await reachIntegration(context, integration);
    const { name, channel } = await catalog.connector(account.service);
    if (channel?.send.isForPrograms !== true) {
      throw new HubError("invalid_input", `No program is told anything through ${name}.`, {
        hint: 'Connect its address as a webhook: "patchbay connect webhook".',
      });
    }
    return view(await setRuntime(context, principal.actor, row, account.id));
  },
});

export const layers = action({
  summary: "Compose the lines of a Dockerfile that a profile's services want, what others depend on first.",
  effect: "read",
  scope: "profiles:read",
  who: "anyone",
  route: "GET /profiles/{profile}/layers",
  positional: ["profile"],
  input: z.object({ profile: z.string().describe("An id (prof_…) or a name") }),
  output: z.object({
    dockerfile: z.string().describe("To stand after a FROM of a Debian or Ubuntu image"),
    layers: z.array(z.object({ service: z.string(), name: z.string(), dockerfile: z.array(z.string()) })),
  }),
  async run({ profile }, context) {
    const { grants } = await context.calls.holdingsOf((await reachProfile(context, profile)).id);
    const services = grants.filter(isOn).map(({ integration }) => integration.service);
    const composed = await composeLayers(context.catalog, [...new Set(services)]);
    return {
      dockerfile: writeDockerfile(composed),
      layers: composed.map((layer) => ({ ...layer, dockerfile: [...layer.dockerfile] })),
    };
  },
});
