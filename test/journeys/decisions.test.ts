import { describe, expect, onTestFinished, test } from "vitest";
import { openTestHub, startService } from "#testing";
import { serveHttp } from "../../src/faces/http/server.ts";
import { setWorkspaceChannels } from "../../src/notify/workspace-channels.ts";
import { CLIENTS } from "./any-client.ts";
import { TRANSPORTS } from "./transports.ts";

const SLACK = { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789" };
const MESSAGE = { channel: "C100", ts: "1795000000.000100" };

/** A hub whose owner has a phone with Telegram, and an agent that may be granted Slack. */
async function arrange() {
  const slack = await startService({
    "POST /auth.test": { ok: true, team_id: "T1", user_id: "U1", team: "Acme", user: "bot" },
    "POST /chat.delete": { ok: true, ...MESSAGE },
    "POST /chat.postMessage": { ok: true, ...MESSAGE },
  });
  const telegram = await startService({
    "POST /bot111:aaa/getMe": { ok: true, result: { id: 111, is_bot: true, first_name: "Bot", username: "one_bot" } },
    "POST /bot111:aaa/sendMessage": { ok: true, result: { message_id: 5, date: 1, chat: { id: 7, type: "private" } } },
  });
  const hub = await openTestHub({ env: { PATCHBAY_PUBLIC_URL: "https://hub.example.com" } });
  hub.hub.outbox.start();
  const caller = await hub.addProfile("coder");
  const account = await hub.connect("slack", slack.url, SLACK);
  await hub.connect("telegram", telegram.url, { TELEGRAM_BOT_TOKEN: "111:aaa" }, { config: { defaultChatId: "7" } });
  await setWorkspaceChannels(hub.hub, "cli", hub.workspaceId, ["telegram"]);
  const server = await serveHttp(hub.hub);
  onTestFinished(() => server.close());
  const links = () => telegram.exchanges.flatMap(({ body }) => /"url":"(.*?)"/.exec(JSON.stringify(body))?.[1] ?? []);
  return {
    hub,
    caller,
    account,
    deletions: () => slack.exchanges.filter(({ path }) => path === "/chat.delete").length,
    /** Taps the last button on the phone, and then one on the page. */
    async decide(decision: string, fields: Record<string, string> = {}) {
      await expect.poll(links).not.toEqual([]);
      const { pathname, search, searchParams } = new URL(links().at(-1) ?? "");
      const body = new URLSearchParams({ token: searchParams.get("token") ?? "", decision, ...fields });
      return fetch(`${server.url}${pathname}${search}`, { method: "POST", body, headers: { origin: server.url } });
    },
  };
}

describe.each(TRANSPORTS)("by %s", (_transport, addressOf) => {
  test.each(CLIENTS)("%s asks its user, where the owner says that is enough", async (_client, open) => {
    const { hub, caller, account, deletions } = await arrange();
    await hub.grant(caller, account, { ask_whom: "user" });
    const questions: string[] = [];
    const answers = (["accept", "decline", "cancel", "accept"] as const)[Symbol.iterator]();
    const answer = (question: string) => {
      questions.push(question);
      return answers.next().value ?? "cancel";
    };
    const client = await open(await addressOf(hub, caller), () => {}, answer);
    const remove = () => client.callTool("mcp__slack__delete_message", MESSAGE);

    const results = [await remove(), await remove(), await remove(), await remove()];

    expect(questions).toHaveLength(4);
    expect(questions[0]).toBe(
      'coder wants to run slack.delete_message as Acme (bot) (slack), once, with:\n{\n  "channel": "C100",\n  "ts": "1795000000.000100"\n}',
    );
    const refusal = {
      isError: true,
      structuredContent: { error: { code: "denied", message: "The user denied this call of slack.delete_message." } },
    };
    const done = { structuredContent: MESSAGE };
    expect(results).toMatchObject([done, refusal, refusal, done]);
    expect(deletions()).toBe(2);
  });

  test.each(CLIENTS)("%s waits for the owner, who decides on a page", async (_client, open) => {
    const { hub, caller, account, deletions, decide } = await arrange();
    await hub.grant(caller, account);
    const client = await open(
      await addressOf(hub, caller),
      () => {},
      () => "accept",
    );
    const remove = () => client.callTool("mcp__slack__delete_message", MESSAGE);
    const [first, again] = [await remove(), await remove()];
    const { approval, url } = first["structuredContent"] as { approval: string; url: string };
    const look = () => client.callTool("mcp__integrations__approval", { approval });
    const before = await look();

    const page = await decide("approve");
    const [approved, ran, used, next] = [await look(), await remove(), await look(), await remove()];

    expect(first).toMatchObject({ structuredContent: { status: "approval_pending" } });
    expect(again).toMatchObject({ structuredContent: { approval } });
    expect(url).toBe(`https://hub.example.com/approvals/${approval}`);
    expect(await page.text()).toContain("Approved. The agent can make the call now, once.");
    expect([before, approved, used]).toMatchObject([
      { structuredContent: { status: "pending" } },
      { structuredContent: { status: "approved" } },
      { structuredContent: { status: "used" } },
    ]);
    expect(ran).toMatchObject({ structuredContent: MESSAGE });
    expect(next).toMatchObject({ structuredContent: { status: "approval_pending" } });
    expect(deletions()).toBe(1);
  });

  test.each(CLIENTS)("%s can't ask and leaves it to the owner, although a user would do", async (_client, open) => {
    const { hub, caller, account, deletions } = await arrange();
    await hub.grant(caller, account, { ask_whom: "user" });
    const client = await open(await addressOf(hub, caller), () => {});

    const result = await client.callTool("mcp__slack__delete_message", MESSAGE);

    expect(result).toMatchObject({ structuredContent: { status: "approval_pending" } });
    expect(deletions()).toBe(0);
  });

  test.each(CLIENTS)("%s asks for operations, hears of what is granted, and why it is not", async (_client, open) => {
    const { hub, caller, decide } = await arrange();
    let changes = 0;
    const client = await open(await addressOf(hub, caller), () => changes++);
    const list = async () => (await client.listTools()).tools.map(({ name }) => name);
    const ask = (...operations: string[]) =>
      client.callTool("mcp__integrations__request", { service: "slack", reason: "To tidy up", operations });

    const refused = await ask("delete_channel");
    const asked = await ask("post_message");
    await decide("approve");
    await expect.poll(() => changes).toBeGreaterThan(0);
    const granted = await list();
    const posted = await client.callTool("mcp__slack__post_message", { channel: "C100", text: "Hi" });
    const more = await ask("delete_message");
    await expect.poll(() => decide("deny", { reason: "Too risky" }).then(({ status }) => status)).toBe(200);
    const status = await client.callTool("mcp__integrations__status", {});

    expect(refused).toMatchObject({ isError: true, structuredContent: { error: { code: "invalid_input" } } });
    expect(asked).toMatchObject({ structuredContent: { status: "requested", operations: ["post_message"] } });
    expect(granted).toContain("mcp__slack__post_message");
    expect(granted).not.toContain("mcp__slack__delete_message");
    expect(posted).toMatchObject({ structuredContent: MESSAGE });
    expect(more).toMatchObject({ structuredContent: { status: "requested" } });
    expect(status).toMatchObject({
      structuredContent: {
        requests: [
          { operations: ["delete_message"], status: "denied", answer: "Too risky" },
          { operations: ["post_message"], status: "approved" },
        ],
      },
    });
  });
});
