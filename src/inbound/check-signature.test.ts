import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { bodySignature, type Signature, standardWebhooks, timedSignature } from "#connector";
import { inbound as discord } from "../../connectors/discord/events.ts";
import { inbound as email } from "../../connectors/email/events.ts";
import { inbound as github } from "../../connectors/github/events.ts";
import { inbound as linear } from "../../connectors/linear/events.ts";
import { inbound as slack } from "../../connectors/slack/events.ts";
import { inbound as telegram } from "../../connectors/telegram/events.ts";
import { inbound as webhook } from "../../connectors/webhook/events.ts";
import { checkSignature, type RawWebhook } from "./check-signature.ts";

const NOW = Date.parse("2026-11-22T12:00:00.000Z");
const SECONDS = NOW / 1000;
const SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
const WHSEC = `whsec_${Buffer.from(SECRET).toString("base64")}`;
const URL_CALLED = "https://hub.example.com/v1/hooks/int_1";
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const PUBLIC_KEY = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");

const hmac = (text: string, encoding: "hex" | "base64" = "hex", algorithm = "sha256", key: string | Buffer = SECRET) =>
  createHmac(algorithm, key).update(text).digest(encoding);

interface Scheme {
  readonly signature: Signature;
  readonly secret?: string;
  readonly body?: (seconds: number) => string;
  /** The headers that the service would send. */
  sign(body: string, seconds: number, secret: string): Record<string, string>;
}

const JSON_BODY = () => '{"type":"event","data":{"id":1}}';

const timed =
  (header: string, version = "v1"): Scheme["sign"] =>
  (body, seconds, secret) => ({
    [header]: `t=${seconds},${version}=${hmac("old", "hex")},${version}=${hmac(`${seconds}.${body}`, "hex", "sha256", secret)}`,
  });

const overBody =
  (header: string, prefix: string, encoding: "hex" | "base64"): Scheme["sign"] =>
  (body, _, secret) => ({
    [header]: prefix + hmac(body, encoding, "sha256", secret),
  });

const standard =
  (brand: string): Scheme["sign"] =>
  (body, seconds, secret) => ({
    [`${brand}-id`]: "msg_1",
    [`${brand}-timestamp`]: String(seconds),
    [`${brand}-signature`]: `v1,${hmac("old", "base64")} v1,${hmac(`msg_1.${seconds}.${body}`, "base64", "sha256", Buffer.from(secret.slice(6), "base64"))}`,
  });

/** Every scheme of https://docs of the services that have one; those of connectors as the connectors declare them. */
const SCHEMES: Readonly<Record<string, Scheme>> = {
  github: { signature: github.signature, sign: overBody("x-hub-signature-256", "sha256=", "hex") },
  slack: {
    signature: slack.signature,
    sign: (body, seconds, secret) => ({
      "x-slack-request-timestamp": String(seconds),
      "x-slack-signature": `v0=${hmac(`v0:${seconds}:${body}`, "hex", "sha256", secret)}`,
    }),
  },
  discord: {
    signature: discord.signature,
    secret: PUBLIC_KEY,
    sign: (body, seconds, secret) => ({
      "x-signature-timestamp": String(seconds),
      "x-signature-ed25519": sign(null, Buffer.from(`${seconds}${body}`), keyOf(secret)).toString("hex"),
    }),
  },
  telegram: {
    signature: telegram.signature,
    sign: (_body, _seconds, secret) => ({ "x-telegram-bot-api-secret-token": secret }),
  },
  whatsapp: {
    signature: bodySignature("WHATSAPP_APP_SECRET", {
      header: "x-hub-signature-256",
      prefix: "sha256=",
      encoding: "hex",
    }),
    sign: overBody("x-hub-signature-256", "sha256=", "hex"),
  },
  stripe: {
    signature: timedSignature("STRIPE_WEBHOOK_SECRET", { header: "stripe-signature" }),
    sign: timed("stripe-signature"),
  },
  linear: {
    signature: linear.signature,
    body: (seconds) => `{"action":"create","webhookTimestamp":${seconds * 1000}}`,
    sign: overBody("linear-signature", "", "hex"),
  },
  notion: {
    signature: bodySignature("NOTION_WEBHOOK_SECRET", {
      header: "x-notion-signature",
      prefix: "sha256=",
      encoding: "hex",
    }),
    sign: overBody("x-notion-signature", "sha256=", "hex"),
  },
  shopify: {
    signature: bodySignature("SHOPIFY_CLIENT_SECRET", {
      header: "x-shopify-hmac-sha256",
      encoding: "base64",
      id: "x-shopify-event-id",
    }),
    sign: overBody("x-shopify-hmac-sha256", "", "base64"),
  },
  jobber: {
    signature: bodySignature("JOBBER_CLIENT_SECRET", { header: "x-jobber-hmac-sha256", encoding: "base64" }),
    sign: overBody("x-jobber-hmac-sha256", "", "base64"),
  },
  teller: {
    signature: timedSignature("TELLER_WEBHOOK_SECRET", { header: "teller-signature", windowSeconds: 180 }),
    sign: timed("teller-signature"),
  },
  tailscale: {
    signature: timedSignature("TAILSCALE_WEBHOOK_SECRET", { header: "tailscale-webhook-signature" }),
    body: () => '[{"type":"nodeCreated","data":{"id":1}}]',
    sign: timed("tailscale-webhook-signature"),
  },
  elevenlabs: {
    signature: timedSignature("ELEVENLABS_WEBHOOK_SECRET", {
      header: "elevenlabs-signature",
      version: "v0",
      windowSeconds: 1800,
    }),
    sign: timed("elevenlabs-signature", "v0"),
  },
  firecrawl: {
    signature: bodySignature("FIRECRAWL_WEBHOOK_SECRET", {
      header: "x-firecrawl-signature",
      prefix: "sha256=",
      encoding: "hex",
    }),
    sign: overBody("x-firecrawl-signature", "sha256=", "hex"),
  },
  "openai and browserbase": {
    signature: standardWebhooks("OPENAI_WEBHOOK_SECRET"),
    secret: WHSEC,
    sign: standard("webhook"),
  },
  resend: { signature: email.signature, secret: WHSEC, sign: standard("svix") },
  webhook: { signature: webhook.signature, secret: WHSEC, sign: standard("webhook") },
  twilio: {
    signature: {
      kind: "hmac",
      algorithm: "sha1",
      secret: "TWILIO_AUTH_TOKEN",
      signs: "{url}{form}",
      header: "x-twilio-signature",
      encoding: "base64",
    },
    body: () => "To=%2B1555&Body=Hi+there&Media=b&Media=a&From=%2B1666&Media=a",
    sign: (_body, _seconds, secret) => ({
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      "x-twilio-signature": hmac(`${URL_CALLED}BodyHi thereFrom+1666MediaaMediabTo+1555`, "base64", "sha1", secret),
    }),
  },
  google_drive: {
    signature: { kind: "token", secret: "GOOGLE_CHANNEL_TOKEN", header: "x-goog-channel-token" },
    sign: (_body, _seconds, secret) => ({ "x-goog-channel-token": secret }),
  },
};

/** Discord signs by a key of which the hub has the other half. */
function keyOf(secret: string): KeyObject {
  return secret === PUBLIC_KEY ? privateKey : generateKeyPairSync("ed25519").privateKey;
}

const schemes = Object.entries(SCHEMES).map(([service, scheme]) => ({
  service,
  ...scheme,
  secret: scheme.secret ?? SECRET,
  body: scheme.body ?? JSON_BODY,
}));

type Case = (typeof schemes)[number];

const signing = schemes.filter(({ signature }) => signature.kind !== "token");
const dated = schemes.filter(({ signature }) => signature.kind !== "token" && signature.sentAt !== undefined);

function genuine({ body, sign: signIt, secret }: Case, seconds = SECONDS): RawWebhook {
  const text = body(seconds);
  return { headers: signIt(text, seconds, secret), bytes: Buffer.from(text), url: URL_CALLED };
}

const check =
  ({ signature, secret }: Case, sent: RawWebhook) =>
  () =>
    checkSignature(signature, sent, secret, NOW);

const REFUSED = expect.objectContaining({ code: "unauthenticated" });

test.each(schemes)("a webhook of $service that is genuine is taken", (scheme) => {
  expect(check(scheme, genuine(scheme))).not.toThrow();
});

test.each(schemes)("a webhook of $service that was made with another secret is refused", (scheme) => {
  const other = scheme.secret === WHSEC ? `whsec_${Buffer.from("other".repeat(6)).toString("base64")}` : "other";
  const sent = { ...genuine(scheme), headers: scheme.sign(scheme.body(SECONDS), SECONDS, other) };

  expect(check(scheme, sent)).toThrow(REFUSED);
});

test.each(schemes)("a webhook of $service without its headers is refused", (scheme) => {
  expect(check(scheme, { ...genuine(scheme), headers: {} })).toThrow(REFUSED);
});

test.each(schemes)("a webhook of $service is refused where the hub's secret is empty", (scheme) => {
  const sent = { ...genuine(scheme), headers: scheme.sign(scheme.body(SECONDS), SECONDS, "") };

  expect(check({ ...scheme, secret: "" }, sent)).toThrow(REFUSED);
});

test.each(schemes)("a webhook of $service with a truncated signature is refused", (scheme) => {
  const sent = genuine(scheme);
  const { header } = scheme.signature;

  const cut = { ...sent, headers: { ...sent.headers, [header]: sent.headers[header]?.slice(0, -2) ?? "" } };

  expect(check(scheme, cut)).toThrow(REFUSED);
});

test.each(signing)("a webhook of $service of which a byte was changed is refused", (scheme) => {
  const sent = genuine(scheme);
  const bytes = Buffer.from(sent.bytes);
  bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) + 1;

  expect(check(scheme, { ...sent, bytes })).toThrow(REFUSED);
});

test.each(signing)("a webhook of $service that was truncated is refused", (scheme) => {
  const sent = genuine(scheme);

  expect(check(scheme, { ...sent, bytes: sent.bytes.subarray(0, -1) })).toThrow(REFUSED);
});

test.each(signing.filter(({ service }) => service !== "twilio"))(
  "a webhook of $service whose body says the same in another order is refused",
  (scheme) => {
    const sent = genuine(scheme);
    const fields = Object.entries(JSON.parse(Buffer.from(sent.bytes).toString()) as object);
    const bytes = Buffer.from(JSON.stringify(Object.fromEntries(fields.toReversed()), undefined, 1));

    expect(check(scheme, { ...sent, bytes })).toThrow(REFUSED);
  },
);

test.each(dated)("a webhook of $service that is too old, or from the future, is refused", (scheme) => {
  const { sentAt } = scheme.signature as { sentAt: { windowSeconds: number } };
  const beyond = sentAt.windowSeconds + 1;

  expect(check(scheme, genuine(scheme, SECONDS - sentAt.windowSeconds))).not.toThrow();
  expect(check(scheme, genuine(scheme, SECONDS - beyond))).toThrow(REFUSED);
  expect(check(scheme, genuine(scheme, SECONDS + beyond))).toThrow(REFUSED);
});

test.each(dated.filter(({ service }) => service !== "linear"))(
  "a webhook of $service with a newer time than was signed is refused",
  (scheme) => {
    const old = genuine(scheme, SECONDS - 10_000);
    const renewed = Object.entries(old.headers).map(([name, value]) => [
      name,
      value.replace(String(SECONDS - 10_000), String(SECONDS)),
    ]);

    expect(check(scheme, { ...old, headers: Object.fromEntries(renewed) })).toThrow(REFUSED);
  },
);

test("a body of Twilio's that is no form counts as it stands in the address, which is signed", () => {
  const { signature } = SCHEMES["twilio"] ?? {};
  if (!signature) throw new Error("it is a scheme");
  const body = '{"event":"done"}';
  const signed = (digest: string) => {
    const url = `${URL_CALLED}?bodySHA256=${digest}`;
    const headers = { "content-type": "application/json", "x-twilio-signature": hmac(url, "base64", "sha1") };
    return { headers, url };
  };
  const digest = createHash("sha256").update(body).digest("hex");
  const take = (bytes: string, sent: ReturnType<typeof signed>) => () =>
    checkSignature(signature, { ...sent, bytes: Buffer.from(bytes) }, SECRET, NOW);

  expect(take(body, signed(digest))).not.toThrow();
  expect(take('{"event":"gone"}', signed(digest))).toThrow(REFUSED);
  expect(take(body, signed(""))).toThrow(REFUSED);
  expect(take(body, { ...signed(digest), url: `${URL_CALLED}?bodySHA256=${digest}&more=1` })).toThrow(REFUSED);
  expect(
    take(body, {
      headers: { ...signed("").headers, "x-twilio-signature": hmac(URL_CALLED, "base64", "sha1") },
      url: URL_CALLED,
    }),
  ).toThrow(REFUSED);
});

test("what the library of Standard Webhooks signs is taken", () => {
  const body = JSON_BODY();
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(SECONDS),
    "webhook-signature": new Webhook(WHSEC).sign("msg_1", new Date(NOW), body),
  };

  const taken = checkSignature(webhook.signature, { headers, bytes: Buffer.from(body), url: URL_CALLED }, WHSEC, NOW);

  expect(taken.id).toBe("msg_1");
});

test("only an id that is signed is one that nobody could have changed", () => {
  const [signed, unsigned] = ["webhook", "shopify"].map((name) => schemes.find(({ service }) => service === name));
  if (!signed || !unsigned) throw new Error("both are schemes");
  const sent = genuine(unsigned);

  const named = { ...sent, headers: { ...sent.headers, "x-shopify-event-id": "e1" } };

  expect(check(signed, genuine(signed))()).toEqual({ id: "msg_1", isIdSigned: true });
  expect(check(unsigned, named)()).toEqual({ id: "e1", isIdSigned: false });
});
