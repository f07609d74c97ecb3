import type { Connector } from "../connector/connector.ts";

type Load = () => Promise<{ readonly default: Connector }>;

/** The connectors that come with Patchbay. Each is loaded when it is first needed: most hubs use a few of them. */
export const BUILT_IN: Readonly<Record<string, Load>> = {
  discord: () => import("../../connectors/discord/connector.ts"),
  email: () => import("../../connectors/email/connector.ts"),
  github: () => import("../../connectors/github/connector.ts"),
  gmail: () => import("../../connectors/gmail/connector.ts"),
  linear: () => import("../../connectors/linear/connector.ts"),
  slack: () => import("../../connectors/slack/connector.ts"),
  telegram: () => import("../../connectors/telegram/connector.ts"),
  webhook: () => import("../../connectors/webhook/connector.ts"),
};

/** What the protocol's conformance suite calls. Not a service, and of no use to anyone but that suite. */
export const CONFORMANCE: Readonly<Record<string, Load>> = {
  conformance: () => import("../../connectors/conformance/connector.ts"),
};
