import { expect, onTestFinished, test } from "vitest";
import { openMcpClient, openTestApi, openTestHub, recordSpans, startService } from "#testing";

const SECRET = `whsec_${"A".repeat(43)}=`;
const PING = "mcp__webhook__ping";
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

/** A profile and a webhook, not yet granted, which breaks when it is told to. */
async function arrange() {
  const broken = { isBroken: false };
  const service = await startService({ "POST /": () => ({ status: broken.isBroken ? 500 : 204 }) });
  onTestFinished(() => service[Symbol.asyncDispose]());
  const testHub = await openTestHub();
  const caller = await testHub.addProfile("coder");
  const integration = await testHub.connect("webhook", service.url, { WEBHOOK_SECRET: SECRET }, { label: "ops" });
  return { testHub, hub: testHub.hub, caller, integration, service, broken };
}

const callsIn = (text: string) => text.split("\n").filter((line) => line.startsWith("patchbay_calls_total"));

test("calls are counted by service, effect and outcome", async () => {
  const { testHub, hub, caller, integration } = await arrange();
  await testHub.grant(caller, integration);

  await testHub.call(caller, PING, {});
  await testHub.call(caller, PING, { account: "none" }).catch(() => {});
  await testHub.grant(caller, integration, { ask: ["ping"] });
  await testHub.call(caller, PING, {});

  expect(callsIn(await hub.metrics.render())).toEqual([
    'patchbay_calls_total{service="webhook",effect="write",outcome="done"} 1',
    'patchbay_calls_total{service="webhook",effect="write",outcome="invalid_input"} 1',
    'patchbay_calls_total{service="webhook",effect="write",outcome="approval_pending"} 1',
  ]);
});

test("what nobody knows makes no labels of its own", async () => {
  const { testHub, hub, caller } = await arrange();

  for (const tool of ["mcp__nope__x", "nonsense", "mcp__webhook__nope", PING]) {
    await testHub.call(caller, tool, {}).catch(() => {});
  }

  expect(callsIn(await hub.metrics.render())).toEqual([
    'patchbay_calls_total{service="unknown",effect="unknown",outcome="not_found"} 2',
    'patchbay_calls_total{service="webhook",effect="unknown",outcome="not_found"} 1',
    'patchbay_calls_total{service="webhook",effect="write",outcome="not_granted"} 1',
  ]);
});

test("what the metrics say identifies nobody", async () => {
  const { testHub, hub, caller, integration, service } = await arrange();
  await testHub.grant(caller, integration);

  await testHub.call(caller, PING, {});
  const text = await hub.metrics.render();

  for (const fact of [
    integration.id,
    caller.profileId,
    caller.workspaceId,
    caller.actor,
    "ops",
    service.host,
    SECRET,
  ]) {
    expect(text).not.toContain(`"${fact}"`);
  }
  expect(text).toMatch(/patchbay_call_duration_seconds_count\{service="webhook",effect="write"\} 1\n/);
});

test("a call is one span, which says what it was of and how it ended", async () => {
  const { testHub, caller, integration, broken } = await arrange();
  await testHub.grant(caller, integration);
  broken.isBroken = true;
  const spans = recordSpans();

  await testHub.call(caller, PING, {}).catch(() => {});

  expect(spans).toEqual([
    {
      name: "call webhook.ping",
      traceId: expect.any(String),
      attributes: {
        "patchbay.service": "webhook",
        "patchbay.effect": "write",
        "patchbay.operation": "webhook.ping",
        "patchbay.outcome": "service_failed",
      },
      status: { code: 2 },
      isEnded: true,
    },
  ]);
});

test("a call is part of its caller's trace, and no service hears of that", async () => {
  const { testHub, hub, caller, integration, service } = await arrange();
  await testHub.grant(caller, integration);
  const spans = recordSpans();

  const client = await openMcpClient(hub, caller);
  await client.callTool({ name: PING, arguments: {}, _meta: { traceparent: TRACEPARENT } });

  expect(spans).toMatchObject([{ name: "call webhook.ping", traceId: TRACE_ID }]);
  expect(service.exchanges.flatMap(({ headers }) => Object.keys(headers))).not.toContain("traceparent");
});

test("a request of the REST API is part of its caller's trace, too", async () => {
  const service = await startService({ "POST /": { status: 204 } });
  onTestFinished(() => service[Symbol.asyncDispose]());
  const { hub, send } = await openTestApi();
  const caller = await hub.addProfile("coder");
  await hub.grant(caller, await hub.connect("webhook", service.url, { WEBHOOK_SECRET: SECRET }));
  const key = await hub.addKey(caller);
  const spans = recordSpans();

  await send(`POST /tools/${PING}/call`, { key, body: { input: {} }, headers: { traceparent: TRACEPARENT } });

  expect(spans).toMatchObject([{ name: "call webhook.ping", traceId: TRACE_ID }]);
});
