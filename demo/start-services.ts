import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { createEmulator, type Emulator } from "emulate";

export const GITHUB_TOKEN = "ghp_demo0123456789demo0123456789demo0123";
export const SLACK_BOT_TOKEN = "xoxb-demo-0123456789";
export const TELEGRAM_BOT_TOKEN = "7300:demo-bot-token-0123456789";

/** GitHub and Slack as local emulators, and a Telegram just large enough for a bot to speak. */
export async function startServices() {
  const github = await createEmulator({
    service: "github",
    port: 0,
    seed: {
      tokens: { [GITHUB_TOKEN]: { login: "mona", scopes: ["repo", "user"] } },
      github: {
        users: [{ login: "mona", name: "Mona Lisa" }],
        repos: [{ owner: "mona", name: "website", description: "The website", auto_init: true }],
      },
    },
  });
  const slack = await createEmulator({
    service: "slack",
    port: 0,
    seed: {
      slack: {
        team: { name: "Acme", domain: "acme" },
        tokens: [{ token: SLACK_BOT_TOKEN, type: "bot", user: "admin" }],
      },
    },
  });
  const telegram = await startTelegram();
  return {
    github,
    slack,
    telegram,
    issueTitles: () => readTitles(github),
    slackTexts: () => readTexts(slack),
    close: () => Promise.all([github.close(), slack.close(), telegram.close()]),
  };
}

async function readTitles({ url }: Emulator): Promise<string[]> {
  const headers = { authorization: `Bearer ${GITHUB_TOKEN}` };
  const response = await fetch(`${url}/repos/mona/website/issues`, { headers });
  return ((await response.json()) as { title: string }[]).map(({ title }) => title);
}

async function readTexts({ url }: Emulator): Promise<string[]> {
  const response = await fetch(`${url}/api/conversations.history`, {
    method: "POST",
    headers: { authorization: `Bearer ${SLACK_BOT_TOKEN}` },
    body: new URLSearchParams({ channel: "C000000001" }),
  });
  return ((await response.json()) as { messages: { text: string }[] }).messages.map(({ text }) => text);
}

const SILENCE_MS = 1_000;

/** A bot that knows its name and remembers what it was told to say. */
async function startTelegram() {
  const said: string[] = [];
  const server = createServer((request, response) => void respond(request, response, said));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    said,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

async function respond(request: IncomingMessage, response: ServerResponse, said: string[]): Promise<void> {
  const path = request.url ?? "";
  const call = (await json(request)) as BotCall;
  // Nobody ever says anything to the bot, however long it listens.
  if (path.endsWith("/getUpdates")) await setTimeout(SILENCE_MS);
  const result = answerBot(path, call, said);
  response.writeHead(result ? 200 : 404, { "content-type": "application/json" });
  response.end(
    JSON.stringify(result ? { ok: true, result } : { ok: false, error_code: 404, description: "Not Found" }),
  );
}

interface BotCall {
  readonly chat_id?: string;
  readonly text?: string;
}

function answerBot(path: string, { chat_id, text }: BotCall, said: string[]): object | undefined {
  if (path === `/bot${TELEGRAM_BOT_TOKEN}/getMe`) {
    return { id: 7300, is_bot: true, first_name: "Patch", username: "patch_bot" };
  }
  if (path === `/bot${TELEGRAM_BOT_TOKEN}/getUpdates`) return [];
  if (path !== `/bot${TELEGRAM_BOT_TOKEN}/sendMessage` || text === undefined) return undefined;
  said.push(text);
  return { message_id: said.length, date: 1_800_000_000, chat: { id: Number(chat_id), type: "private" }, text };
}
