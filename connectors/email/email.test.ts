import { createEmulator } from "emulate";
import { expect, test } from "vitest";
import { HubError, type Notification } from "#connector";
import { runOn, startService } from "#testing";
import email from "./connector.ts";

const KEY = "re_sentinel_1234567890";
const credentials = { RESEND_API_KEY: KEY };
const config = { from: "Patchbay <hub@example.com>", to: "owner@example.com" };
const ID = "4ef9a417-02e9-4d39-ad75-9611e0fcc33c";

const draft = { to: ["ada@example.org"], subject: "Hello", text: "Good morning." };

const notification: Notification = {
  message: "The build is green.\nAll 412 tests passed.",
  urgency: "normal",
  deliveryId: "dlv_1",
  createdAt: "2026-11-22T10:00:00.000Z",
  profile: "builder",
};

async function startResend() {
  const emulator = await createEmulator({
    service: "resend",
    port: 0,
    seed: { resend: { domains: [{ name: "example.com" }] } },
  });
  return { url: emulator.url, [Symbol.asyncDispose]: () => emulator.close() };
}

const refuse = (statusCode: number, name: string, message: string, headers: Record<string, string> = {}) => ({
  status: statusCode,
  headers,
  body: { statusCode, name, message },
});

test("an email that was sent can be read and listed", async () => {
  await using resend = await startResend();

  const sent = await runOn(resend.url, email, "send_email", draft, { credentials, config });

  const { id } = email.operations.send_email.output.parse(sent);
  const read = await runOn(resend.url, email, "get_email", { id }, { credentials });
  const listed = await runOn(resend.url, email, "list_emails", {}, { credentials });
  expect(read).toMatchObject({ id, from: config.from, ...draft, last_event: "email.delivered" });
  expect(listed).toMatchObject({ data: [{ id, subject: "Hello" }], has_more: false });
});

test("a scheduled email can be cancelled", async () => {
  await using resend = await startResend();
  const input = { ...draft, scheduled_at: "2027-01-31T09:00:00Z" };
  const sent = await runOn(resend.url, email, "send_email", input, { credentials, config });
  const { id } = email.operations.send_email.output.parse(sent);

  const cancelled = await runOn(resend.url, email, "cancel_email", { id }, { credentials });

  const read = await runOn(resend.url, email, "get_email", { id }, { credentials });
  expect(cancelled).toEqual({ id });
  expect(read).toMatchObject({ scheduled_at: input.scheduled_at, last_event: "email.canceled" });
});

test("a batch returns one id for each email", async () => {
  await using resend = await startResend();
  const emails = [draft, { ...draft, to: ["bob@example.org"], from: "other@example.com" }];

  const sent = await runOn(resend.url, email, "send_batch", { emails }, { credentials, config });

  const listed = await runOn(resend.url, email, "list_emails", {}, { credentials });
  expect(email.operations.send_batch.output.parse(sent).data).toHaveLength(2);
  expect(listed).toMatchObject({
    data: [
      { from: config.from, to: ["ada@example.org"] },
      { from: "other@example.com", to: ["bob@example.org"] },
    ],
  });
});

test("the account is the first domain", async () => {
  await using resend = await startResend();

  const domains = await runOn(resend.url, email, "list_domains", {}, { credentials });

  const [domain] = email.operations.list_domains.output.parse(domains).data;
  expect(domain).toMatchObject({ name: "example.com", status: "verified" });
  expect(email.verify?.account(domains, config)).toEqual({ id: domain?.id, label: "example.com" });
});

test("an account without a domain is known by a label only", () => {
  expect(email.verify?.account({ data: [], has_more: false }, {})).toEqual({ label: "Resend without a domain" });
});

test("send_email sends the key as a bearer token, a user agent and the call's idempotency key", async () => {
  await using service = await startService({ "POST /emails": { id: ID } });
  const input = {
    ...draft,
    from: "ceo@example.com",
    cc: ["cy@example.org"],
    reply_to: ["help@example.com"],
    attachments: [{ filename: "a.txt", content: "aGk=" }],
  };

  await runOn(service, email, "send_email", input, { credentials });

  const [exchange] = service.exchanges;
  expect(exchange?.headers).toMatchObject({
    authorization: `Bearer ${KEY}`,
    "user-agent": "patchbay",
    "idempotency-key": expect.stringMatching(/^[\w-]{16,}$/),
  });
  expect(exchange?.body).toEqual(input);
  expect(exchange?.text).not.toContain("sentinel");
});

test("send_batch posts a list under one idempotency key", async () => {
  await using service = await startService({ "POST /emails/batch": { data: [{ id: ID }] } });

  await runOn(service, email, "send_batch", { emails: [draft] }, { credentials, config });

  expect(service.exchanges[0]?.body).toEqual([{ ...draft, from: config.from }]);
  expect(service.exchanges[0]?.headers["idempotency-key"]).toMatch(/^[\w-]{16,}$/);
});

test("reschedule_email changes the time", async () => {
  await using service = await startService({ [`PATCH /emails/${ID}`]: { object: "email", id: ID } });
  const input = { id: ID, scheduled_at: "2027-01-31T09:00:00Z" };

  const changed = await runOn(service, email, "reschedule_email", input, { credentials });

  expect(changed).toEqual({ id: ID });
  expect(service.exchanges[0]?.body).toEqual({ scheduled_at: "2027-01-31T09:00:00Z" });
});

test("list_emails pages from the id it is given", async () => {
  await using service = await startService({ "GET /emails": { object: "list", data: [], has_more: false } });

  await runOn(service, email, "list_emails", { limit: 5, after: ID }, { credentials });

  expect(service.exchanges[0]?.query).toEqual({ limit: "5", after: ID });
});

test("mail that arrived can be listed and read", async () => {
  const received = {
    object: "email",
    id: ID,
    from: "ada@example.org",
    to: ["hub@example.com"],
    subject: "Re: Hello",
    created_at: "2026-11-22T10:00:00.000Z",
    attachments: [{ id: "a1", filename: "plan.pdf", content_type: "application/pdf", size: 4096 }],
  };
  await using service = await startService({
    "GET /emails/receiving": { object: "list", data: [received], has_more: true },
    [`GET /emails/receiving/${ID}`]: { ...received, text: "Good morning to you.", html: null, headers: {} },
  });

  const listed = await runOn(service, email, "list_received", {}, { credentials });
  const read = await runOn(service, email, "get_received", { id: ID }, { credentials });

  const shown = {
    id: ID,
    from: "ada@example.org",
    to: ["hub@example.com"],
    subject: "Re: Hello",
    created_at: "2026-11-22T10:00:00.000Z",
    attachments: [{ filename: "plan.pdf" }],
  };
  expect(listed).toEqual({ data: [shown], has_more: true });
  expect(read).toEqual({ ...shown, text: "Good morning to you.", html: null });
});

test.each([
  ["send_email", draft, "POST /emails", { id: ID }],
  ["send_batch", { emails: [draft] }, "POST /emails/batch", { data: [{ id: ID }] }],
  ["get_email", { id: ID }, `GET /emails/${ID}`, { id: ID }],
  ["cancel_email", { id: ID }, `POST /emails/${ID}/cancel`, { id: ID }],
  ["get_received", { id: ID }, `GET /emails/receiving/${ID}`, { id: ID }],
])("%s makes do with the least of answers", async (operation, input, route, least) => {
  await using service = await startService({ [route]: least });

  const result = await runOn(service, email, operation, input, { credentials, config });

  expect(result).toEqual(least);
});

test.each([
  ["list_emails", "GET /emails", { id: ID }],
  ["list_received", "GET /emails/receiving", { id: ID }],
  ["list_domains", "GET /domains", { id: ID, name: "example.com" }],
])(
  "%s makes do with the least of items, and with no word on whether there are more",
  async (operation, route, least) => {
    await using service = await startService({ [route]: { data: [least] } });

    const result = await runOn(service, email, operation, {}, { credentials });

    expect(result).toEqual({ data: [least], has_more: false });
  },
);

test.each([
  ["send_email", draft],
  ["send_batch", { emails: [draft] }],
])("%s without any sender says which setting is missing", async (operation, input) => {
  await using service = await startService({});

  const sending = runOn(service, email, operation, input, { credentials });

  await expect(sending).rejects.toMatchObject({
    code: "invalid_input",
    hint: expect.stringContaining("--config from="),
  });
  expect(service.exchanges).toEqual([]);
});

test.each([
  ["no content", { to: draft.to, subject: "Hello" }, /text: give text, html or both/],
  ["a recipient that is no address", { ...draft, to: ["ada"] }, /to.0: write name@example.com/],
  ["a subject of two lines", { ...draft, subject: "Hello\nBcc: eve@example.org" }, /subject: must be one line/],
])("send_email refuses %s", async (_case, input, words) => {
  await using service = await startService({});

  const sending = runOn(service, email, "send_email", input, { credentials, config });

  await expect(sending).rejects.toMatchObject({ code: "invalid_input", message: expect.stringMatching(words) });
  expect(service.exchanges).toEqual([]);
});

test.each([
  [401, "missing_api_key", "reconnect_required", "Ask the owner to reconnect Email (Resend)."],
  [401, "restricted_api_key", "service_rejected", "This key may only send: ask the owner for one with full access."],
  [403, "invalid_api_key", "reconnect_required", "Ask the owner to reconnect Email (Resend)."],
  [404, "not_found", "service_rejected", undefined],
  [409, "invalid_idempotent_request", "service_rejected", expect.stringContaining("new call")],
  [422, "missing_required_field", "service_rejected", undefined],
  [429, "daily_quota_exceeded", "rate_limited", expect.stringContaining("tomorrow")],
  [500, "application_error", "service_failed", "Try again later."],
])("%i %s becomes %s with advice", async (status, name, code, hint) => {
  await using service = await startService({ "POST /emails": refuse(status, name, "Resend's own words.") });

  const sending = runOn(service, email, "send_email", draft, { credentials, config });

  await expect(sending).rejects.toMatchObject({
    code,
    hint,
    message: expect.stringContaining(name),
    details: { serviceCode: name },
    serviceWords: "Resend's own words.",
  });
});

test("a limit on requests becomes a pause of as long as Resend asks", async () => {
  await using service = await startService({
    "POST /emails": refuse(429, "rate_limit_exceeded", "Too many requests.", { "retry-after": "40" }),
  });

  const sending = runOn(service, email, "send_email", draft, { credentials, config });

  await expect(sending).rejects.toMatchObject({
    code: "rate_limited",
    hint: "Wait 40 seconds, then try again.",
    details: { retryAfterMs: 40_000 },
  });
});

test("an email is tried again under the same idempotency key when Resend fails", async () => {
  const answers = [refuse(500, "application_error", "Oops."), { id: ID }];
  await using service = await startService({ "POST /emails": () => answers.shift() });

  const sent = await runOn(service, email, "send_email", draft, { credentials, config });

  const [first, second] = service.exchanges.map(({ headers }) => headers["idempotency-key"]);
  expect(sent).toEqual({ id: ID });
  expect(second).toBe(first);
});

test("a sending-only key is refused the domains in a way that verify knows", async () => {
  await using service = await startService({
    "GET /domains": refuse(401, "restricted_api_key", "This API key is restricted to only send emails."),
  });

  const listing = runOn(service, email, "list_domains", {}, { credentials });

  await expect(listing).rejects.toMatchObject({
    code: "service_rejected",
    details: { serviceCode: "restricted_api_key" },
  });
});

test("a sending-only key is proven by its refusal to list domains", () => {
  const refusal = new HubError("service_rejected", "Refused.", { details: { serviceCode: "restricted_api_key" } });

  expect(email.verify?.accountOfRefusal?.(refusal, config)).toEqual({
    label: "Sending-only key of Patchbay <hub@example.com>",
  });
});

test("no other refusal proves a key", () => {
  const refusal = new HubError("reconnect_required", "Refused.", { details: { serviceCode: "missing_api_key" } });

  expect(email.verify?.accountOfRefusal?.(refusal, config)).toBe(undefined);
});

test("a notification goes to the setting to, under its first line, signed by its profile", async () => {
  await using resend = await startResend();
  const input = email.operations.send_email.input.parse(email.channel?.send.toInput(notification, config));

  await runOn(resend.url, email, "send_email", input, { credentials, config });

  const listed = await runOn(resend.url, email, "list_emails", {}, { credentials });
  expect(listed).toMatchObject({ data: [{ to: ["owner@example.com"], subject: "The build is green." }] });
  expect(input.text).toBe("The build is green.\nAll 412 tests passed.\n\n— builder");
});

test("a notification's title is its subject, on one line and not too long", () => {
  const input = email.channel?.send.toInput({ ...notification, title: `${"x".repeat(200)}\nmore` }, config);

  expect(input).toMatchObject({ subject: `${"x".repeat(119)}…` });
});

test("a notification's link stands below its text", () => {
  const link = { label: "Decide", url: "https://hub.example.com/x" };

  expect(email.channel?.send.toInput({ ...notification, message: "Done.", link }, config)).toMatchObject({
    text: "Done.\n\nDecide: https://hub.example.com/x\n\n— builder",
  });
});

test("a notification without a recipient says which setting is missing", () => {
  const write = () => email.channel?.send.toInput(notification, { from: config.from });

  expect(write).toThrow(
    expect.objectContaining({ code: "invalid_input", hint: expect.stringContaining("--config to=") }),
  );
});
