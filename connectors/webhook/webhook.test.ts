import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import type { Notification } from "#connector";
import { openTestHub, runOn, startService } from "#testing";
import webhook from "./connector.ts";

const SECRET = `whsec_${randomBytes(32).toString("base64")}`;
const credentials = { WEBHOOK_SECRET: SECRET };

const event = { type: "report.finished", data: { report: 7 }, timestamp: "2026-11-22T10:00:00.000Z" };

const notification: Notification = {
  message: "The build is green.",
  title: "Done",
  urgency: "high",
  deliveryId: "dlv_1",
  createdAt: "2026-11-22T10:00:00.000Z",
  profile: "builder",
};

test("an event's signature holds for whoever has the secret", async () => {
  await using service = await startService({ "POST /": { status: 204 } });

  await runOn(service, webhook, "send_event", event, { credentials });

  const [exchange] = service.exchanges;
  const received = new Webhook(SECRET).verify(exchange?.text ?? "", exchange?.headers ?? {});
  expect(received).toEqual(event);
});

test("an event's signature does not hold for another secret", async () => {
  await using service = await startService({ "POST /": { status: 204 } });
  const other = new Webhook(`whsec_${randomBytes(32).toString("base64")}`);

  await runOn(service, webhook, "send_event", event, { credentials });

  const [exchange] = service.exchanges;
  expect(() => other.verify(exchange?.text ?? "", exchange?.headers ?? {})).toThrow("No matching signature found");
});

test("an event goes to exactly the secret address, of which only the host is told", async () => {
  await using service = await startService({ "POST /hooks/sentinel-path/": { status: 200, body: "ok" } });
  const secrets = { ...credentials, WEBHOOK_URL: `${service.url}/hooks/sentinel-path/?key=sentinel-key` };

  const sent = await runOn(service, webhook, "send_event", event, { credentials: secrets });

  const [exchange] = service.exchanges;
  expect(exchange).toMatchObject({ path: "/hooks/sentinel-path/", query: { key: "sentinel-key" } });
  expect(sent).toEqual({
    id: exchange?.headers["webhook-id"],
    receiver: service.host,
    timestamp: event.timestamp,
  });
});

test("while a secret is replaced, an event's signatures hold for the new one and for the one before", async () => {
  await using service = await startService({ "POST /": { status: 204 } });
  const previous = `whsec_${randomBytes(32).toString("base64")}`;
  const both = { ...credentials, WEBHOOK_PREVIOUS_SECRET: previous };

  await runOn(service, webhook, "send_event", event, { credentials: both });

  const [exchange] = service.exchanges;
  const verify = (secret: string) => new Webhook(secret).verify(exchange?.text ?? "", exchange?.headers ?? {});
  expect([verify(SECRET), verify(previous)]).toEqual([event, event]);
  expect(exchange?.headers["webhook-signature"]).toMatch(/^v1,\S+ v1,\S+$/);
});

test("the signing secret is not sent", async () => {
  await using service = await startService({ "POST /": { status: 204 } });

  await runOn(service, webhook, "send_event", event, { credentials });

  const [exchange] = service.exchanges;
  expect(JSON.stringify(exchange?.headers) + exchange?.text).not.toContain(SECRET.slice("whsec_".length));
});

test("an event without a time happened now", async () => {
  await using service = await startService({ "POST /": { status: 204 } });

  await runOn(service, webhook, "send_event", { type: "report.finished", data: {} }, { credentials });

  expect(service.exchanges[0]?.body).toEqual({
    type: "report.finished",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    data: {},
  });
});

test("an event is tried again under the same id when the receiver fails", async () => {
  const answers = [{ status: 503 }, { status: 204 }];
  await using service = await startService({ "POST /": () => answers.shift() });

  await runOn(service, webhook, "send_event", event, { credentials });

  const [first, second] = service.exchanges.map(({ headers }) => headers["webhook-id"]);
  expect(service.exchanges).toHaveLength(2);
  expect(second).toBe(first);
});

test("send_event refuses a type with spaces", async () => {
  await using service = await startService({});

  const sending = runOn(service, webhook, "send_event", { ...event, type: "report finished" }, { credentials });

  await expect(sending).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("type: write words with dots between"),
  });
  expect(service.exchanges).toEqual([]);
});

test("ping sends a signed event of its own type, and the host is the account's label", async () => {
  await using service = await startService({ "POST /": { status: 204 } });

  const pinged = await runOn(service, webhook, "ping", {}, { credentials });

  const [exchange] = service.exchanges;
  expect(new Webhook(SECRET).verify(exchange?.text ?? "", exchange?.headers ?? {})).toMatchObject({
    type: "hub.ping",
    data: {},
  });
  expect(webhook.verify?.account(pinged, {})).toEqual({ label: service.host });
});

test("a base URL stands in for the address, and its host is the label", async () => {
  await using service = await startService({ "POST /hook": { status: 204 } });
  const hub = await openTestHub();

  const integration = await hub.connect("webhook", `${service.url}/hook`, credentials);

  expect(integration).toMatchObject({ status: "active", label: service.host });
  expect(service.exchanges.map(({ path }) => path)).toEqual(["/hook"]);
});

test("a second receiver on the same host does not take the first one's place", async () => {
  await using service = await startService({ "POST /one": { status: 204 }, "POST /two": { status: 204 } });
  const hub = await openTestHub();
  const first = await hub.connect("webhook", `${service.url}/one`, credentials);

  const unlabelled = hub.connect("webhook", `${service.url}/two`, credentials);

  await expect(unlabelled).rejects.toMatchObject({ code: "conflict", hint: expect.stringContaining("another label") });
  const second = await hub.connect("webhook", `${service.url}/two`, credentials, { label: "two" });
  expect(second.id).not.toBe(first.id);
});

test.each([
  [400, "service_rejected", undefined],
  [401, "reconnect_required", "Ask the owner whether the receiver has the same signing secret."],
  [404, "service_rejected", "Ask the owner whether the address is right."],
  [410, "service_rejected", expect.stringContaining("wants no more events")],
  [500, "service_failed", "Try again later."],
])("%i becomes %s with advice", async (status, code, hint) => {
  await using service = await startService({ "POST /": { status, body: "<p>No.</p>" } });

  const sending = runOn(service, webhook, "send_event", event, { credentials });

  await expect(sending).rejects.toMatchObject({ code, hint, details: { status } });
});

test("a receiver that limits requests gets a pause of as long as it asks", async () => {
  await using service = await startService({ "POST /": { status: 429, headers: { "retry-after": "40" } } });

  const sending = runOn(service, webhook, "send_event", event, { credentials });

  await expect(sending).rejects.toMatchObject({ code: "rate_limited", details: { retryAfterMs: 40_000 } });
});

test("a redirect is a failure and is not followed", async () => {
  await using service = await startService({
    "POST /": { status: 307, headers: { location: "/elsewhere" } },
    "POST /elsewhere": { status: 204 },
  });

  const sending = runOn(service, webhook, "send_event", event, { credentials });

  await expect(sending).rejects.toMatchObject({ message: expect.stringContaining("redirect") });
  expect(service.exchanges.map(({ path }) => path)).toEqual(["/"]);
});

test("a notification is an event of its own type, dated when the agent spoke", async () => {
  await using service = await startService({ "POST /": { status: 204 } });
  const input = webhook.operations.send_event.input.parse(webhook.channel?.send.toInput(notification, {}));

  await runOn(service, webhook, "send_event", input, { credentials });

  expect(service.exchanges[0]?.body).toEqual({
    type: "notification",
    timestamp: "2026-11-22T10:00:00.000Z",
    data: { title: "Done", message: "The build is green.", urgency: "high", profile: "builder" },
  });
});

test("a notification's link is one of its facts", () => {
  const link = { label: "Decide", url: "https://hub.example.com/x" };

  expect(webhook.channel?.send.toInput({ ...notification, link }, {})).toMatchObject({ data: { link } });
});

test("a signing secret must be one of Standard Webhooks", () => {
  const [, field] = webhook.auth.flatMap((auth) => ("fields" in auth ? auth.fields : []));

  expect(SECRET).toMatch(field?.pattern ?? /^$/);
  expect("my-secret").not.toMatch(field?.pattern ?? /^$/);
});
