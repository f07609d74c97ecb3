import { create as createKey } from "../../actions/keys.ts";
import { listProfiles } from "../../access/profiles.ts";
import { applyConfig } from "../../apply-config.ts";
import { bootstrap } from "../../bootstrap.ts";
import type { Hub } from "../../hub.ts";
import type { Listening } from "../../inbound/listen.ts";
import { serveMetrics } from "../http/metrics.ts";
import { serveHttp } from "../http/server.ts";
import type { ClientConfig } from "./client-config.ts";
import type { GlobalOptions } from "./global-options.ts";
import { hidePassword, localClientConfigs } from "./local-clients.ts";
import { lineWidth, paint, print, printJson, printNote } from "./output.ts";
import { indent, renderFacts } from "./render.ts";
import { pad, widthOf } from "./table.ts";
import { describeNewMasterKey, withHub } from "./with-hub.ts";

const STOP_LIMIT_MS = 9_000;

/** Runs the hub until it is told to stop, after saying where everything is and how clients connect. */
export function start(options: GlobalOptions): Promise<number> {
  return withHub(options, async (hub) => {
    const stopped = waitForSignal();
    await using metrics = await serveMetrics(hub);
    const server = await serveHttp(hub);
    let listening: Listening | undefined;
    try {
      await applyConfig(hub);
      // Last of all that can fail: its key is shown once, and a start that failed would never show it.
      const opening = await prepareOpening(hub, server.url, metrics.url);
      if (options.json) printJson(opening);
      else print(describeOpening(hub, opening));
      hub.outbox.start();
      listening = hub.inbound.listen();
      await stopped;
    } finally {
      await Promise.all([listening?.stop(), server.close()]);
    }
    printNote("Patchbay has stopped.");
    return 0;
  });
}

/** Resolves at the first signal; a second one, or a stop that takes too long, ends the process at once. */
function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
        resolve();
      });
    }
  });
}

/** What the owner of a hub that just started wants to know. */
interface Opening {
  readonly url: string;
  /** Where they are read, if anywhere. */
  readonly metrics?: string;
  readonly data: string;
  readonly database: string;
  readonly master_key: { readonly source: string; readonly where: string; readonly created: boolean };
  /** Only from a hub that had none. */
  readonly owner_key?: string;
  readonly profile: string;
  /** Made together with the owner's key, so that the configuration can be pasted as it is. */
  readonly profile_key?: string;
  readonly clients: readonly ClientConfig[];
}

async function prepareOpening(hub: Hub, listening: string, metrics: string | undefined): Promise<Opening> {
  const { config, masterKey, owner, store } = hub;
  const welcome = await bootstrap(hub);
  const [first] = await listProfiles(store.db, owner.workspaceId);
  const profile = welcome?.profile ?? first?.name ?? "PROFILE";
  const key = welcome && (await createProfileKey(hub, profile));
  const url = config.server.publicUrl ?? listening;
  return {
    url,
    ...(metrics !== undefined && { metrics }),
    data: config.home,
    database: hidePassword(config.server.databaseUrl),
    master_key: { source: masterKey.source, where: masterKey.where, created: masterKey.created },
    ...(welcome && { owner_key: welcome.ownerKey }),
    profile,
    ...(key !== undefined && { profile_key: key }),
    clients: localClientConfigs(config, { profile, url, ...(key !== undefined && { key }) }),
  };
}

async function createProfileKey(hub: Hub, profile: string): Promise<string> {
  const context = hub.contextOf(hub.owner, new AbortController().signal);
  return (await createKey.run({ profile, mode: "live" }, context)).key;
}

function describeOpening(hub: Hub, opening: Opening): string {
  const { url, metrics, data, database, master_key, owner_key, profile, profile_key, clients } = opening;
  const facts = {
    metrics,
    data,
    database,
    master_key: master_key.where,
    owner_key,
    profile,
    profile_key,
  };
  const once = { owner_key: "shown once: keep it", profile_key: "shown once: it is in the lines for HTTP below" };
  const [http, stdio] = [clients.filter(isHttp), clients.filter((client) => !isHttp(client))];
  return [
    paint("bold", `Patchbay ${hub.version} runs at ${url}`),
    renderFacts(facts, lineWidth(), once),
    ...(master_key.created ? [describeNewMasterKey(master_key.where)] : []),
    ...(owner_key === undefined ? [] : [describeNextSteps(profile)]),
    describeClients(`Clients that start Patchbay themselves (stdio), as ${profile}`, stdio),
    describeClients(`Clients that connect to this hub (HTTP), as ${profile}`, http),
    ...(profile_key === undefined ? [`YOUR_KEY is what "patchbay keys create --profile ${profile}" prints.`] : []),
    paint(
      "dim",
      'Ctrl-C stops the hub. "patchbay client-config" shows these again, and "patchbay doctor" checks everything.',
    ),
  ].join("\n\n");
}

function isHttp({ transport }: ClientConfig): boolean {
  return transport === "http";
}

function describeNextSteps(profile: string): string {
  const steps = {
    "patchbay connect github": "an account of yours; patchbay integrations available lists every service",
    [`patchbay grants set ${profile} github`]: "let your agent use it",
  };
  const width = Math.max(...Object.keys(steps).map(widthOf));
  const lines = Object.entries(steps).map(([command, purpose]) => `${pad(command, width)}  ${paint("dim", purpose)}`);
  return [paint("bold", "What to do next"), ...lines.map(indent)].join("\n");
}

/** On one line each, and clients that take the same text together. */
function describeClients(title: string, configs: readonly ClientConfig[]): string {
  const blocks = [...Map.groupBy(configs, ({ text }) => text)].map(([text, same]) => {
    const places = same.map(({ client, where }) => `${client}  ${paint("dim", where)}`);
    return indent([...places, indent(toOneLine(text))].join("\n"));
  });
  return [paint("bold", title), ...blocks].join("\n");
}

function toOneLine(text: string): string {
  return text.startsWith("{") ? JSON.stringify(JSON.parse(text)) : text;
}
