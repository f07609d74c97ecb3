import { expect, onTestFinished, test } from "vitest";
import { startService } from "#testing";
import { CLIENTS } from "./any-client.ts";
import { openCli } from "./open-cli.ts";

const SECRET = `whsec_${"A".repeat(43)}=`;
const PING = "mcp__webhook__ping";

/** A hub in a process of its own, and an agent that was granted a webhook which answers when it is told to. */
async function arrange() {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let isSlow = false;
  const service = await startService({
    "POST /": async () => {
      if (isSlow) await released;
      return { status: 204 };
    },
  });
  onTestFinished(() => service[Symbol.asyncDispose]());
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: "127.0.0.1", PATCHBAY_METRICS_PORT: "0" });
  await cli.data(["profiles", "create", "ops"]);
  await cli.data(["connect", "webhook", "--base-url", service.url, "--credential", `WEBHOOK_SECRET=${SECRET}`]);
  await cli.data(["grants", "set", "ops", "webhook"]);
  const { key } = await cli.data<{ key: string }>(["keys", "create", "--profile", "ops"]);
  const hub = cli.spawn(["start", "--json"]);
  const { data } = JSON.parse(await hub.printed("\n}\n")) as { data: { url: string; metrics: string } };
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(`${data.url}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  return {
    cli,
    hub,
    ...data,
    key,
    ping: () => post(`/v1/tools/${PING}/call`, { input: {} }),
    /** The stream on which a client of 2026-07-28 hears of changes. */
    listen: () =>
      post("/mcp", SUBSCRIBE, {
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": SUBSCRIBE.method,
      }),
    /** From here on the service takes calls and does not answer them until it is told to. */
    holdCalls: () => {
      isSlow = true;
      const before = service.exchanges.length;
      return async (count: number) => {
        await expect.poll(() => service.exchanges.length - before).toBe(count);
      };
    },
    release,
  };
}

const SUBSCRIBE = {
  jsonrpc: "2.0",
  id: 1,
  method: "subscriptions/listen",
  params: {
    notifications: { toolsListChanged: true },
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    },
  },
};

const statusOf = (url: string): Promise<number> => fetch(url).then(({ status }) => status);

test("a hub that is told to stop says so at once, finishes what is under way, ends its streams and goes", async () => {
  const { cli, hub, url, key, ping, listen, holdCalls, release } = await arrange();
  const news = await listen();
  const clients = await Promise.all(CLIENTS.map(([, open]) => open({ url: new URL(`${url}/mcp`), key }, () => {})));
  const ready = await statusOf(`${url}/readyz`);
  const taken = holdCalls();
  const made = [ping().then(({ status }) => status), ...clients.map((client) => client.callTool(PING, {}))];
  await taken(made.length);

  const end = hub.stop("SIGTERM");
  await expect.poll(() => statusOf(`${url}/readyz`)).toBe(503);
  const alive = await statusOf(`${url}/healthz`);
  await expect.poll(() => statusOf(`${url}/healthz`).catch(() => "refused")).toBe("refused");
  release();
  const [status, ...results] = await Promise.all(made);
  const [said, ended] = [await news.text(), await end];

  expect([ready, alive, status]).toEqual([200, 200, 200]);
  expect(results.map((result) => Object(result).isError)).toEqual(clients.map(() => undefined));
  expect(said).toContain("notifications/subscriptions/acknowledged");
  // A stop that takes longer than nine seconds ends with another code.
  expect(ended).toMatchObject({ exitCode: 0, stderr: "Patchbay has stopped.\n" });
  const outcomes = await cli.data<object[]>(["audit", "list", "--action", "call.outcome"]);
  expect(outcomes).toHaveLength(made.length);
});

test("a service that never answers does not keep a hub from stopping", async () => {
  const { cli, hub, ping, holdCalls } = await arrange();
  const taken = holdCalls();
  const made = ping();
  await taken(1);

  const end = hub.stop("SIGTERM");
  await expect(made).rejects.toThrow(/fetch failed/);

  expect(await end).toMatchObject({ exitCode: 0 });
  const [outcome] = await cli.data<{ details: object }[]>(["audit", "list", "--action", "call.outcome"]);
  expect(outcome?.details).toMatchObject({ status: "failed" });
});

test("what a hub measures is read at a port of its own", async () => {
  const { hub, url, metrics, key, ping } = await arrange();

  await ping();
  const answer = await fetch(metrics);
  const text = await answer.text();
  const elsewhere = await statusOf(`${url}/metrics`);
  const end = await hub.stop("SIGTERM");

  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(text).toContain('patchbay_calls_total{service="webhook",effect="write",outcome="done"} 1\n');
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds\{quantile="0\.99"\} [\d.e-]+$/m);
  expect(text).not.toContain(key);
  expect(elsewhere).toBe(404);
  expect(end.exitCode).toBe(0);
});
