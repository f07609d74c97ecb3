import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import * as z from "zod";
import { HubError } from "./errors.ts";
import { parseLocatedJson } from "./located-json.ts";
import { LOG_LEVELS } from "./log.ts";
import { editDistance, nearest } from "./nearest.ts";

/** Environment variables by name. */
type Env = Readonly<Record<string, string | undefined>>;

type Path = readonly PropertyKey[];

/** A value that is taken whole, or refused with the one phrase that says what is accepted and never with the value. */
function accept<Value>(what: string, schema: z.ZodType<Value>): z.ZodCustom<Value, Value> {
  return z.custom<Value>((value) => schema.safeParse(value).success, `must be ${what}`);
}

/** An object that refuses a name it does not know. */
function section<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const names = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `is not a setting; the nearest are ${nearest(issue.keys[0] ?? "", names).join(", ")}`
        : "must be an object",
  });
}

function list<Item extends z.ZodType>(item: Item): z.ZodArray<Item> {
  return z.array(item, "must be a list");
}

/** Refuses a list in which two items go by the same name. */
function distinct<Item>(nameOf: (item: Item) => string) {
  return (items: readonly Item[], context: z.RefinementCtx): void => {
    const names = items.map(nameOf);
    const index = names.findIndex((name, position) => names.indexOf(name) < position);
    if (index < 0) return;
    context.addIssue({ code: "custom", path: [index], message: `is ${names[index]}, which is there already` });
  };
}

const Text = accept("text that is not empty", z.string().min(1));
const Host = accept("a host name or address without a port, such as 127.0.0.1", z.string().regex(/^[^\s/]+$/));
const Port = accept("a port from 0 to 65535, where 0 takes a free one", z.int().min(0).max(65_535));
const HttpUrl = accept("an http or https address such as https://hub.example.com", z.url({ protocol: /^https?$/ }));
const Level = accept(`one of ${LOG_LEVELS.join(", ")}`, z.enum(LOG_LEVELS));
const DatabaseUrl = accept(
  "a file's path, :memory: or a postgres:// address",
  z.string().regex(/^(?:postgres(?:ql)?:\/\/.|(?![\w+.-]+:\/\/).)/),
);
const PrivateHost = accept(
  "a host or host:port such as 192.168.1.7:8080, without a scheme",
  z.string().regex(/^(?:\[[0-9a-f:.]+\]|[^\s:/]+)(?::\d{1,5})?$/i),
);
const Count = accept("a whole number above 0", z.int().min(1));
const Switch = accept("true or false", z.boolean());
const ServiceId = accept("the id of a connector, such as github", z.string().regex(/^[a-z0-9_]{1,16}$/));
const IntegrationName = accept(
  "an integration: a service (github), a service and a label (github:work) or an id (int_…)",
  z.string().regex(/^[a-z0-9_]+(?::.+)?$/),
);
const Channel = accept(
  "a channel: a type (slack) or an account's (slack:int_…)",
  z.string().regex(/^[a-z0-9_]+(?::.+)?$/),
);

const AskWhom = accept("owner or user", z.enum(["owner", "user"]));

const Limits = section({
  /** The largest body that the hub takes from a caller, sends to a service or takes from one. */
  maxBodyBytes: Count.default(10 * 1024 * 1024),
  /** A longer result is given in pages. */
  resultTokens: Count.default(25_000),
  callTimeoutMs: Count.default(30_000),
  /** How long an answer may go on that is passed on while it comes. */
  streamTimeoutMs: Count.default(10 * 60_000),
  /** Of the REST API, for each key. */
  requestsPerMinute: Count.default(600),
  /** Through one account; what is more waits. */
  notificationsPerMinute: Count.default(20),
});

const Server = section({
  host: Host.default("127.0.0.1"),
  port: Port.default(7300),
  /** Where Prometheus reads the metrics; they are not served without. */
  metricsPort: z.exactOptional(Port),
  /** Where others reach the hub, for links, OAuth callbacks and webhooks. */
  publicUrl: z.exactOptional(HttpUrl),
  logLevel: Level.default("info"),
  /** A relative path counts from the file's folder. */
  databaseUrl: z.exactOptional(DatabaseUrl),
  /** Hosts that connectors may reach although their addresses are private. */
  allowPrivateHosts: list(PrivateHost).default([]),
  limits: Limits.prefault({}),
});

const Integration = section({
  service: ServiceId,
  label: z.exactOptional(Text),
  baseUrl: z.exactOptional(HttpUrl),
  config: z.exactOptional(z.record(z.string(), z.unknown(), "must be an object")),
  /** Each is `${env:NAME}` and nothing else: the file can be shared and kept in version control. */
  credentials: z.record(z.string(), Text, "must be an object").default({}),
});

const Grant = section({
  integration: IntegrationName,
  /** As it was when absent; a new grant is on. */
  enabled: z.exactOptional(Switch),
  allow: z.exactOptional(list(Text)),
  ask: z.exactOptional(list(Text)),
  deny: z.exactOptional(list(Text)),
  /** Operations that would ask and don't. */
  unasked: z.exactOptional(list(Text)),
  /** Who decides about what asks: with `user`, whoever sits at the agent's client is enough. */
  askWhom: z.exactOptional(AskWhom),
});

const Profile = section({
  grants: list(Grant)
    .superRefine(distinct(({ integration }) => integration))
    .default([]),
  notificationChannels: list(Channel).default([]),
});

/** What `mcp.config.json` may say. */
export const ConfigFile = section({
  server: Server.prefault({}),
  /** Connectors outside the repository: package names, or paths from the file's folder. */
  connectors: list(Text).default([]),
  integrations: list(Integration)
    .superRefine(distinct(({ service, label }) => (label === undefined ? service : `${service}:${label}`)))
    .default([]),
  profiles: z.record(z.string(), Profile, "must be an object").default({}),
  /** Where notifications of profiles without channels of their own go. */
  channels: list(Channel).default([]),
});
export type ConfigFile = z.infer<typeof ConfigFile>;

const PortText = z
  .string()
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : Number.NaN))
  .pipe(Port);

const Environment = z.object({
  PATCHBAY_HOME: Text.optional(),
  PATCHBAY_CONFIG: Text.optional(),
  PATCHBAY_HOST: Host.optional(),
  PATCHBAY_PORT: PortText.optional(),
  PATCHBAY_METRICS_PORT: PortText.optional(),
  PATCHBAY_PUBLIC_URL: HttpUrl.optional(),
  PATCHBAY_LOG_LEVEL: Level.optional(),
  PATCHBAY_DATABASE_URL: DatabaseUrl.optional(),
  PATCHBAY_ALLOW_PRIVATE_HOSTS: z
    .string()
    .transform((text) => text.split(",").map((host) => host.trim()))
    .pipe(list(PrivateHost))
    .optional(),
  PATCHBAY_MASTER_KEY: Text.optional(),
  PATCHBAY_MASTER_KEY_FILE: Text.optional(),
  PATCHBAY_URL: HttpUrl.optional(),
  PATCHBAY_KEY: Text.optional(),
  PATCHBAY_CONFORMANCE: accept("1 or 0", z.enum(["1", "0"])).optional(),
});

type Server = Omit<ConfigFile["server"], "publicUrl" | "databaseUrl" | "metricsPort"> & {
  readonly metricsPort: number | undefined;
  /** Without a trailing slash. */
  readonly publicUrl: string | undefined;
  readonly databaseUrl: string;
};

/** Everything a process is told from outside. Holds secrets. */
export interface Config extends Omit<ConfigFile, "server"> {
  /** The folder of the hub's data. */
  readonly home: string;
  /** The file that was read. */
  readonly file: string | undefined;
  readonly server: Server;
  readonly masterKey: string | undefined;
  readonly masterKeyFile: string | undefined;
  /** Whether to serve what the protocol's conformance suite asks for. */
  readonly conformance: boolean;
}

interface ConfigSources {
  readonly env: Env;
  /** The config file, where a command names one. */
  readonly file?: string;
  /**
   * A folder whose `mcp.config.json` counts, as does its place for relative paths.
   *
   * Only the folder of an operator at work: a host starts a stdio process wherever it happens to be, and a config file
   * found there could load code and send credentials elsewhere.
   */
  readonly cwd?: string;
  readonly platform?: NodeJS.Platform;
  /** For who connects none: then the variables need not be set that their credentials stand in. */
  readonly ignoreIntegrations?: boolean;
}

const FILE_NAME = "mcp.config.json";

/** The environment of this process. */
export function environment(): Env {
  return process.env;
}

/** Reads the environment and the config file, of which the environment wins. */
export function readConfig(sources: ConfigSources): Config {
  const { env, file, cwd, platform = process.platform, ignoreIntegrations = false } = sources;
  const variables = readEnvironment(env);
  const here = cwd ?? ".";
  const home = variables.PATCHBAY_HOME ? resolve(here, variables.PATCHBAY_HOME) : dataFolder(env, platform);
  const named = file ?? variables.PATCHBAY_CONFIG;
  const path = named ? resolve(here, named) : findFile(cwd === undefined ? [home] : [cwd, home]);
  const { server, ...rest } = path === undefined ? ConfigFile.parse({}) : readFile(path, env, ignoreIntegrations);
  const host = variables.PATCHBAY_HOST ?? server.host;
  const conformance = variables.PATCHBAY_CONFORMANCE === "1";
  if (conformance) checkLoopback(host);
  const publicUrl = variables.PATCHBAY_PUBLIC_URL ?? server.publicUrl;
  const masterKeyFile = variables.PATCHBAY_MASTER_KEY_FILE;
  return {
    ...rest,
    home,
    file: path,
    server: {
      host,
      port: variables.PATCHBAY_PORT ?? server.port,
      metricsPort: variables.PATCHBAY_METRICS_PORT ?? server.metricsPort,
      publicUrl: publicUrl?.replace(/\/+$/, ""),
      logLevel: variables.PATCHBAY_LOG_LEVEL ?? server.logLevel,
      databaseUrl:
        resolveDatabase(here, variables.PATCHBAY_DATABASE_URL) ?? server.databaseUrl ?? join(home, "patchbay.db"),
      allowPrivateHosts: variables.PATCHBAY_ALLOW_PRIVATE_HOSTS ?? server.allowPrivateHosts,
      limits: server.limits,
    },
    masterKey: variables.PATCHBAY_MASTER_KEY,
    masterKeyFile: masterKeyFile && resolve(here, masterKeyFile),
    conformance,
  };
}

/** Which hub elsewhere commands are for, and with which key, as far as the environment says. */
export function readRemote(env: Env): { readonly url: string | undefined; readonly key: string | undefined } {
  const { PATCHBAY_URL: url, PATCHBAY_KEY: key } = readEnvironment(env);
  return { url, key };
}

/** An empty variable is one that is not set, as compose files have it. */
function readEnvironment(env: Env): z.infer<typeof Environment> {
  const given = Object.entries(env).filter(([name, value]) => name.startsWith("PATCHBAY_") && value !== "");
  for (const [name] of given) checkSpelling(name);
  const parsed = Environment.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new HubError("invalid_input", `${z.core.toDotPath(issue?.path ?? [])} ${issue?.message}.`, {
    hint: "Correct the environment variable or unset it.",
  });
}

/** Only near misses are refused: Kubernetes sets variables such as PATCHBAY_SERVICE_HOST for a service of that name. */
function checkSpelling(name: string): void {
  if (Object.hasOwn(Environment.shape, name)) return;
  const [meant = ""] = nearest(name, Object.keys(Environment.shape));
  if (editDistance(name, meant) > 2) return;
  throw new HubError("invalid_input", `The environment variable ${name} is unknown.`, {
    hint: `Did you mean ${meant}?`,
  });
}

/** The suite sends what no client should, so the hub it tests is for programs on this machine only. */
function checkLoopback(host: string): void {
  if (/^(?:localhost|127(?:\.\d+){3}|::1)$/.test(host)) return;
  throw new HubError("invalid_input", `PATCHBAY_CONFORMANCE is set, and the hub listens on ${host}.`, {
    hint: "Unset it, or let the hub listen on 127.0.0.1 only.",
  });
}

function dataFolder(env: Env, platform: NodeJS.Platform): string {
  const user = env["HOME"] ?? homedir();
  if (platform === "win32") return join(env["LOCALAPPDATA"] ?? join(user, "AppData", "Local"), "Patchbay");
  if (platform === "darwin") return join(user, "Library", "Application Support", "Patchbay");
  return join(env["XDG_DATA_HOME"] || join(user, ".local", "share"), "patchbay");
}

function findFile(folders: readonly string[]): string | undefined {
  return folders.map((folder) => resolve(folder, FILE_NAME)).find((path) => existsSync(path));
}

type Refuse = (path: Path, what: string, hint?: string) => HubError;

function readFile(file: string, env: Env, ignoreIntegrations: boolean): ConfigFile {
  const json = parseLocatedJson(readText(file), file);
  const refuse: Refuse = (path, what, hint = "Correct the file.") =>
    new HubError("invalid_input", `${file}:${json.lineOf(path)}: ${z.core.toDotPath(path) || "the file"} ${what}.`, {
      hint,
    });
  const value = ignoreIntegrations ? withoutIntegrations(json.value) : json.value;
  const parsed = ConfigFile.safeParse(fillIn(value, [], env, refuse));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const unknown = issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
    throw refuse([...(issue?.path ?? []), ...unknown], issue?.message ?? "is wrong");
  }
  const { server, connectors, ...rest } = parsed.data;
  const folder = dirname(file);
  const databaseUrl = resolveDatabase(folder, server.databaseUrl);
  return {
    ...rest,
    server: { ...server, ...(databaseUrl !== undefined && { databaseUrl }) },
    connectors: connectors.map((name) => (name.startsWith(".") ? resolve(folder, name) : name)),
  };
}

function withoutIntegrations(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("integrations" in value)) return value;
  const { integrations: _, ...rest } = value;
  return rest;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new HubError("invalid_input", `The config file ${file} can't be read.`, {
      hint: "Name a file that is there and may be read, with --config or PATCHBAY_CONFIG.",
      cause,
    });
  }
}

/** Puts the values of environment variables in the place of each `${env:NAME}`. */
function fillIn(value: unknown, path: Path, env: Env, refuse: Refuse): unknown {
  if (typeof value === "string") return fillInText(value, path, env, refuse);
  if (Array.isArray(value)) return value.map((item, index) => fillIn(item, [...path, index], env, refuse));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fillIn(item, [...path, key], env, refuse)]),
  );
}

function fillInText(text: string, path: Path, env: Env, refuse: Refuse): string {
  const isCredential = path[0] === "integrations" && path[2] === "credentials";
  if (isCredential && !/^\$\{env:[^{}]*\}$/.test(text)) {
    throw refuse(
      path,
      "must name an environment variable, not hold a secret",
      `Put the secret into the environment and write "\${env:${String(path.at(-1))}}" here.`,
    );
  }
  return text.replaceAll(/\$\{env:([^{}]*)\}/g, (_, name: string) => {
    const value = env[name];
    if (value) return value;
    throw refuse(path, `needs the environment variable ${name}, which is not set`, `Set ${name}.`);
  });
}

function resolveDatabase(folder: string, url: string | undefined): string | undefined {
  return url === undefined || /^postgres(?:ql)?:\/\/|^:memory:$/.test(url) ? url : resolve(folder, url);
}
