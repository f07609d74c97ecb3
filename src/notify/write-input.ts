import type { DecisionLinks } from "../access/decision-links.ts";
import { parseInput } from "../call/parse-input.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import type { Connector, Notification } from "../connector/connector.ts";
import { HubError } from "../errors.ts";
import { settingsOf } from "../integrations/integrations.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { channelServices } from "./choose-channel.ts";
import type { SignedLink } from "./notice.ts";

/** The call by which a channel sends a notification. */
interface Sending {
  readonly connector: Connector;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Writes a notification as a channel's input; `invalid_input` where the account's settings name no one to send to. */
export async function writeInput(
  catalog: Catalog,
  integration: IntegrationRow,
  notification: Notification,
): Promise<Sending> {
  const connector = await catalog.connector(integration.service);
  if (!connector.channel) {
    throw new HubError("invalid_input", `${connector.name} can't carry notifications.`, {
      hint: `Use one of ${(await channelServices(catalog)).join(", ")}.`,
    });
  }
  const { operation, toInput } = connector.channel.send;
  const { input: schema } = await catalog.operation(integration.service, operation);
  const input = toInput(notification, settingsOf(integration));
  return { connector, operation, input: parseInput(`${integration.service}.${operation}`, schema, input) };
}

/** The buttons by which an approval is decided in the message itself. */
export function signChoices(
  links: DecisionLinks,
  approval: string,
  { id: integrationId }: IntegrationRow,
): NonNullable<Notification["choices"]> {
  return [
    { label: "Approve", data: links.signButton({ approval, integrationId }, "approved") },
    { label: "Deny", data: links.signButton({ approval, integrationId }, "denied") },
  ];
}

/** A link as its reader gets it. */
export function signLink(
  links: DecisionLinks,
  { label, kind, id, expiresAt }: SignedLink,
  workspaceId: string,
): NonNullable<Notification["link"]> {
  return { label, url: links.sign(kind, { id, workspaceId }, new Date(expiresAt)) };
}
