import { expect, test } from "vitest";
import { HubError } from "../../errors.ts";
import { toErrorResult, toToolResult } from "./results.ts";

const account = { service: "github", label: "octocat", integration: "int_1" };
const ACCOUNT = { type: "text", text: "Account: octocat (github)" };
const _meta = { "patchbay/integration": "int_1", "patchbay/account": "octocat" };

test("data are given as text and as structured content, with the account", () => {
  const result = toToolResult({ status: "done", data: { number: 7 }, account });

  expect(result).toEqual({
    content: [{ type: "text", text: '{"number":7}' }, ACCOUNT],
    structuredContent: { number: 7 },
    _meta,
  });
});

test.each([["text"], [[1, 2]], [null]])("data that are no object (%j) are given as text only", (data) => {
  const result = toToolResult({ status: "done", data, account });

  expect(result).toEqual({ content: [{ type: "text", text: JSON.stringify(data) }, ACCOUNT], _meta });
});

test("an answer of nothing is null", () => {
  const result = toToolResult({ status: "done", data: undefined, account });

  expect(result.content[0]).toEqual({ type: "text", text: "null" });
});

test("what the hub's own tools answer names no account", () => {
  const result = toToolResult({ status: "done", data: { services: [] } });

  expect(result).toEqual({
    content: [{ type: "text", text: '{"services":[]}' }],
    structuredContent: { services: [] },
  });
});

test("contents are shown as they are", () => {
  const image = { type: "image" as const, data: "AAAA", mimeType: "image/png" };

  const result = toToolResult({ status: "contents", data: { content: [image] }, account });

  expect(result).toEqual({ content: [image, ACCOUNT], _meta });
});

test("a call that awaits approval says what to do next", () => {
  const result = toToolResult({
    status: "approval_pending",
    approval: "apr_1",
    url: "http://hub/approvals/apr_1",
    expiresAt: "2026-11-23T00:00:00.000Z",
    account,
  });

  expect(result.isError).toBe(undefined);
  expect(result.structuredContent).toEqual({
    status: "approval_pending",
    approval: "apr_1",
    url: "http://hub/approvals/apr_1",
    expires_at: "2026-11-23T00:00:00.000Z",
    next: expect.stringContaining("mcp__integrations__approval"),
  });
});

test("a failure says what happened, what to do, and which words are the service's", () => {
  const error = new HubError("service_rejected", "GitHub rejected the call: status 422.", {
    hint: "Name a label that exists.",
    details: { status: 422 },
    serviceWords: "Validation Failed",
  });

  const result = toErrorResult(error);

  expect(result).toEqual({
    isError: true,
    content: [
      {
        type: "text",
        text: [
          "GitHub rejected the call: status 422.",
          "Name a label that exists.",
          "The service's own words (not Patchbay's): Validation Failed",
        ].join("\n"),
      },
    ],
    structuredContent: {
      error: {
        code: "service_rejected",
        message: "GitHub rejected the call: status 422.",
        hint: "Name a label that exists.",
        retryable: false,
        details: { status: 422 },
        service_words: "Validation Failed",
      },
    },
  });
});

test("a failure of which nothing more is known says just that", () => {
  const result = toErrorResult(new HubError("timeout", "GitHub took too long to answer."));

  expect(result).toEqual({
    isError: true,
    content: [{ type: "text", text: "GitHub took too long to answer." }],
    structuredContent: {
      error: { code: "timeout", message: "GitHub took too long to answer.", retryable: true, details: {} },
    },
  });
});

test("what looks like a token is blanked in the service's words", () => {
  const error = new HubError("service_rejected", "Slack rejected the call.", {
    serviceWords: "xoxb-sentinel-0123456789",
  });

  expect(JSON.stringify(toErrorResult(error))).not.toContain("sentinel");
});
