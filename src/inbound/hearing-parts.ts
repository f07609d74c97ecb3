import type { Connector } from "../connector/connector.ts";
import type { Session } from "../egress/open-egress.ts";
import { explainFailure } from "../egress/run-operation.ts";
import type { ConnectParts } from "../integrations/connect.ts";
import { destinationOf, settingsOf } from "../integrations/integrations.ts";
import type { OpenCredentials } from "../integrations/open-credentials.ts";
import { newId } from "../store/ids.ts";
import type { Lease } from "../store/leases.ts";
import type { IntegrationRow } from "../store/tables.ts";
import type { WebhookParts } from "./receive-webhook.ts";

/** What it takes to turn to a service in order to hear it. */
export interface HearingParts extends WebhookParts, ConnectParts {
  readonly lend: OpenCredentials["lend"];
  /** Where others reach the hub, without a trailing slash. */
  readonly publicUrl: () => string;
}

/** The time in which one process hears an account. */
export interface Turn {
  readonly lease: Lease;
  /** Aborted when the turn is over. */
  readonly signal: AbortSignal;
  /** Told that the service is there. */
  readonly onHeard: () => void;
}

/** The address for an account's webhooks; undefined where services can't reach the hub. */
export function whereWebhooksGo({ publicUrl }: HearingParts, { id }: IntegrationRow): string | undefined {
  const url = publicUrl();
  return url.startsWith("https:") ? `${url}/v1/hooks/${id}` : undefined;
}

interface Errand {
  readonly connector: Connector;
  readonly row: IntegrationRow;
  readonly signal: AbortSignal;
  /** The credential field that is sent, where it is not the first. */
  readonly credential?: string;
}

/** Runs something with an account's connection, and lets what becomes of it tell how the account is. */
export async function withSession<Result>(
  { store, lend, egress }: HearingParts,
  { connector, row, signal, credential }: Errand,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const loan = await lend(row);
  const session = egress.session({
    connector,
    credentials: loan.credentials,
    renew: loan.renew,
    config: settingsOf(row),
    effect: "read",
    // A service that is asked what is new answers when there is something.
    streams: true,
    signal,
    idempotencyKey: newId("call"),
    ...(credential !== undefined && { credential }),
    ...(await destinationOf(store, row)),
  });
  try {
    const result = await work(session);
    if (credential === undefined) loan.succeed();
    return result;
  } catch (error) {
    const explained = explainFailure(error, connector, session);
    // A credential of its own says nothing about the account's.
    throw credential === undefined ? await loan.fail(explained) : explained;
  }
}
