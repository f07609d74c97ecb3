import { expect, test } from "vitest";
import { runOn, startService } from "#testing";
import gmail from "./connector.ts";

const credentials = { access_token: "ya29.sentinel-0123456789" };

test("the address of the mailbox is the account", async () => {
  await using service = await startService({
    "GET /profile": { emailAddress: "ana@example.com", messagesTotal: 7, threadsTotal: 3, historyId: "1" },
  });

  const profile = await runOn(service, gmail, "read_profile", {}, { credentials });

  expect(profile).toEqual({ emailAddress: "ana@example.com", messagesTotal: 7, threadsTotal: 3 });
  expect(gmail.verify?.account({ emailAddress: "ana@example.com" }, {})).toEqual({
    id: "ana@example.com",
    label: "ana@example.com",
  });
  expect(service.exchanges[0]?.headers["authorization"]).toBe("Bearer ya29.sentinel-0123456789");
});

test("a search asks for the inbox, and of each email for its headers only", async () => {
  await using service = await startService({
    "GET /messages": { messages: [{ id: "m1", threadId: "t1" }], nextPageToken: "p2" },
    "GET /messages/m1": { id: "m1", payload: { headers: [] } },
  });

  const found = await runOn(service, gmail, "search_inbox", { pageToken: "p1" }, { credentials });

  expect(found).toEqual({ messages: [{ id: "m1", snippet: "" }], nextPageToken: "p2" });
  expect(service.exchanges.map(({ query }) => query)).toEqual([
    { q: "in:inbox", maxResults: "20", pageToken: "p1" },
    {
      format: "metadata",
      metadataHeaders: ["From", "To", "Cc", "Reply-To", "Subject", "Message-ID", "References"],
    },
  ]);
});

test("a search that finds nothing gives an empty list", async () => {
  await using service = await startService({ "GET /messages": { resultSizeEstimate: 0 } });

  const found = await runOn(service, gmail, "search_inbox", { query: "from:nobody" }, { credentials });

  expect(found).toEqual({ messages: [] });
});

test("an answer goes where the sender wants answers, and not out of its thread", async () => {
  const headers = [
    { name: "From", value: "Bob <bob@example.com>" },
    { name: "Reply-To", value: "Team <team@example.com>" },
    { name: "Subject", value: "RE: Plan\r\nBcc: eve@example.com" },
    { name: "Message-Id", value: "<1@example.com>\r\nBcc: <eve@example.com>" },
  ];
  await using service = await startService({
    "GET /messages/m1": { id: "m1", threadId: "t1", payload: { headers } },
    "POST /messages/send": ({ body }) => ({ id: "m2", ...Object(body) }),
  });

  await runOn(service, gmail, "send_email", { inReplyTo: "m1", text: "Yes." }, { credentials });

  const { raw, threadId } = Object(service.exchanges[1]?.body);
  const letter = Buffer.from(raw, "base64url").toString();
  expect(threadId).toBe("t1");
  expect(letter).toMatch(/^To: team@example\.com\r\nSubject: =\?UTF-8\?B\?[\w+/=]+\?=\r\nIn-Reply-To: /);
  expect(letter).not.toMatch(/^Bcc/m);
});

test.each([
  ["read_profile", {}, { emailAddress: "a@example.com" }, { emailAddress: "a@example.com" }],
  ["read_emails", { ids: ["m1"] }, { id: "m1" }, { emails: [{ id: "m1", text: "", attachments: [] }] }],
  ["read_thread", { id: "t1" }, { id: "t1", messages: [] }, { id: "t1", messages: [] }],
  ["draft_email", { text: "x" }, { id: "d1" }, { id: "d1" }],
  ["update_draft", { id: "d1", text: "x" }, { id: "d1" }, { id: "d1" }],
  ["send_draft", { id: "d1" }, { id: "m1" }, { id: "m1" }],
  ["send_email", { to: ["a@example.com"], subject: "x", text: "x" }, { id: "m1" }, { id: "m1" }],
  ["list_labels", {}, { labels: [{ id: "INBOX" }] }, { labels: [{ id: "INBOX" }] }],
  ["create_label", { name: "x" }, { id: "Label_1" }, { id: "Label_1" }],
  ["trash_email", { id: "m1" }, { id: "m1" }, { id: "m1" }],
])("%s makes do with the least of answers", async (operation, input, answer, expected) => {
  await using service = await startService({
    "GET /profile": answer,
    "GET /messages/m1": answer,
    "GET /threads/t1": answer,
    "POST /drafts": answer,
    "PUT /drafts/d1": answer,
    "POST /drafts/send": answer,
    "POST /messages/send": answer,
    "GET /labels": answer,
    "POST /labels": answer,
    "POST /messages/m1/trash": answer,
  });

  const result = await runOn(service, gmail, operation, input, { credentials });

  expect(result).toEqual(expected);
});

/** What listing labels ends in when Google answers so. */
async function refuse(code: number, reason: string, status: string, headers: Record<string, string> = {}) {
  const message = "Google's own words.";
  const error = { code, message, errors: [{ message, domain: "global", reason }], status };
  await using service = await startService({ "GET /labels": { status: code, headers, body: { error } } });
  return await runOn(service, gmail, "list_labels", {}, { credentials });
}

test.each([
  [401, "authError", "UNAUTHENTICATED", "reconnect_required", "Ask the owner to reconnect Gmail."],
  [
    403,
    "insufficientPermissions",
    "PERMISSION_DENIED",
    "service_rejected",
    expect.stringContaining("allow everything"),
  ],
  [
    403,
    "accessNotConfigured",
    "PERMISSION_DENIED",
    "service_rejected",
    expect.stringContaining("enable the Gmail API"),
  ],
  [403, "rateLimitExceeded", "RESOURCE_EXHAUSTED", "rate_limited", "Wait a minute, then try again."],
  [403, "userRateLimitExceeded", "RESOURCE_EXHAUSTED", "rate_limited", "Wait a minute, then try again."],
  [403, "dailyLimitExceeded", "RESOURCE_EXHAUSTED", "rate_limited", expect.stringContaining("tomorrow")],
  [403, "quotaExceeded", "RESOURCE_EXHAUSTED", "rate_limited", expect.stringContaining("tomorrow")],
  [400, "invalidArgument", "INVALID_ARGUMENT", "service_rejected", undefined],
  [404, "notFound", "NOT_FOUND", "service_rejected", expect.stringContaining("search_inbox")],
  [500, "backendError", "INTERNAL", "service_failed", "Try again later."],
])("%i %s becomes advice", async (code, reason, status, expected, hint) => {
  await expect(refuse(code, reason, status)).rejects.toMatchObject({
    code: expected,
    hint,
    message: expect.stringContaining(reason),
    details: { serviceCode: reason },
    serviceWords: "Google's own words.",
  });
});

test("a limit on requests becomes a pause of as long as Google asks", async () => {
  await expect(refuse(429, "rateLimitExceeded", "RESOURCE_EXHAUSTED", { "retry-after": "40" })).rejects.toMatchObject({
    code: "rate_limited",
    details: { retryAfterMs: 40_000 },
  });
});

test("an email is not sent twice when Google fails", async () => {
  await using service = await startService({ "POST /messages/send": { status: 503 } });
  const input = { to: ["bob@example.com"], subject: "Once", text: "Only once." };

  const sending = runOn(service, gmail, "send_email", input, { credentials });

  await expect(sending).rejects.toMatchObject({ code: "service_failed" });
  expect(service.exchanges).toHaveLength(1);
});
