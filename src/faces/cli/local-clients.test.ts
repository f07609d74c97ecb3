import { expect, test } from "vitest";
import { readConfig } from "../../config.ts";
import { hidePassword, localClientConfigs } from "./local-clients.ts";

const OPTIONS = { profile: "ops", url: "http://127.0.0.1:7300" };

function readCursorEnvironment(env: Readonly<Record<string, string>>): unknown {
  const configs = localClientConfigs(readConfig({ env }), OPTIONS);
  const cursor = configs.find(({ client, transport }) => client === "Cursor" && transport === "stdio");
  return JSON.parse(cursor?.text ?? "{}").mcpServers.patchbay.env;
}

test("a client starts this Node and this executable, and is told where the data is", () => {
  const [desktop] = localClientConfigs(readConfig({ env: { PATCHBAY_HOME: "/data" } }), OPTIONS);

  expect(JSON.parse(desktop?.text ?? "{}").mcpServers.patchbay).toEqual({
    command: process.execPath,
    args: [process.argv[1], "mcp", "--profile", "ops"],
    env: { PATCHBAY_HOME: "/data" },
  });
});

test("a client is told all that a process needs to open the same hub", () => {
  const env = {
    PATCHBAY_HOME: "/data",
    PATCHBAY_DATABASE_URL: "/elsewhere/hub.db",
    PATCHBAY_ALLOW_PRIVATE_HOSTS: "127.0.0.1:1, 127.0.0.1:2",
    PATCHBAY_MASTER_KEY_FILE: "/run/secrets/key",
  };

  const told = readCursorEnvironment(env);

  expect(told).toEqual({ ...env, PATCHBAY_ALLOW_PRIVATE_HOSTS: "127.0.0.1:1,127.0.0.1:2" });
});

test("no secret of the environment is repeated to a client", () => {
  const told = readCursorEnvironment({
    PATCHBAY_HOME: "/data",
    PATCHBAY_DATABASE_URL: "postgres://hub:secret@db/hub",
    PATCHBAY_MASTER_KEY: "secret",
  });

  expect(told).toEqual({
    PATCHBAY_HOME: "/data",
    PATCHBAY_DATABASE_URL: "postgres://hub:YOUR_PASSWORD@db/hub",
    PATCHBAY_MASTER_KEY: "YOUR_MASTER_KEY",
  });
  expect(hidePassword("postgres://hub@db/hub")).toBe("postgres://hub@db/hub");
});
