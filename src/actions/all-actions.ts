import type { Action } from "./action.ts";
import * as approvals from "./approvals.ts";
import * as audit from "./audit.ts";
import * as channels from "./channels.ts";
import * as credentials from "./credentials.ts";
import * as env from "./env.ts";
import * as grants from "./grants.ts";
import * as integrations from "./integrations.ts";
import * as keys from "./keys.ts";
import * as messages from "./messages.ts";
import * as notifications from "./notifications.ts";
import * as notify from "./notify.ts";
import * as oauthApps from "./oauth-apps.ts";
import * as oauth from "./oauth.ts";
import * as profiles from "./profiles.ts";
import * as quietHours from "./quiet-hours.ts";
import * as requests from "./requests.ts";
import { call, list } from "./tools.ts";

const actions = {
  integrations,
  credentials,
  oauth,
  "oauth-apps": { set: oauthApps.set, list: oauthApps.list, delete: oauthApps.delete },
  profiles,
  grants,
  env,
  requests,
  approvals,
  keys,
  channels,
  "quiet-hours": { show: quietHours.show, set: quietHours.set, clear: quietHours.clear },
  tools: { list, call },
  notify,
  messages: {
    list: messages.list,
    send: messages.send,
    link: messages.link,
    assign: messages.assign,
    links: messages.links,
    unlink: messages.unlink,
  },
  notifications: { list: notifications.list, inspect: notifications.inspect, replay: notifications.replay },
  audit,
};

/** The type of each action by noun and verb, from which the client has its own. */
export type Actions = typeof actions;

/** Every action by noun and verb: what an operator can do to the hub, and the only list of it. */
export const ALL_ACTIONS: Readonly<Record<string, Readonly<Record<string, Action>>>> = actions;
