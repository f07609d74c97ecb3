import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { openTestHub, startService, startSocketService } from "#testing";
import { findProfile } from "../../src/access/profiles.ts";
import { serveHttp } from "../../src/faces/http/server.ts";
import { linkAccount } from "../../src/inbound/links.ts";
import type { IntegrationRow } from "../../src/store/tables.ts";
import { sendSigned } from "../fixtures/send-signed.ts";

const SECRET = "8f742231b10e8888abcd99yyyzzz85a5";

/** Two worlds that people speak from, each with what was said back. */
interface World {
  readonly service: "slack" | "telegram";
  readonly url: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Has a person say something where the bot hears it. */
  say(hubUrl: string, account: IntegrationRow): Promise<unknown>;
  /** Where the bot has said what. */
  said(): unknown[];
}

const THREAD = { channel: "C100", ts: "1795000000.000100", thread_ts: "1795000000.000050" };

const SPOKEN = {
  type: "event_callback",
  event_id: "Ev1",
  event: { type: "app_mention", user: "U1", text: "<@U0BOT> is it green?", ...THREAD },
};

/** Slack's API and its Socket Mode. */
async function startSlack() {
  const said: unknown[] = [];
  const slack = await startSocketService((request, response) => {
    const answer = async () => {
      const body = new URLSearchParams(await text(request));
      if (request.url === "/api/chat.postMessage") said.push(Object.fromEntries(body));
      const opened = { ok: true, url: `${slack.url.replace("http", "ws")}/link` };
      const account = {
        ok: true,
        team_id: "T1",
        user_id: "U0BOT",
        team: "Acme",
        user: "bot",
        channel: "C100",
        ts: "1.2",
      };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(request.url === "/api/apps.connections.open" ? opened : account));
    };
    void answer();
  });
  return { slack, said };
}

async function slackByEventsApi(): Promise<World> {
  const { slack, said } = await startSlack();
  return {
    service: "slack",
    url: `${slack.url}/api`,
    credentials: { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789", SLACK_SIGNING_SECRET: SECRET },
    say: (url, { id }) => sendSigned(`${url}/v1/hooks/${id}`, SECRET, JSON.stringify(SPOKEN)),
    said: () => said,
  };
}

async function slackBySocketMode(): Promise<World> {
  const { slack, said } = await startSlack();
  return {
    service: "slack",
    url: `${slack.url}/api`,
    credentials: { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789", SLACK_APP_TOKEN: "xapp-1-sentinel" },
    async say() {
      await expect.poll(() => slack.peers.length).toBe(1);
      slack.peers[0]?.send({ envelope_id: "e1", type: "events_api", payload: SPOKEN });
    },
    said: () => said,
  };
}

const UPDATE = {
  update_id: 1,
  message: {
    message_id: 3,
    date: 1_795_000_000,
    from: { id: 7, first_name: "Ada" },
    chat: { id: -100, type: "supergroup" },
    message_thread_id: 42,
    is_topic_message: true,
    text: "@one_bot is it green?",
  },
};

async function startTelegram() {
  const news = Promise.withResolvers<void>();
  const service = await startService({
    "POST /bot111:aaa/getMe": { ok: true, result: { id: 111, is_bot: true, first_name: "Bot", username: "one_bot" } },
    "POST /bot111:aaa/setWebhook": { ok: true, result: true },
    "POST /bot111:aaa/getUpdates": async ({ body }: { body: unknown }) => {
      await news.promise;
      return { ok: true, result: Object.hasOwn(Object(body), "offset") ? [] : [UPDATE] };
    },
    "POST /bot111:aaa/sendMessage": {
      ok: true,
      result: { message_id: 5, date: 1, chat: { id: -100, type: "supergroup" } },
    },
  });
  const sent = (method: string) =>
    service.exchanges.filter(({ path }) => path.endsWith(method)).map(({ body }) => body);
  return { service, news, sent };
}

async function telegramByPolling(): Promise<World> {
  const { service, news, sent } = await startTelegram();
  return {
    service: "telegram",
    url: service.url,
    credentials: { TELEGRAM_BOT_TOKEN: "111:aaa" },
    say: async () => news.resolve(),
    said: () => sent("sendMessage"),
  };
}

async function telegramByWebhook(): Promise<World> {
  const { service, sent } = await startTelegram();
  return {
    service: "telegram",
    url: service.url,
    credentials: { TELEGRAM_BOT_TOKEN: "111:aaa" },
    env: { PATCHBAY_PUBLIC_URL: "https://hub.example.com" },
    async say(url, { id }) {
      await expect.poll(() => sent("setWebhook")).toMatchObject([{ url: `https://hub.example.com/v1/hooks/${id}` }]);
      const [{ secret_token }] = sent("setWebhook") as [{ secret_token: string }];
      const headers = { "content-type": "application/json", "x-telegram-bot-api-secret-token": secret_token };
      return fetch(`${url}/v1/hooks/${id}`, { method: "POST", headers, body: JSON.stringify(UPDATE) });
    },
    said: () => sent("sendMessage"),
  };
}

const IN_SLACK = { channel: "C100", thread_ts: "1795000000.000050", text: "All green." };
const IN_TELEGRAM = { chat_id: "-100", message_thread_id: 42, text: "All green." };

test.each([
  ["Slack by the Events API", slackByEventsApi, IN_SLACK],
  ["Slack by Socket Mode", slackBySocketMode, IN_SLACK],
  ["Telegram by polling", telegramByPolling, IN_TELEGRAM],
  ["Telegram by webhook", telegramByWebhook, IN_TELEGRAM],
])(
  "what is asked in a thread of %s reaches the agent that waits, and its answer the thread",
  async (_, open, answer) => {
    const world = await open();
    const hub = await openTestHub({ env: world.env ?? {} });
    const account = await hub.connect(world.service, world.url, world.credentials);
    const caller = await hub.addProfile("coder");
    await linkAccount(hub.hub, "test", account, await findProfile(hub.hub.store.db, hub.workspaceId, "coder"));
    const server = await serveHttp(hub.hub);
    const listening = hub.hub.inbound.listen({ pauseMs: 10 });
    hub.hub.outbox.start();
    onTestFinished(async () => {
      await listening.stop();
      await server.close();
    });
    const agent = new Client({ name: "agent", version: "1" });
    const headers = { authorization: `Bearer ${await hub.addKey(caller)}` };
    await agent.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit: { headers } }));
    onTestFinished(() => agent.close());

    const waiting = agent.callTool({ name: "mcp__integrations__read_messages", arguments: { wait: 30 } });
    await world.say(server.url, account);
    const { messages } = (await waiting).structuredContent as { messages: { id: string; text: string }[] };
    const [heard = { id: "", text: "" }] = messages;
    const to = { to: heard.id, text: "All green." };
    await agent.callTool({ name: "mcp__integrations__reply", arguments: to });

    expect(messages).toHaveLength(1);
    expect(heard.text).toMatch(/is it green\?$/);
    await expect.poll(world.said).toEqual([answer]);
  },
);
