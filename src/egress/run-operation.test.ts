import { expect, test } from "vitest";
import * as z from "zod";
import { type CallContext, type Connector, HubError, operation, rest, serviceError } from "#connector";
import { type Exchange, startService } from "../testing/loopback-server.ts";
import { makeConnector, makeTarget } from "../testing/make-target.ts";
import { type EgressOptions, openEgress } from "./open-egress.ts";
import { type OperationCall, runOperation } from "./run-operation.ts";

const TOKEN = "token-0123456789";

/** Runs an operation `try` that is made of `run`; there is no service to reach. */
function runTry(
  run: (context: CallContext) => unknown,
  parts: Partial<Connector> = {},
  call: Partial<OperationCall> = {},
) {
  const attempt = operation({
    summary: "Try.",
    effect: "read",
    input: z.object({}),
    output: z.object({ id: z.string(), owner: z.object({ name: z.string() }).optional() }),
    run: (_, context) => Promise.resolve(run(context)),
  });
  return runOn("https://demo.example.com", { ...parts, operations: { try: attempt } }, call);
}

function runOn(
  baseUrl: string,
  connector: Partial<Connector>,
  call: Partial<OperationCall> = {},
  options: Partial<EgressOptions> = {},
) {
  const egress = openEgress({ allowPrivateHosts: ["127.0.0.1"], ...options });
  const target = makeTarget(baseUrl, { connector: makeConnector(connector) });
  return runOperation(egress, { ...target, operation: "try", input: {}, ...call });
}

function throws(error: unknown): () => never {
  return () => {
    throw error;
  };
}

test("an operation's answer is cut to its output", async () => {
  const result = await runTry(() => ({ id: "1", internal: true, owner: { name: "Ann", email: "a@example.com" } }));

  expect(result).toEqual({ id: "1", owner: { name: "Ann" } });
});

test("an answer of another shape is the service's failure, and names the field but not the value", async () => {
  const running = runTry(() => ({ id: "1", owner: { name: 4711 } }));

  await expect(running).rejects.toMatchObject({
    code: "service_failed",
    message: "Demo answered in an unknown shape: owner.name should be string.",
  });
});

test("a write that was answered in another shape may have been done, and the error says so", async () => {
  const write = operation({
    summary: "Write.",
    effect: "write",
    input: z.object({}),
    output: z.object({ id: z.string() }),
    run: () => Promise.resolve({}),
  });

  const running = runOn("https://demo.example.com", { operations: { try: write } });

  await expect(running).rejects.toMatchObject({ hint: "It has most likely been done: look before you try again." });
});

test("an operation that the connector has not got is not found", async () => {
  const running = runTry(() => ({}), {}, { operation: "constructor" });

  await expect(running).rejects.toMatchObject({ code: "not_found", message: "Demo has no operation constructor." });
});

test("an operation's own effect and credential decide how it is sent", async () => {
  await using service = await startService({ "GET /": { status: 503 } });
  const write = rest({
    summary: "Write.",
    effect: "write",
    credential: "OTHER_TOKEN",
    request: "GET /",
    input: z.object({}),
    output: z.unknown(),
  });

  const running = runOn(service.url, { operations: { try: write } });

  await expect(running).rejects.toMatchObject({
    code: "reconnect_required",
    message: expect.stringContaining("OTHER"),
  });
  expect(service.exchanges).toEqual([]);
});

test("what a connector throws for its user passes, without secrets", async () => {
  const error = new HubError("invalid_input", `No ${TOKEN}.`, {
    hint: `Not ${TOKEN}.`,
    serviceWords: `Said ${TOKEN}.`,
    details: { what: TOKEN, count: 1 },
  });

  const running = runTry(throws(error));

  await expect(running).rejects.toMatchObject({
    code: "invalid_input",
    message: "No [redacted].",
    hint: "Not [redacted].",
    serviceWords: "Said [redacted].",
    details: { what: "[redacted]", count: 1 },
  });
});

test("results hold no secret", async () => {
  const result = await runTry(() => ({ id: `echo ${TOKEN}` }));

  expect(result).toEqual({ id: "echo [redacted]" });
});

test("what a library throws is read by the connector", async () => {
  const running = runTry(throws(new RangeError("library")), {
    failure: (error) => (error instanceof RangeError ? { status: 404, code: "no_channel" } : undefined),
  });

  await expect(running).rejects.toMatchObject({
    code: "service_rejected",
    message: "Demo rejected the call: no_channel (status 404).",
  });
});

test("what a library throws with a status is the service's failure", async () => {
  const running = runTry(throws(Object.assign(new Error("library"), { status: 429 })));

  await expect(running).rejects.toMatchObject({ code: "rate_limited", details: { status: 429 } });
});

test.each(["cause", "original", "error"])("an error of ours that a library wrapped as %s comes out", async (name) => {
  const wrapped = Object.assign(new Error("HTTP 500"), {
    status: 500,
    [name]: new HubError("address_refused", "Demo may not reach evil.example.com."),
  });

  const running = runTry(throws(wrapped), { failure: () => ({ status: 502 }) });

  await expect(running).rejects.toMatchObject({ code: "address_refused" });
});

test("anything else that is thrown is a fault of ours, whose cause holds no secret", async () => {
  const running = runTry(throws(Object.assign(new TypeError(`bad ${TOKEN}`), { request: { headers: { TOKEN } } })));

  await expect(running).rejects.toMatchObject({
    code: "internal",
    message: "The connector of Demo failed.",
    cause: { name: "TypeError", message: "bad [redacted]" },
  });
  await expect(running).rejects.toSatisfy((error: HubError) => !JSON.stringify(error.cause).includes(TOKEN));
});

test("a service that can't be reached is named", async () => {
  const service = await startService({});
  await service[Symbol.asyncDispose]();
  const find = rest({ summary: "Find.", effect: "write", request: "GET /", input: z.object({}), output: z.unknown() });

  const running = runOn(service.url, { operations: { try: find } });

  await expect(running).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining(service.host) });
});

test("a call whose caller gives up is cancelled, and the service sees the connection close", async () => {
  const arrived = Promise.withResolvers<Exchange>();
  await using service = await startService({
    "GET /": (exchange) => {
      arrived.resolve(exchange);
      return new Promise(() => {});
    },
  });
  const caller = new AbortController();
  const find = rest({ summary: "Find.", effect: "read", request: "GET /", input: z.object({}), output: z.unknown() });

  const running = runOn(service.url, { operations: { try: find } }, { signal: caller.signal });
  const { abandoned } = await arrived.promise;
  caller.abort();

  await expect(running).rejects.toMatchObject({ code: "cancelled", message: "The call to Demo was cancelled." });
  await expect(abandoned).resolves.toBe(undefined);
});

const HANGING = operation({
  summary: "Hang.",
  effect: "read",
  input: z.object({}),
  output: z.unknown(),
  run: () => new Promise(() => {}),
});

test.each([
  ["ours", { timeoutMs: 50 }, () => new AbortController().signal],
  ["the caller's", {}, () => AbortSignal.timeout(50)],
])(
  "a call that outlives a time limit of %s is a timeout, though it does not listen",
  async (_, options, callerSignal) => {
    const running = runOn(
      "https://demo.example.com",
      { operations: { try: HANGING } },
      { signal: callerSignal() },
      options,
    );

    await expect(running).rejects.toMatchObject({ code: "timeout", message: "Demo took too long to answer." });
  },
);

test("a call is not begun for a caller who has given up", async () => {
  const begun: string[] = [];

  const running = runTry(() => begun.push("run"), {}, { signal: AbortSignal.abort() });

  await expect(running).rejects.toMatchObject({ code: "cancelled" });
  expect(begun).toEqual([]);
});

test("a call that is under way when the hub stops says so", async () => {
  const egress = openEgress({ allowPrivateHosts: [] });
  const target = makeTarget("https://demo.example.com", { connector: makeConnector({ operations: { try: HANGING } }) });

  const running = runOperation(egress, { ...target, operation: "try", input: {} });
  const closing = egress.close();

  await expect(running).rejects.toMatchObject({ code: "unavailable", message: "The hub is stopping." });
  await expect(closing).resolves.toBe(undefined);
});

test("progress reaches the caller", async () => {
  const steps: unknown[] = [];
  const onProgress = (...step: readonly unknown[]) => void steps.push(step);

  await runTry(
    ({ progress }) => {
      progress(1, 3, "page");
      return { id: "1" };
    },
    {},
    { onProgress },
  );

  expect(steps).toEqual([[1, 3, "page"]]);
});

test("a refusal that a connector makes of an answer keeps the service's words, without secrets", async () => {
  const running = runTry(throws(serviceError("Demo", { status: 403, words: `token ${TOKEN} lacks scope` })));

  await expect(running).rejects.toMatchObject({ serviceWords: "token [redacted] lacks scope" });
});
