import { setTimeout } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { startHub } from "./start-hub.ts";
import { GITHUB_TOKEN, SLACK_BOT_TOKEN, startServices, TELEGRAM_BOT_TOKEN } from "./start-services.ts";
import { agent, chapter, check, narrate, owner } from "./story.ts";

type Hub = Awaited<ReturnType<typeof startHub>>;
type Services = Awaited<ReturnType<typeof startServices>>;

const LIST_CHANGE_MS = 30_000;
const NOTICE_MS = 30_000;
const ISSUE = { owner: "mona", repo: "website", title: "The footer still says 2025" };

await perform();

async function perform(): Promise<void> {
  const services = await startServices();
  const hub = await startHub();
  try {
    await tell(hub, services);
  } finally {
    await hub.close();
    await services.close();
  }
}

async function tell(hub: Hub, services: Services): Promise<void> {
  chapter("An owner connects what there is");
  narrate(`A hub runs at ${hub.url}; GitHub, Slack and Telegram are stand-ins on this machine.`);
  const telegram = await connectAccounts(hub, services);
  const key = await makeProfile(hub);

  chapter("An agent arrives, and sees exactly what it was granted");
  const { client, listChanged } = await openClient(hub.url, key);
  const before = await toolNames(client);
  check("Slack's tools are there", before.includes("mcp__slack__post_message"));
  check(
    "GitHub's are not: nobody has connected it",
    before.some((name) => name.startsWith("mcp__github")),
    false,
  );

  chapter("It lacks GitHub, and asks for it");
  await askForGithub(hub, services, client, listChanged);

  chapter("It does real work, with credentials it never sees");
  await work(services, client, telegram);

  chapter("What was not granted stays out of reach");
  await beRefused(hub, services, client);

  chapter("Everything is on record");
  await readRecord(hub);
  await client.close();
  narrate("That was Patchbay. Your turn: npm start");
}

/** Gives the id of the Telegram integration. */
async function connectAccounts(hub: Hub, { slack, telegram }: Services): Promise<string> {
  const forSlack = ["--credential", `SLACK_BOT_TOKEN=${SLACK_BOT_TOKEN}`, "--base-url", `${slack.url}/api`];
  owner(
    "patchbay connect slack --credential SLACK_BOT_TOKEN=…",
    await hub.patchbay("connect", "slack", ...forSlack, "--config", "notifyChannel=#general"),
  );
  owner("patchbay connect telegram --credential TELEGRAM_BOT_TOKEN=…");
  const forTelegram = ["--credential", `TELEGRAM_BOT_TOKEN=${TELEGRAM_BOT_TOKEN}`, "--base-url", telegram.url];
  const connected = await hub.patchbay("connect", "telegram", ...forTelegram, "--config", "defaultChatId=42", "--json");
  return (JSON.parse(connected) as { data: { id: string } }).data.id;
}

/** Makes the agent's profile and gives its key. */
async function makeProfile(hub: Hub): Promise<string> {
  owner("patchbay profiles create scout");
  await hub.patchbay("profiles", "create", "scout");
  owner("patchbay grants set scout slack", await hub.patchbay("grants", "set", "scout", "slack"));
  owner("patchbay keys create --profile scout");
  const made = await hub.patchbay("keys", "create", "--profile", "scout", "--json");
  return (JSON.parse(made) as { data: { key: string } }).data.key;
}

/** A real MCP client, and a way to wait until it hears that its tools have changed. */
async function openClient(url: string, key: string) {
  const changed = Promise.withResolvers<boolean>();
  const client = new Client(
    { name: "demo-agent", version: "1.0.0" },
    {
      versionNegotiation: { mode: "auto" },
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => changed.resolve(true) } },
    },
  );
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }));
  return {
    client,
    listChanged: () => Promise.race([changed.promise, setTimeout(LIST_CHANGE_MS, false, { ref: false })]),
  };
}

async function toolNames(client: Client): Promise<string[]> {
  return (await client.listTools()).tools.map(({ name }) => name);
}

/** Calls a tool and gives its structured answer. */
async function call(client: Client, name: string, input: Record<string, unknown>) {
  agent(`${name}(${JSON.stringify(input)})`);
  const { structuredContent = {}, isError = false, content } = await client.callTool({ name, arguments: input });
  const [first] = content;
  return {
    data: structuredContent as Record<string, unknown>,
    isError,
    text: first?.type === "text" ? first.text : "",
  };
}

async function askForGithub(hub: Hub, { github }: Services, client: Client, listChanged: () => Promise<boolean>) {
  const early = await call(client, "mcp__github__create_issue", ISSUE);
  check("The call is refused, and says how to ask", early.text.includes("mcp__integrations__request"));
  const reason = "To file what I find on the website";
  const asked = await call(client, "mcp__integrations__request", { service: "github", reason });
  check("The request waits for the owner", asked.data["status"], "requested");

  owner("patchbay requests list", await hub.patchbay("requests", "list"));
  owner(
    "patchbay connect github --credential GITHUB_TOKEN=…",
    await hub.patchbay("connect", "github", "--credential", `GITHUB_TOKEN=${GITHUB_TOKEN}`, "--base-url", github.url),
  );
  check("The agent hears that its tools have changed", await listChanged());
  check("GitHub's tools are there", (await toolNames(client)).includes("mcp__github__create_issue"));
}

async function work({ issueTitles, slackTexts, telegram }: Services, client: Client, bot: string): Promise<void> {
  const issue = await call(client, "mcp__github__create_issue", ISSUE);
  check("GitHub has the issue", await issueTitles(), [ISSUE.title]);
  const text = `I opened issue ${String(issue.data["number"])}`;
  await call(client, "mcp__slack__post_message", { channel: "#general", text });
  check("Slack has the message", (await slackTexts()).includes(text));

  const bySlack = await call(client, "mcp__notify__notify_user", {
    message: "The website is checked",
    channel: "slack",
  });
  check("The owner's message for Slack is accepted", bySlack.data["status"], "accepted");
  const message = "One issue is open";
  await call(client, "mcp__notify__notify_user", { message, channel: `telegram:${bot}` });
  check("The owner is told by Telegram", await isSoon(() => telegram.said.some((said) => said.includes(message))));
}

/** What the hub has accepted it sends by itself, a moment later. */
async function isSoon(isSo: () => boolean): Promise<boolean> {
  const timeUp = AbortSignal.timeout(NOTICE_MS);
  while (!isSo() && !timeUp.aborted) await setTimeout(20);
  return isSo();
}

async function beRefused(hub: Hub, { slackTexts, telegram }: Services, client: Client): Promise<void> {
  const spam = await call(client, "mcp__telegram__send_message", { chat_id: "1", text: "Buy now" });
  check(
    "Telegram may be used to tell the owner, and for nothing else",
    [spam.isError, telegram.said.length],
    [true, 1],
  );

  const posted = await call(client, "mcp__slack__post_message", { channel: "#general", text: "Oops" });
  const mistake = { channel: posted.data["channel"], ts: posted.data["ts"] };
  const pending = await call(client, "mcp__slack__delete_message", mistake);
  check("Deleting waits for the owner's word", pending.data["status"], "approval_pending");
  const approval = String(pending.data["approval"]);
  owner(`patchbay approvals approve ${approval}`);
  await hub.patchbay("approvals", "approve", approval);
  await call(client, "mcp__slack__delete_message", mistake);
  check("Approved, the same call runs once", (await slackTexts()).includes("Oops"), false);
  const again = await call(client, "mcp__slack__delete_message", mistake);
  check("A second time it asks again", again.data["status"], "approval_pending");
}

interface Entry {
  readonly at: string;
  readonly action: string;
  readonly operation: string | null;
  readonly details: { readonly status?: string; readonly code?: string };
}

async function readRecord(hub: Hub): Promise<void> {
  const record = await hub.patchbay("audit", "list", "--limit", "100", "--json");
  const { data: entries } = JSON.parse(record) as { data: Entry[] };
  const lines = entries.toReversed().map(({ at, action, operation, details }) => {
    const outcome = details.status ?? details.code ?? "";
    return `${at.slice(11, 23)}  ${action.padEnd(20)} ${(operation ?? "").padEnd(24)} ${outcome}`.trimEnd();
  });
  owner("patchbay audit list", lines.join("\n"));
  const secrets = [GITHUB_TOKEN, SLACK_BOT_TOKEN, TELEGRAM_BOT_TOKEN];
  check(
    "No credential is in it",
    secrets.some((secret) => record.includes(secret)),
    false,
  );
  const verdict = JSON.parse(await hub.patchbay("audit", "verify", "--json")) as { data: { ok: boolean } };
  owner("patchbay audit verify");
  check("The chain of entries is whole", verdict.data.ok);
}
