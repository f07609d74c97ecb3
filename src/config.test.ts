import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { environment, readConfig, readRemote } from "./config.ts";
import { makeFolder } from "./testing/make-folder.ts";

let folder: string;

beforeEach(() => {
  folder = makeFolder();
});

/** Writes a config file in the test's folder and returns its path. */
function writeFile(content: unknown, name = "mcp.config.json"): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content, undefined, 2));
  return path;
}

test("with nothing set, everything has its default", () => {
  const config = readConfig({ env: { HOME: "/home/ann" }, cwd: folder, platform: "linux" });

  expect(config).toEqual({
    home: "/home/ann/.local/share/patchbay",
    file: undefined,
    server: {
      host: "127.0.0.1",
      port: 7300,
      publicUrl: undefined,
      logLevel: "info",
      databaseUrl: "/home/ann/.local/share/patchbay/patchbay.db",
      allowPrivateHosts: [],
      limits: {
        maxBodyBytes: 10_485_760,
        resultTokens: 25_000,
        callTimeoutMs: 30_000,
        streamTimeoutMs: 600_000,
        requestsPerMinute: 600,
        notificationsPerMinute: 20,
      },
    },
    masterKey: undefined,
    masterKeyFile: undefined,
    conformance: false,
    connectors: [],
    integrations: [],
    profiles: {},
    channels: [],
  });
});

test.each<[NodeJS.Platform, Record<string, string>, string]>([
  ["linux", { HOME: "/home/ann" }, "/home/ann/.local/share/patchbay"],
  ["linux", { HOME: "/home/ann", XDG_DATA_HOME: "/data" }, "/data/patchbay"],
  ["darwin", { HOME: "/Users/ann", XDG_DATA_HOME: "/data" }, "/Users/ann/Library/Application Support/Patchbay"],
  ["win32", { LOCALAPPDATA: "/AppData/Local" }, "/AppData/Local/Patchbay"],
])("on %s with %j data lives in %s", (platform, env, home) => {
  const config = readConfig({ env, platform });

  expect(config.home).toBe(home);
});

test("the environment wins over the file", () => {
  writeFile({
    server: {
      host: "10.0.0.1",
      port: 1,
      publicUrl: "https://file.example.com",
      logLevel: "error",
      databaseUrl: "postgres://file/db",
      allowPrivateHosts: ["file.internal"],
    },
  });
  const env = {
    PATCHBAY_HOME: folder,
    PATCHBAY_HOST: "::1",
    PATCHBAY_PORT: "0",
    PATCHBAY_PUBLIC_URL: "https://env.example.com/hub/",
    PATCHBAY_LOG_LEVEL: "debug",
    PATCHBAY_DATABASE_URL: "postgres://env/db",
    PATCHBAY_ALLOW_PRIVATE_HOSTS: "localhost:8080, [::1]:9",
    PATCHBAY_MASTER_KEY: "key",
    PATCHBAY_MASTER_KEY_FILE: "keys/master",
    PATCHBAY_CONFORMANCE: "1",
  };

  const config = readConfig({ env, cwd: folder });

  expect(config).toMatchObject({
    home: folder,
    file: join(folder, "mcp.config.json"),
    server: {
      host: "::1",
      port: 0,
      publicUrl: "https://env.example.com/hub",
      logLevel: "debug",
      databaseUrl: "postgres://env/db",
      allowPrivateHosts: ["localhost:8080", "[::1]:9"],
    },
    masterKey: "key",
    masterKeyFile: join(folder, "keys/master"),
    conformance: true,
  });
});

test("an empty variable counts as not set", () => {
  const config = readConfig({ env: { PATCHBAY_HOME: folder, PATCHBAY_PORT: "" } });

  expect(config.server.port).toBe(7300);
});

test("relative paths in variables count from the working folder", () => {
  const env = { PATCHBAY_HOME: "data", PATCHBAY_DATABASE_URL: "hub.db" };

  const config = readConfig({ env, cwd: folder });

  expect(config).toMatchObject({ home: join(folder, "data"), server: { databaseUrl: join(folder, "hub.db") } });
});

test("the environment can name a hub elsewhere and a key of it", () => {
  const env = { PATCHBAY_URL: "https://hub.example.com", PATCHBAY_KEY: "pb_live_x" };

  expect(readRemote(env)).toEqual({ url: "https://hub.example.com", key: "pb_live_x" });
  expect(readRemote({ PATCHBAY_URL: "" })).toEqual({ url: undefined, key: undefined });
  expect(() => readRemote({ PATCHBAY_URL: "hub.example.com" })).toThrow(
    "PATCHBAY_URL must be an http or https address",
  );
});

test("conformance can be said to be off", () => {
  const config = readConfig({ env: { PATCHBAY_HOME: folder, PATCHBAY_CONFORMANCE: "0" } });

  expect(config.conformance).toBe(false);
});

test.each(["127.0.0.1", "127.0.1.7", "localhost", "::1"])("a hub on %s can be put under test", (host) => {
  const config = readConfig({ env: { PATCHBAY_HOME: folder, PATCHBAY_CONFORMANCE: "1", PATCHBAY_HOST: host } });

  expect(config.conformance).toBe(true);
});

test.each(["0.0.0.0", "::", "10.0.0.1", "localhost.example.com"])("a hub on %s can't be put under test", (host) => {
  const env = { PATCHBAY_HOME: folder, PATCHBAY_CONFORMANCE: "1", PATCHBAY_HOST: host };

  expect(() => readConfig({ env })).toThrow(
    expect.objectContaining({
      code: "invalid_input",
      message: `PATCHBAY_CONFORMANCE is set, and the hub listens on ${host}.`,
      hint: "Unset it, or let the hub listen on 127.0.0.1 only.",
    }),
  );
});

test("the process's own environment can be read", () => {
  const env = environment();

  expect(env["PATH"]).toBe(process.env["PATH"]);
});

test.each([
  ["PATCHBAY_PORT", "70000", "PATCHBAY_PORT must be a port from 0 to 65535, where 0 takes a free one."],
  ["PATCHBAY_PORT", "80x", "PATCHBAY_PORT must be a port from 0 to 65535, where 0 takes a free one."],
  ["PATCHBAY_LOG_LEVEL", "loud", "PATCHBAY_LOG_LEVEL must be one of debug, info, warn, error, silent."],
  ["PATCHBAY_HOST", "http://x/", "PATCHBAY_HOST must be a host name or address without a port, such as 127.0.0.1."],
  [
    "PATCHBAY_PUBLIC_URL",
    "hub.example.com",
    "PATCHBAY_PUBLIC_URL must be an http or https address such as https://hub.example.com.",
  ],
  [
    "PATCHBAY_DATABASE_URL",
    "mysql://root:sentinel@db/x",
    "PATCHBAY_DATABASE_URL must be a file's path, :memory: or a postgres:// address.",
  ],
  [
    "PATCHBAY_ALLOW_PRIVATE_HOSTS",
    "db.internal,http://x",
    "PATCHBAY_ALLOW_PRIVATE_HOSTS[1] must be a host or host:port such as 192.168.1.7:8080, without a scheme.",
  ],
  ["PATCHBAY_CONFORMANCE", "yes", "PATCHBAY_CONFORMANCE must be 1 or 0."],
])("the variable %s=%s is refused by name, with what is accepted", (name, value, message) => {
  const env = { PATCHBAY_HOME: folder, [name]: value };

  expect(() => readConfig({ env })).toThrow(expect.objectContaining({ code: "invalid_input", message }));
});

test("a misspelt variable is refused with the one that was meant", () => {
  const env = { PATCHBAY_HOME: folder, PATCHBAY_PROT: "80" };

  expect(() => readConfig({ env })).toThrow(
    expect.objectContaining({
      code: "invalid_input",
      message: "The environment variable PATCHBAY_PROT is unknown.",
      hint: "Did you mean PATCHBAY_PORT?",
    }),
  );
});

test("variables that Kubernetes sets for a service named patchbay are left alone", () => {
  const env = {
    PATCHBAY_HOME: folder,
    PATCHBAY_SERVICE_HOST: "10.0.0.1",
    PATCHBAY_PORT_7300_TCP: "tcp://10.0.0.1:7300",
  };

  const config = readConfig({ env });

  expect(config.server.host).toBe("127.0.0.1");
});

test("the file of the working folder comes before the one of the data folder", () => {
  const home = join(folder, "home");
  mkdirSync(home);
  writeFile({ server: { port: 1 } });
  writeFile({ server: { port: 2 } }, "home/mcp.config.json");

  const config = readConfig({ env: { PATCHBAY_HOME: home }, cwd: folder });

  expect(config.server.port).toBe(1);
});

test("where the working folder has no file, the one of the data folder counts", () => {
  const home = join(folder, "home");
  mkdirSync(home);
  writeFile({ server: { port: 2 } }, "home/mcp.config.json");

  const config = readConfig({ env: { PATCHBAY_HOME: home }, cwd: folder });

  expect(config).toMatchObject({ file: join(home, "mcp.config.json"), server: { port: 2 } });
});

test("without a working folder only the data folder is searched", () => {
  const home = join(folder, "home");
  mkdirSync(home);
  writeFile({ server: { port: 1 } });
  writeFile({ server: { port: 2 } }, "home/mcp.config.json");

  const config = readConfig({ env: { PATCHBAY_HOME: home } });

  expect(config.server.port).toBe(2);
});

test("a file that a command names comes before PATCHBAY_CONFIG, and that before the search", () => {
  writeFile({ server: { port: 1 } });
  writeFile({ server: { port: 2 } }, "variable.json");
  writeFile({ server: { port: 3 } }, "command.json");
  const env = { PATCHBAY_HOME: folder, PATCHBAY_CONFIG: "variable.json" };

  const byVariable = readConfig({ env, cwd: folder });
  const byCommand = readConfig({ env, file: "command.json", cwd: folder });

  expect(byVariable.server.port).toBe(2);
  expect(byCommand).toMatchObject({ file: join(folder, "command.json"), server: { port: 3 } });
});

test("a file that is named and not there is refused", () => {
  const path = join(folder, "missing.json");

  expect(() => readConfig({ env: { PATCHBAY_HOME: folder }, file: path })).toThrow(
    expect.objectContaining({ code: "invalid_input", message: `The config file ${path} can't be read.` }),
  );
});

test("relative paths in the file count from its folder", () => {
  mkdirSync(join(folder, "etc"));
  const file = writeFile(
    { server: { databaseUrl: "hub.db" }, connectors: ["./acme.ts", "../b.ts", "patchbay-connector-x", "/opt/c.ts"] },
    "etc/mcp.config.json",
  );

  const config = readConfig({ env: { PATCHBAY_HOME: folder }, file, cwd: "/" });

  expect(config.server.databaseUrl).toBe(join(folder, "etc/hub.db"));
  expect(config.connectors).toEqual([
    join(folder, "etc/acme.ts"),
    join(folder, "b.ts"),
    "patchbay-connector-x",
    "/opt/c.ts",
  ]);
});

test("a database in memory stays in memory", () => {
  const config = readConfig({ env: { PATCHBAY_HOME: folder, PATCHBAY_DATABASE_URL: ":memory:" } });

  expect(config.server.databaseUrl).toBe(":memory:");
});

test("integrations and grants are what connecting and granting take", () => {
  writeFile({
    integrations: [{ service: "github", credentials: { GITHUB_TOKEN: "${env:TOKEN}" } }],
    profiles: { ops: { grants: [{ integration: "github", deny: ["delete_*"] }] } },
  });

  const config = readConfig({ env: { PATCHBAY_HOME: folder, TOKEN: "t0ken" } });

  expect(config.integrations).toEqual([{ service: "github", credentials: { GITHUB_TOKEN: "t0ken" } }]);
  expect(config.profiles).toEqual({
    ops: { grants: [{ integration: "github", deny: ["delete_*"] }], notificationChannels: [] },
  });
});

test("${env:NAME} stands for a variable's value anywhere in a text", () => {
  writeFile({ integrations: [{ service: "github", config: { deep: ["a${env:A}b${env:B}", "${HOME} $A"] } }] });

  const config = readConfig({ env: { PATCHBAY_HOME: folder, A: "1", B: "${env:A}" } });

  expect(config.integrations[0]?.config).toEqual({ deep: ["a1b${env:A}", "${HOME} $A"] });
});

test.each([{}, { TOKEN: "" }])(
  "${env:NAME} of a variable that is not set is refused with its place (%j)",
  (variables) => {
    const path = writeFile({ integrations: [{ service: "github", credentials: { GITHUB_TOKEN: "${env:TOKEN}" } }] });

    expect(() => readConfig({ env: { PATCHBAY_HOME: folder, ...variables } })).toThrow(
      expect.objectContaining({
        code: "invalid_input",
        message: `${path}:6: integrations[0].credentials.GITHUB_TOKEN needs the environment variable TOKEN, which is not set.`,
        hint: "Set TOKEN.",
      }),
    );
  },
);

test("who connects no integrations needs none of their variables", () => {
  writeFile({
    integrations: [{ service: "github", credentials: { GITHUB_TOKEN: "${env:TOKEN}" } }],
    channels: ["slack"],
  });

  const config = readConfig({ env: { PATCHBAY_HOME: folder }, ignoreIntegrations: true });

  expect(config).toMatchObject({ integrations: [], channels: ["slack"] });
});

test.each(["sentinel", "sentinel${env:TOKEN}", "${env:TOKEN}sentinel", "${TOKEN}", "$TOKEN"])(
  "the credential %j is refused, since the file is no place for secrets",
  (secret) => {
    const path = writeFile({ integrations: [{ service: "github", credentials: { GITHUB_TOKEN: secret } }] });

    expect(() => readConfig({ env: { PATCHBAY_HOME: folder, TOKEN: "x" } })).toThrow(
      expect.objectContaining({
        code: "invalid_input",
        message: `${path}:6: integrations[0].credentials.GITHUB_TOKEN must name an environment variable, not hold a secret.`,
        hint: 'Put the secret into the environment and write "${env:GITHUB_TOKEN}" here.',
      }),
    );
  },
);

test.each([
  ["[]", "1: the file must be an object."],
  ['{\n"server": { "prot": 80 }}', "2: server.prot is not a setting; the nearest are port, host, limits."],
  ['{\n"profile": {}}', "2: profile is not a setting; the nearest are profiles, channels, server."],
  ['{"server":\n{"port": "80"}}', "2: server.port must be a port from 0 to 65535, where 0 takes a free one."],
  ['{"server": {\n"limits": {"callTimeoutMs": 0}}}', "2: server.limits.callTimeoutMs must be a whole number above 0."],
  ['{\n"channels":\n"slack"}', "2: channels must be a list."],
  ['{"connectors": [\n"a",\n7]}', "3: connectors[1] must be text that is not empty."],
  ['{"profiles": {\n"ops": []}}', "2: profiles.ops must be an object."],
  [
    '{"profiles": {"my ops": {"grants": [\n{"integration": "github"},\n{"enabled": true}]}}}',
    '3: profiles["my ops"].grants[1].integration must be an integration: a service (github), ' +
      "a service and a label (github:work) or an id (int_…).",
  ],
  [
    '{"profiles": {"ops": {"grants": [{"integration": "github",\n"enabled": "yes"}]}}}',
    "2: profiles.ops.grants[0].enabled must be true or false.",
  ],
  [
    '{"profiles": {"ops": {"grants": [{"integration": "github"},\n{"integration": "github"}]}}}',
    "2: profiles.ops.grants[1] is github, which is there already.",
  ],
  [
    '{"integrations": [{"service": "github", "label": "a"},\n{"service": "github", "label": "a"}]}',
    "2: integrations[1] is github:a, which is there already.",
  ],
  ['{"server": {\n"port": 80,\n}}', "3: the file is not valid JSON: a name in double quotes is missing."],
])("the file %s is refused with line, place and what is accepted", (content, message) => {
  const path = writeFile(content);

  expect(() => readConfig({ env: { PATCHBAY_HOME: folder } })).toThrow(
    expect.objectContaining({ code: "invalid_input", message: `${path}:${message}` }),
  );
});

test("a value is never quoted in an error, since it may be a secret", () => {
  writeFile({ server: { publicUrl: "${env:SECRET}" } });

  expect(() => readConfig({ env: { PATCHBAY_HOME: folder, SECRET: "sentinel" } })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("sentinel") }),
  );
});

test("two accounts of one service need labels that differ", () => {
  writeFile({ integrations: ["a", "b"].map((label) => ({ service: "github", label })) });

  const config = readConfig({ env: { PATCHBAY_HOME: folder } });

  expect(config.integrations).toHaveLength(2);
});
