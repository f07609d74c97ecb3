import { expect, onTestFinished, test } from "vitest";
import type { Connector } from "#connector";
import { onEachStore, openTestHub, type Service, startService, type TestHub } from "#testing";
import type { Caller } from "../src/call/open-calls.ts";
import { simulate } from "../src/call/simulate.ts";
import { replaceCredentials, verifyIntegration } from "../src/integrations/change.ts";
import { connect } from "../src/integrations/connect.ts";
import { disconnect } from "../src/integrations/disconnect.ts";
import { setApp } from "../src/integrations/oauth-apps.ts";
import { startFlow } from "../src/integrations/oauth-flows.ts";
import { putCredentials, sealCredentials } from "../src/integrations/sealed-credentials.ts";
import { TOKENS, writeTokens } from "../src/integrations/token-set.ts";
import { BUILT_IN } from "../src/catalog/connectors.ts";
import type { IntegrationRow } from "../src/store/tables.ts";

/** Such as the services' own. */
const CREDENTIALS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  email: { RESEND_API_KEY: "re_sentinel0123456789" },
  github: { GITHUB_TOKEN: "ghp_sentinel0123456789sentinel0123456789" },
  linear: { LINEAR_API_KEY: "lin_api_sentinel0123456789" },
  slack: { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789" },
  telegram: { TELEGRAM_BOT_TOKEN: "123456:AAsentinel-telegram_token" },
};

/** What an operation takes, where it is more than its schema says. */
const INPUTS: Readonly<Record<string, object>> = {
  "github.commit_files": { owner: "a", repo: "b", branch: "c", message: "d", files: [{ path: "e", text: "f" }] },
  "github.read_repository": { owner: "a", repo: "b" },
  "gmail.manage_labels": { ids: ["18c0ffee"], addLabelIds: ["INBOX"] },
  "slack.lookup_user": { email: "a@example.com" },
};

/** The services themselves, as far as connectors know: all of their addresses are here. */
async function startServices({ hub }: TestHub): Promise<Service> {
  const services = await startService({});
  onTestFinished(() => services[Symbol.asyncDispose]());
  const { url, host } = services;
  for (const service of Object.keys(BUILT_IN)) {
    const connector = await hub.catalog.connector(service);
    const auth = connector.auth.map((way) => {
      if (way.kind !== "oauth2") return way;
      return { ...way, authorizeUrl: `${url}/authorize`, tokenUrl: `${url}/token`, revokeUrl: `${url}/revoke` };
    });
    Object.assign(connector, { baseUrl: url, allowHosts: [host], auth });
  }
  return services;
}

const SIGNAL = new AbortController().signal;

function connectTo({ hub, workspaceId }: TestHub, service: string, spec: object = {}) {
  const credentials = CREDENTIALS[service] ?? {};
  return connect(hub, { workspaceId, actor: "test", service, credentials, ...spec });
}

async function makeInput(connector: Connector, name: string): Promise<unknown> {
  const { input, ...operation } = connector.operations[name] ?? {};
  if (!input) throw new Error(`There is no operation ${name}.`);
  const taking = { ...connector, operations: { [name]: { ...operation, input, output: input } } } as Connector;
  return INPUTS[`${connector.id}.${name}`] ?? simulate({ connector: taking, operation: name, input: {} });
}

const REFUSED = { code: "address_refused", hint: expect.stringContaining("Connect it without OAuth") };

/** What becomes of each operation of an account. */
async function callAll(hub: TestHub, caller: Caller, integration: IntegrationRow) {
  const connector = await hub.hub.catalog.connector(integration.service);
  const results = Object.keys(connector.operations).map(async (name) => {
    const tool = `mcp__${connector.id}__${name}`;
    return { tool, ...(await hub.call(caller, tool, await makeInput(connector, name))) };
  });
  return Promise.all(results);
}

await onEachStore((makeDatabase) => {
  async function arrange(mode: "live" | "test") {
    const { url } = await makeDatabase();
    const hub = await openTestHub({ mode, env: { PATCHBAY_DATABASE_URL: url } });
    return { hub, services: await startServices(hub), caller: await hub.addProfile("coder") };
  }

  test("nothing of the test world reaches a service, whatever is done to it", async () => {
    const { hub, services, caller } = await arrange("test");

    for (const service of Object.keys(BUILT_IN)) {
      const connector = await hub.hub.catalog.connector(service);
      const { integration } = await connectTo(hub, service);
      expect(integration).toMatchObject({ label: `${connector.name} (simulated)`, status: "active" });
      await hub.grant(caller, integration, { allow: ["*", "GET /*"] });

      const results = await callAll(hub, caller, integration);
      expect(results.filter((result) => !("simulated" in result))).toEqual([]);

      const line = { caller, integration: service, method: "GET", target: "/", headers: [], signal: SIGNAL };
      await expect(hub.hub.calls.proxy(line)).rejects.toMatchObject({ code: "address_refused" });
      await expect(connectTo(hub, service, { label: "own", baseUrl: services.url })).rejects.toMatchObject({
        code: "address_refused",
      });
      const changed = await replaceCredentials(hub.hub, "test", integration, CREDENTIALS[service] ?? {});
      expect(await verifyIntegration(hub.hub, "test", changed)).toMatchObject({ status: "active" });
      expect(await disconnect(hub.hub, "test", changed)).toMatchObject({ isRevoked: false });
    }

    expect(services.exchanges).toEqual([]);
  });

  test("the same would reach the services from the live world", async () => {
    const { hub, services } = await arrange("live");

    for (const service of Object.keys(CREDENTIALS)) {
      const before = services.exchanges.length;
      await expect(connectTo(hub, service)).rejects.toMatchObject({ name: "HubError" });
      expect(services.exchanges.length).toBeGreaterThan(before);
    }
  });

  test("tokens are neither asked for, renewed nor revoked at a service by its test world", async () => {
    const { hub, services } = await arrange("test");
    const { hub: parts, workspaceId } = hub;
    const owner = { workspaceId, actor: "test" };
    const { integration } = await connectTo(hub, "github");
    const token = { access: "gho_expired", refresh: "ghr_old", scopes: [], obtainedAt: 0, expiresAt: 1 };
    const sealed = await sealCredentials(parts.vault, integration, { [TOKENS]: writeTokens({ access_token: token }) });
    await parts.store.transaction((db) => putCredentials(db, integration, sealed));

    await expect(startFlow(parts, { ...owner, service: "github" })).rejects.toMatchObject(REFUSED);
    await setApp(parts, owner, "github", { clientId: "c", tokenUrl: "https://token.example.com" });
    await expect(startFlow(parts, { ...owner, service: "github" })).rejects.toMatchObject(REFUSED);
    await expect(parts.credentialsOf(integration)).rejects.toMatchObject({ code: "address_refused" });
    const { isRevoked } = await disconnect(parts, "test", integration);

    expect(isRevoked).toBe(false);
    expect(services.exchanges).toEqual([]);
  });

  test("a test server of the owner's stands in for a service, its OAuth included", async () => {
    const { hub, services, caller } = await arrange("test");
    const { hub: parts, workspaceId } = hub;
    const owner = { workspaceId, actor: "test" };
    await using own = await startService({ "GET /user": { id: 7, login: "octo" } });

    const { integration } = await connectTo(hub, "github", { baseUrl: own.url });
    await hub.grant(caller, integration);
    const result = await hub.call(caller, "mcp__github__read_viewer", {});
    await setApp(parts, owner, "github", {
      clientId: "c",
      authorizeUrl: `${own.url}/authorize`,
      tokenUrl: `${own.url}/token`,
    });
    const { url } = await startFlow(parts, { ...owner, service: "github" });

    expect(result).toMatchObject({ status: "done", data: { login: "octo" }, account: { label: "octo" } });
    expect(result).not.toHaveProperty("simulated");
    expect(url).toMatch(own.url);
    expect([own.exchanges.length, services.exchanges.length]).toEqual([2, 0]);
  });
});
