import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Webhook } from "standardwebhooks";
import { describe, expect, onTestFinished, test } from "vitest";
import { openTestHub, startService, type TestHub } from "#testing";
import { findProfile, setRuntime } from "../../src/access/profiles.ts";
import { setQuietHours } from "../../src/notify/quiet-hours.ts";
import type { Caller } from "../../src/call/open-calls.ts";
import { linkAccount } from "../../src/inbound/links.ts";
import { sendSigned } from "../fixtures/send-signed.ts";
import { serveHttp } from "../../src/faces/http/server.ts";
import type { Address } from "./any-client.ts";
import { TRANSPORTS } from "./transports.ts";

const SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
const MESSAGES = "patchbay://messages";

async function arrange() {
  const slack = await startService({
    "POST /auth.test": { ok: true, team_id: "T1", user_id: "U0BOT" },
    "POST /chat.postMessage": { ok: true, channel: "D1", ts: "1.2" },
  });
  const hub = await openTestHub();
  const credentials = { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789", SLACK_SIGNING_SECRET: SECRET };
  const account = await hub.connect("slack", slack.url, credentials);
  const caller = await hub.addProfile("coder");
  const profile = await findProfile(hub.hub.store.db, hub.workspaceId, "coder");
  await linkAccount(hub.hub, "test", account, profile);
  const server = await serveHttp(hub.hub);
  onTestFinished(() => server.close());
  const say = (text: string, ts: string) =>
    sendSigned(
      `${server.url}/v1/hooks/${account.id}`,
      SECRET,
      JSON.stringify({
        type: "event_callback",
        event_id: `Ev${ts}`,
        event: { type: "message", channel_type: "im", channel: "D1", user: "U1", text, ts },
      }),
    );
  const answered = async () => {
    await hub.hub.outbox.drain();
    return slack.exchanges.filter(({ path }) => path === "/chat.postMessage").map(({ body }) => body);
  };
  return { hub, caller, profile, account, say, answered, url: server.url };
}

async function connect(address: Address, mode: "legacy" | { pin: string }) {
  const client = new Client({ name: "agent", version: "1" }, { versionNegotiation: { mode } });
  await client.connect(
    "url" in address
      ? new StreamableHTTPClientTransport(address.url, {
          requestInit: { headers: { authorization: `Bearer ${address.key}` } },
        })
      : new StdioClientTransport(address),
  );
  onTestFinished(() => client.close());
  return client;
}

const read = (client: Client, input: object) =>
  client.callTool({ name: "mcp__integrations__read_messages", arguments: { ...input } });

describe.each(TRANSPORTS)("by %s", (_transport, addressOf: (hub: TestHub, caller: Caller) => Promise<Address>) => {
  test.each([
    ["2025-11-25", "legacy"],
    ["2026-07-28", { pin: "2026-07-28" }],
  ] as const)("an agent of %s waits for what a person says, and is done with it by the cursor", async (_, mode) => {
    const { hub, caller, say } = await arrange();
    const client = await connect(await addressOf(hub, caller), mode);

    const waiting = read(client, { wait: 30 });
    await say("Ship it", "1795000000.000100");

    const heard = (await waiting).structuredContent as { cursor: string };
    expect(heard).toMatchObject({ messages: [{ text: "Ship it", service: "slack", thread: "D1" }], has_more: false });
    expect((await read(client, {})).structuredContent).toEqual(heard);
    await say("Now", "1795000001.000100");
    expect((await read(client, { cursor: heard.cursor })).structuredContent).toMatchObject({
      messages: [{ text: "Now" }],
    });
    expect((await read(client, {})).structuredContent).toMatchObject({ messages: [{ text: "Now" }] });
  });

  test("a client of 2025-11-25 that subscribed hears that there is something to read", async () => {
    const { hub, caller, say } = await arrange();
    const client = await connect(await addressOf(hub, caller), "legacy");
    const updated: string[] = [];
    client.setNotificationHandler("notifications/resources/updated", ({ params }) => void updated.push(params.uri));

    await client.subscribeResource({ uri: MESSAGES });
    await say("Ship it", "1795000000.000100");

    await expect.poll(() => updated).toEqual([MESSAGES]);
    const { contents } = await client.readResource({ uri: MESSAGES });
    expect(JSON.parse(String(Object(contents[0])["text"]))).toMatchObject({ messages: [{ text: "Ship it" }] });
  });

  test("a client of 2026-07-28 that listens hears that there is something to read", async () => {
    const { hub, caller, say } = await arrange();
    const client = await connect(await addressOf(hub, caller), { pin: "2026-07-28" });
    const updated: string[] = [];
    client.setNotificationHandler("notifications/resources/updated", ({ params }) => void updated.push(params.uri));

    await client.listen({ resourceSubscriptions: [MESSAGES] });
    await say("Ship it", "1795000000.000100");

    await expect.poll(() => updated).toEqual([MESSAGES]);
  });
});

test("people who write more than an agent can take in at once are read piece by piece", async () => {
  const { hub, caller, say } = await arrange();
  const client = await connect(await (TRANSPORTS[0]?.[1] ?? fail)(hub, caller), "legacy");
  for (const [index, letter] of ["a", "b", "c"].entries()) await say(letter.repeat(30_000), `179500000${index}.000100`);

  const texts: string[] = [];
  for (let cursor: string | null = null, isMore = true; isMore;) {
    const { structuredContent } = await read(client, cursor === null ? {} : { cursor });
    const heard = structuredContent as { messages: { text: string }[]; cursor: string; has_more: boolean };
    texts.push(heard.messages.map(({ text }) => text.slice(0, 1)).join(""));
    ({ cursor, has_more: isMore } = heard);
  }
  const { contents } = await client.readResource({ uri: MESSAGES });

  expect(texts).toEqual(["a", "b", "c"]);
  expect(JSON.parse(String(Object(contents[0])["text"])).messages).toHaveLength(1);
});

test("an answer goes to the thread in which the message was said, also at night, and no more once it is unlinked", async () => {
  const { hub, caller, say, answered } = await arrange();
  const client = await connect(await (TRANSPORTS[0]?.[1] ?? fail)(hub, caller), "legacy");
  const hours = { start: "00:00", end: "23:59", timezone: "UTC" };
  await setQuietHours(hub.hub, "test", hub.workspaceId, hours);
  await say("Ship it", "1795000000.000100");
  const { messages } = (await read(client, {})).structuredContent as { messages: [{ id: string }] };
  const reply = (to: string) =>
    client.callTool({ name: "mcp__integrations__reply", arguments: { to, text: "Done <b>& dusted" } });

  const sent = await reply(messages[0].id);

  expect(sent).toMatchObject({ structuredContent: { status: "accepted" } });
  expect(await answered()).toEqual([{ channel: "D1", text: "Done &lt;b&gt;&amp; dusted" }]);
  await hub.hub.store.db.deleteFrom("links").execute();
  expect(await reply(messages[0].id)).toMatchObject({
    isError: true,
    structuredContent: { error: { code: "not_granted" } },
  });
  expect(await reply("msg_other")).toMatchObject({ structuredContent: { error: { code: "not_found" } } });
});

test("a stream sends messages as they come, and goes on after the last one that was taken", async () => {
  const { hub, caller, say, url } = await arrange();
  const authorization = `Bearer ${await hub.addKey(caller)}`;
  const open = (headers: object = {}) => fetch(`${url}/v1/messages/stream`, { headers: { authorization, ...headers } });

  const first = readEvents(await open());
  await say("One", "1795000000.000100");
  const one = await first.next();
  await say("Two", "1795000001.000100");
  const two = await first.next();
  await first.return(undefined);
  const again = readEvents(await open({ "last-event-id": one.value?.id }));

  expect([one.value?.data, two.value?.data]).toMatchObject([{ text: "One" }, { text: "Two" }]);
  expect((await again.next()).value).toEqual(two.value);
  await again.return(undefined);
  expect((await fetch(`${url}/v1/messages/stream`)).status).toBe(401);
});

test("the program that runs an agent is told of each message, by a webhook that it can check", async () => {
  const { hub, profile, say } = await arrange();
  const secret = `whsec_${Buffer.from(SECRET).toString("base64")}`;
  const runtime = await startService({ "POST /hear": { status: 204 } });
  const account = await hub.connect("webhook", `${runtime.url}/hear`, { WEBHOOK_SECRET: secret });
  await setRuntime(hub.hub, "test", profile, account.id);

  await say("Ship it", "1795000000.000100");
  await hub.hub.outbox.drain();

  const { text, headers } = runtime.exchanges.at(-1) ?? { text: "", headers: {} };
  expect(new Webhook(secret).verify(text, headers)).toMatchObject({
    type: "message",
    data: { text: "Ship it", thread: "D1", service: "slack", profile_id: profile.id },
  });
});

interface StreamEvent {
  readonly id: string;
  readonly data: unknown;
}

/** The events of a stream, without the lines that only keep it open. */
async function* readEvents({ body }: Response): AsyncGenerator<StreamEvent, undefined> {
  let text = "";
  for await (const chunk of (body ?? fail()).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, id = "", data = "null"] = /^id: (.*)\nevent: message\ndata: (.*)$/.exec(block) ?? [];
      if (id !== "") yield { id, data: JSON.parse(data) as unknown };
    }
  }
  return undefined;
}

function fail(): never {
  throw new Error("it is there");
}
