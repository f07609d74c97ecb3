import * as z from "zod";
import { checkChannels } from "../notify/choose-channel.ts";
import { ChannelName, readWorkspaceChannels, setWorkspaceChannels } from "../notify/workspace-channels.ts";
import { action } from "./action.ts";

export const list = action({
  summary: "List where notifications go when a profile names nothing else; the first is the default.",
  effect: "read",
  scope: "integrations:read",
  who: "owner",
  route: "GET /channels",
  input: z.object({}),
  output: z.array(z.string()),
  run: (_, { store, principal }) => readWorkspaceChannels(store.db, principal.workspaceId),
});

export const set = action({
  summary: "Set where notifications go when a profile names nothing else.",
  effect: "write",
  scope: "integrations:write",
  who: "owner",
  route: "PUT /channels",
  positional: ["channels"],
  input: z.object({ channels: z.array(ChannelName).max(20) }),
  output: z.array(z.string()),
  async run({ channels }, context) {
    const { store, catalog, principal } = context;
    await checkChannels(store.db, catalog, principal.workspaceId, channels);
    await setWorkspaceChannels(context, principal.actor, principal.workspaceId, channels);
    return channels;
  },
});
