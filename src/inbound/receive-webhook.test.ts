import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { expect, test } from "vitest";
import { openTestApi, startService, type TestApi } from "#testing";

const SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
const BOT = { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789", SLACK_SIGNING_SECRET: SECRET };

/** A hub that hears Slack, with an agent for whom all of it is. */
async function arrange() {
  const slack = await startService({
    "POST /auth.test": { ok: true, team_id: "T1", user_id: "U0BOT", team: "Acme", user: "bot" },
    "POST /chat.postMessage": { ok: true, channel: "D1", ts: "1.2" },
  });
  const api = await openTestApi({ file: { server: { limits: { maxBodyBytes: 10_000 } } } });
  const account = await api.hub.connect("slack", slack.url, BOT);
  const coder = await api.hub.addProfile("coder");
  await api.data("PUT /messages/links", { body: { profile: "coder", integration: "slack" } });
  const heard = () => api.data<Message[]>("GET /messages?profile=coder");
  const said = async () => {
    await api.hub.hub.outbox.drain();
    return slack.exchanges.filter(({ path }) => path === "/chat.postMessage").map(({ body }) => body);
  };
  return {
    api,
    account,
    coder,
    heard,
    said,
    tell: (body: object | string, more?: Sent) => tell(api, account.id, body, more),
  };
}

interface Message {
  readonly id: string;
  readonly text: string;
  readonly thread: string;
}

interface Sent {
  readonly at?: number;
  readonly secret?: string;
  readonly type?: string;
}

/** As Slack sends it. */
async function tell({ url }: TestApi, integration: string, body: object | string, { at, secret, type }: Sent = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const time = String(at ?? Math.floor(Date.now() / 1000));
  const code = createHmac("sha256", secret ?? SECRET)
    .update(`v0:${time}:${text}`)
    .digest("hex");
  const answer = await fetch(`${url}/v1/hooks/${integration}`, {
    method: "POST",
    headers: {
      "content-type": type ?? "application/json",
      "x-slack-request-timestamp": time,
      "x-slack-signature": `v0=${code}`,
    },
    body: text,
  });
  const answered = await answer.text();
  return { status: answer.status, body: answered === "" ? undefined : (JSON.parse(answered) as unknown) };
}

const direct = (text: string, ts = "1795000000.000100", more: object = {}) => ({
  type: "event_callback",
  event_id: `Ev${ts}`,
  event: { type: "message", channel_type: "im", channel: "D1", user: "U1", text, ts, ...more },
});

test("what a person says is stored for the agent before it is answered", async () => {
  const { tell: say, heard, account, coder } = await arrange();

  const { status, body } = await say(direct("Ship it"));

  expect([status, body]).toEqual([200, undefined]);
  expect(await heard()).toMatchObject([
    {
      text: "Ship it",
      thread: "D1",
      service: "slack",
      integration_id: account.id,
      profile_id: coder.profileId,
      person: { id: "U1", name: null },
      sent_at: "2026-11-18T11:06:40.000Z",
    },
  ]);
});

test("Slack's question whether anyone is there is answered, when it is signed", async () => {
  const { tell: say } = await arrange();
  const question = { type: "url_verification", challenge: "3eZbrw1aB" };

  expect(await say(question)).toEqual({ status: 200, body: { challenge: "3eZbrw1aB" } });
  expect(await say(question, { secret: "other" })).toMatchObject({ status: 401 });
});

test("a webhook that is forged, or sent again much later, changes nothing", async () => {
  const { tell: say, heard } = await arrange();

  const forged = await say(direct("Ship it"), { secret: "other" });
  const stale = await say(direct("Ship it"), { at: Math.floor(Date.now() / 1000) - 301 });

  expect([forged.status, stale.status]).toEqual([401, 401]);
  expect(forged.body).toEqual(stale.body);
  expect(await heard()).toEqual([]);
});

test("a retry, and the second event by which a mention is told, are one message", async () => {
  const { tell: say, heard } = await arrange();
  const mention = { channel_type: "channel", channel: "C1", text: "<@U0BOT> ship it" };

  await say(direct("", "1795000000.000100", mention));
  await say(direct("", "1795000000.000100", mention));
  await say({ ...direct("", "1795000000.000100", { ...mention, type: "app_mention" }), event_id: "EvOther" });

  expect(await heard()).toMatchObject([{ thread: "C1:1795000000.000100" }]);
});

test.each([
  ["the app itself", { user: "U0BOT" }],
  ["another app", { bot_id: "B1" }],
  ["an edit", { subtype: "message_changed" }],
  ["people among themselves", { channel_type: "channel", channel: "C1" }],
])("what %s says is no message", async (_, event) => {
  const { tell: say, heard, said } = await arrange();

  expect(await say(direct("Hi", "1795000000.000100", event))).toMatchObject({ status: 200 });

  expect(await heard()).toEqual([]);
  expect(await said()).toEqual([]);
});

test.each([
  ["nothing", ""],
  ["no object", "7"],
  ["an unknown shape", { type: "event_callback", event_id: "Ev1", event: [1, { deep: null }] }],
  ["no event", { type: "event_callback" }],
])("a genuine webhook with %s in it is taken without effect", async (_, body) => {
  const { tell: say, heard } = await arrange();

  expect(await say(body)).toMatchObject({ status: 200 });
  expect(await heard()).toEqual([]);
});

test("what is no JSON, is too large, or is for nobody is refused", async () => {
  const { api, tell: say } = await arrange();
  const nobody = "int_01jd0000000000000000000000";

  expect(await say("{")).toMatchObject({ status: 400, body: { code: "invalid_input" } });
  expect(await say(direct("x".repeat(10_000)))).toMatchObject({ status: 413 });
  expect(await tell(api, nobody, direct("Hi"))).toMatchObject({ status: 404 });
  expect(await tell(api, nobody, direct("x".repeat(10_000)))).toMatchObject({ status: 404 });
  expect((await fetch(`${api.url}/v1/hooks/${nobody}`)).status).toBe(405);
});

test("a stranger who never stops sending is answered, and not kept", async () => {
  const { api, account } = await arrange();
  const sending = request(`${api.url}/v1/hooks/${account.id}`, { method: "POST" }).on("error", () => {});

  sending.write("x".repeat(10_001));
  const [answer] = (await once(sending, "response")) as [IncomingMessage];
  const gone = once(answer.socket, "close");
  answer.resume();
  await gone;

  expect([answer.statusCode, answer.headers.connection]).toEqual([413, "close"]);
});

test("webhooks of an account without a signing secret are refused with what is missing", async () => {
  const { api } = await arrange();
  const slack = await startService({ "POST /auth.test": { ok: true, team_id: "T2", user_id: "U2" } });
  const { id } = await api.hub.connect("slack", slack.url, { SLACK_BOT_TOKEN: "xoxb-2" }, { label: "second" });

  expect(await tell(api, id, direct("Hi"))).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining("SLACK_SIGNING_SECRET"), hint: expect.stringContaining("credentials add") },
  });
});

test("a slash command is said to the bot", async () => {
  const { tell: say, heard } = await arrange();
  const form = new URLSearchParams({
    command: "/ask",
    text: "what failed?",
    user_id: "U1",
    user_name: "ada",
    channel_id: "C1",
    trigger_id: "1.2.abc",
  });

  await say(form.toString(), { type: "application/x-www-form-urlencoded" });

  expect(await heard()).toMatchObject([{ text: "/ask what failed?", thread: "C1", person: { id: "U1", name: "ada" } }]);
});

test("Discord's commands are said to the bot, and Discord is told what to show", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
  const discord = await startService({ "GET /users/@me": { id: "100", username: "bot" } });
  const api = await openTestApi();
  const token = `${"A".repeat(24)}.${"B".repeat(6)}.${"C".repeat(27)}`;
  const credentials = { DISCORD_BOT_TOKEN: token, DISCORD_PUBLIC_KEY: key };
  const { id } = await api.hub.connect("discord", discord.url, credentials);
  await api.hub.addProfile("coder");
  await api.data("PUT /messages/links", { body: { profile: "coder", integration: "discord" } });
  const send = async (interaction: object) => {
    const body = JSON.stringify(interaction);
    const time = String(Math.floor(Date.now() / 1000));
    const headers = {
      "content-type": "application/json",
      "x-signature-timestamp": time,
      "x-signature-ed25519": sign(null, Buffer.from(time + body), privateKey).toString("hex"),
    };
    return (await fetch(`${api.url}/v1/hooks/${id}`, { method: "POST", headers, body })).json();
  };
  const member = { user: { id: "7", username: "ada" } };

  const pong = await send({ id: "1", type: 1 });
  const shown = await send({
    id: "2",
    type: 2,
    channel_id: "42",
    member,
    data: { name: "ask", options: [{ value: "is it green?" }] },
  });

  expect(pong).toEqual({ type: 1 });
  expect(shown).toMatchObject({ type: 4, data: { flags: 64 } });
  expect(await api.data("GET /messages")).toMatchObject([
    { text: "is it green?", thread: "42", person: { id: "7", name: "ada" } },
  ]);
});

test("an old webhook under another id is known by its bytes where the id is not signed", async () => {
  const github = await startService({ "GET /user": { id: 1, login: "mona" } });
  const api = await openTestApi();
  const credentials = { GITHUB_TOKEN: "ghp_0123456789abcdef0123", GITHUB_WEBHOOK_SECRET: SECRET };
  const { id } = await api.hub.connect("github", github.url, credentials);
  await api.hub.addProfile("coder");
  await api.data("PUT /messages/links", { body: { profile: "coder", integration: "github" } });
  const body = JSON.stringify({
    action: "created",
    sender: { id: 2, login: "ada", type: "User" },
    repository: { full_name: "acme/web" },
    issue: { number: 7 },
    comment: { body: "@mona please look", created_at: "2026-11-22T10:00:00Z" },
  });
  const send = (delivery: string) =>
    fetch(`${api.url}/v1/hooks/${id}`, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "x-github-event": "issue_comment",
        "x-github-delivery": delivery,
        "x-hub-signature-256": `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`,
      },
    });

  const answers = [await send("one"), await send("one"), await send("two")];

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await api.data("GET /messages")).toMatchObject([{ thread: "acme/web#7", person: { id: "2", name: "ada" } }]);
});
