import { hkdfSync } from "node:crypto";
import { type DecisionLinks, openDecisionLinks } from "./access/decision-links.ts";
import { type Authenticate, openKeyring } from "./access/keys.ts";
import { localOwner, type Principal } from "./access/principal.ts";
import { ensureWorkspace, type Mode } from "./access/workspaces.ts";
import type { ActionContext } from "./actions/action.ts";
import { openAudit } from "./audit/open-audit.ts";
import { observeCalls } from "./call/observe-calls.ts";
import { openCalls } from "./call/open-calls.ts";
import { BUILT_IN, CONFORMANCE } from "./catalog/connectors.ts";
import { openCatalog } from "./catalog/open-catalog.ts";
import type { Config } from "./config.ts";
import { type Egress, openEgress } from "./egress/open-egress.ts";
import { redactTokens } from "./egress/redact.ts";
import { HubError } from "./errors.ts";
import { openHubMetrics } from "./hub-metrics.ts";
import { openInbound } from "./inbound/open-inbound.ts";
import { openCredentials, type OpenCredentials } from "./integrations/open-credentials.ts";
import { type Logger, openLog } from "./log.ts";
import { openOutbox, type Outbox } from "./notify/open-outbox.ts";
import { openOwnerNotices } from "./notify/owner-notices.ts";
import { openSpeech } from "./notify/open-speech.ts";
import { openRuntimeNotices } from "./notify/tell-runtime.ts";
import { openStore, type Store } from "./store/open.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { openKeychain } from "./vault/keychain.ts";
import { findMasterKey, type MasterKey } from "./vault/master-key.ts";
import { fitsDataKeys } from "./vault/open-data-keys.ts";
import { openVault } from "./vault/open-vault.ts";
import { VERSION } from "./version.ts";

/** Everything a face needs: the features, put together, and who may use them. */
export interface Hub extends Omit<ActionContext, "principal" | "signal"> {
  readonly version: string;
  readonly config: Config;
  readonly log: Logger;
  readonly masterKey: Pick<MasterKey, "source" | "where" | "created">;
  /** Signs what passes through a client's hands and comes back; the same in every replica. */
  readonly signingKey: Uint8Array;
  /** Whoever runs a command on the machine that holds the data. */
  readonly owner: Principal;
  readonly authenticate: Authenticate;
  /** Addresses of the pages on which owners decide. */
  readonly links: DecisionLinks;
  readonly credentialsOf: OpenCredentials["credentialsOf"];
  /** Says where the hub listens, where nobody has configured how others reach it. */
  listensAt(url: string): void;
  readonly metrics: Metrics;
  /** Whether the master key is still the one that the stored keys want. */
  fitsMasterKey(): Promise<boolean>;
  contextOf(principal: Principal, signal: AbortSignal): ActionContext;
  /** What to tell a caller. A fault of our own is logged whole and told without its text. */
  asHubError(error: unknown): HubError;
  /** Writes what is still to be written, then closes everything. */
  close(): Promise<void>;
}

/**
 * Puts the hub together from its configuration: the only place that knows every feature. Both worlds are in it; its owner
 * is that of one.
 */
export async function openHub(config: Config, mode: Mode = "live"): Promise<Hub> {
  const log = openLog({ level: config.server.logLevel, redact: redactTokens });
  const store = await openStore(config.server.databaseUrl);
  const masterKey = await findHubKey(config, store);
  const address = { url: publicUrl(config) };
  const features = await openFeatures({ config, store, masterKey, log, publicUrl: () => address.url });
  const { audit, egress, inbound, outbox, settle } = features;
  const workspace = await ensureWorkspace(store, "default", mode);

  return {
    ...features,
    version: VERSION,
    config,
    log,
    masterKey,
    signingKey: deriveKey(masterKey, "patchbay signing key"),
    owner: localOwner(workspace.id),
    authenticate: openKeyring(store),
    fitsMasterKey: () => fitsDataKeys(store, masterKey.key),
    listensAt(url) {
      if (config.server.publicUrl === undefined) address.url = url;
    },
    contextOf: (principal, signal) => ({ ...features, principal, signal }),
    asHubError(error) {
      if (error instanceof HubError) return error;
      const isAway = store.engine.isAway(error);
      const fact = isAway ? "The database can't be used right now." : "Patchbay failed in a way it did not expect.";
      log.error(fact, {}, error);
      return new HubError(isAway ? "unavailable" : "internal", fact, { hint: "The hub's log says why.", cause: error });
    },
    async close() {
      inbound.stopWaiting();
      await outbox.close();
      await settle();
      await egress.close();
      await audit.flush();
      await store.close();
    },
  };
}

/** The master key of the hub in this store. */
export function findHubKey({ home, masterKey, masterKeyFile }: Config, store: Store): Promise<MasterKey> {
  return findMasterKey({
    dataDirectory: home,
    keychain: openKeychain(),
    fits: (key) => fitsDataKeys(store, key),
    ...(masterKey !== undefined && { environment: masterKey }),
    ...(masterKeyFile !== undefined && { keyFile: masterKeyFile }),
  });
}

/** A key for one purpose, which tells nothing about the master key and is the same wherever that is. */
function deriveKey({ key }: MasterKey, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, "", purpose, 32));
}

interface FeatureParts {
  readonly config: Config;
  readonly store: Store;
  readonly masterKey: MasterKey;
  readonly log: Logger;
  readonly publicUrl: () => string;
}

async function openFeatures({ config, store, masterKey, log, publicUrl: ownUrl }: FeatureParts) {
  const { limits } = config.server;
  const vault = await openVault({ store, masterKey });
  const audit = openAudit({ store });
  const catalog = await openCatalog(config.connectors, config.conformance ? { ...BUILT_IN, ...CONFORMANCE } : BUILT_IN);
  const egress = openHubEgress(config);
  const onFault: FaultListener = (message, error) => log.error(message, {}, error);
  const links = openDecisionLinks({ publicUrl: ownUrl, key: deriveKey(masterKey, "patchbay decision links") });
  const ledger = { store, audit, onFault };
  const ways = { ...ledger, vault, catalog, egress };
  const credentials = openCredentials({
    ...ways,
    tellOwner: (db, integration, reason) => notices.ofBroken(db, integration, reason),
  });
  const metrics = openHubMetrics(ledger);
  const road = openCalls({
    ...ledger,
    catalog,
    egress,
    lend: credentials.lend,
    resultTokens: limits.resultTokens,
    maxBodyBytes: limits.maxBodyBytes,
    approvalUrl: (approval) => links.open("approvals", approval),
    onApprovalPending: (db, pending) => notices.ofApproval(db, pending),
  });
  const calls = observeCalls(road, { catalog, metrics });
  const outbox = openOutbox({
    ...ledger,
    catalog,
    calls,
    links,
    perMinute: limits.notificationsPerMinute,
    now: Date.now,
    random: Math.random,
    onGone: credentials.giveUp,
  });
  const notices = openOwnerNotices({ catalog, outbox });
  const voices = voicesOf(outbox);
  const inbound = openInbound({
    ...voices,
    ...ways,
    ...credentials,
    calls,
    links,
    publicUrl: ownUrl,
  });
  const own = { store, vault, audit, catalog, egress, calls, links, metrics, outbox, notices, inbound };
  return { ...own, publicUrl: ownUrl, ...credentials };
}

function openHubEgress({ server: { allowPrivateHosts, limits } }: Config): Egress {
  return openEgress({
    allowPrivateHosts,
    timeoutMs: limits.callTimeoutMs,
    requestBytes: limits.maxBodyBytes,
    responseBytes: limits.maxBodyBytes,
    streamTimeoutMs: limits.streamTimeoutMs,
  });
}

/** How what comes in leads to what goes out. */
function voicesOf(outbox: Outbox) {
  return { say: openSpeech(outbox), tellRuntime: openRuntimeNotices(outbox), wakeOutbox: outbox.wake };
}

type FaultListener = (message: string, error: unknown) => void;

/** Where others reach the hub, without a trailing slash. */
export function publicUrl({ server }: Config): string {
  return server.publicUrl ?? `http://${server.host}:${server.port}`;
}
