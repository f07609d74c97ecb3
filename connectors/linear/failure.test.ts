import { expect, test } from "vitest";
import { runOn, startService } from "#testing";
import linear from "./connector.ts";

const credentials = { LINEAR_API_KEY: "lin_api_test0123456789" };

/** What reading an issue ends in when Linear answers so. */
async function refuse(status: number, extensions: object, headers: Record<string, string> = {}): Promise<unknown> {
  const body = { errors: [{ message: "Internal words", extensions }], data: null };
  await using service = await startService({ "POST /graphql": { status, headers, body } });
  return await runOn(service, linear, "read_issue", { id: "OPS-1" }, { credentials });
}

test.each([
  [400, { code: "AUTHENTICATION_ERROR", statusCode: 401 }, "reconnect_required", "Ask the owner to reconnect Linear."],
  [401, { code: "AUTHENTICATION_ERROR", statusCode: 401 }, "reconnect_required", "Ask the owner to reconnect Linear."],
  [200, { code: "FORBIDDEN", statusCode: 403 }, "service_rejected", expect.stringContaining("scope")],
  [200, { code: "INPUT_ERROR", statusCode: 400 }, "service_rejected", expect.stringContaining("list_states")],
  [400, { code: "GRAPHQL_VALIDATION_FAILED" }, "service_rejected", undefined],
  [400, { code: "RATELIMITED" }, "rate_limited", "Wait a minute, then try again."],
  [200, { code: "INTERNAL_SERVER_ERROR", statusCode: 500 }, "service_failed", "Try again later."],
])("%i with %j becomes %s", async (status, extensions, code, hint) => {
  await expect(refuse(status, extensions)).rejects.toMatchObject({
    code,
    hint,
    message: expect.stringContaining(extensions.code),
    details: { serviceCode: extensions.code },
  });
});

test("a refusal has the words that Linear means for people", async () => {
  const extensions = {
    type: "invalid input",
    code: "INPUT_ERROR",
    statusCode: 400,
    userError: true,
    userPresentableMessage: "Could not find referenced Issue.",
  };

  await expect(refuse(200, extensions)).rejects.toMatchObject({
    details: { status: 400, serviceCode: "INPUT_ERROR" },
    serviceWords: "Could not find referenced Issue.",
  });
});

test("a limit on requests becomes a pause of as long as Linear asks", async () => {
  await expect(refuse(400, { code: "RATELIMITED" }, { "retry-after": "120" })).rejects.toMatchObject({
    code: "rate_limited",
    details: { retryAfterMs: 120_000 },
  });
});

test("a failing read is tried again, a failing write is not", async () => {
  await using service = await startService({ "POST /graphql": { status: 502, body: "Bad gateway" } });

  const reading = runOn(service, linear, "read_issue", { id: "OPS-1" }, { credentials });
  await expect(reading).rejects.toMatchObject({ code: "service_failed" });
  const reads = service.exchanges.length;
  const writing = runOn(service, linear, "update_issue", { id: "OPS-1", title: "x" }, { credentials });
  await expect(writing).rejects.toMatchObject({ code: "service_failed" });

  expect(reads).toBe(3);
  expect(service.exchanges.length - reads).toBe(1);
});
