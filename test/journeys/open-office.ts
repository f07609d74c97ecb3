import { expect } from "vitest";
import { startService } from "#testing";
import { type Cli, openCli } from "./open-cli.ts";
import { type RunningHub, startHub } from "./start-hub.ts";

const GITHUB_TOKEN = "ghp_Sentinel0123456789Sentinel0123456789";

/** An owner with a command line, a phone, and a hub that runs; two agents, and an account of GitHub. */
export interface Office {
  readonly cli: Cli;
  readonly hub: RunningHub;
  /** The owner's. */
  readonly owner: string;
  readonly coder: string;
  readonly tester: string;
  /** What connects GitHub, as a command and as the body of a request. */
  readonly github: { readonly command: readonly string[]; readonly body: object };
  /** The titles of the issues that were made at GitHub. */
  titles(): unknown[];
  /** Waits until the owner's phone was sent `count` messages, and gives the addresses of their buttons. */
  links(count: number): Promise<readonly string[]>;
}

export async function openOffice(): Promise<Office> {
  const github = await startService({
    "GET /user": { id: 1, login: "octo" },
    "POST /repos/acme/web/issues": ({ body }) => ({ number: 1, state: "open", html_url: "https://x", ...Object(body) }),
  });
  const telegram = await startService({
    "POST /bot111:aaa/getMe": { ok: true, result: { id: 111, is_bot: true, first_name: "Bot", username: "one_bot" } },
    "POST /bot111:aaa/sendMessage": { ok: true, result: { message_id: 5, date: 1, chat: { id: 7, type: "private" } } },
  });
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: `${github.host},${telegram.host}` });
  const owner = (await cli.data<{ key: string }>(["keys", "create"])).key;
  const hub = await startHub(cli);
  const post = <Data>(path: string, body: object) => hub.data<Data>(`POST ${path}`, { key: owner, body });
  const phone = {
    base_url: telegram.url,
    credentials: { TELEGRAM_BOT_TOKEN: "111:aaa" },
    config: { defaultChatId: "7" },
  };
  await post("/integrations", { service: "telegram", ...phone });
  await hub.data("PUT /channels", { key: owner, body: { channels: ["telegram"] } });
  const addAgent = async (name: string) => {
    await post("/profiles", { name });
    return (await post<{ key: string }>("/keys", { profile: name })).key;
  };
  const messages = () =>
    telegram.exchanges.flatMap(({ body }) => /"url":"(.*?)"/.exec(JSON.stringify(body))?.[1] ?? []);
  return {
    cli,
    hub,
    owner,
    coder: await addAgent("coder"),
    tester: await addAgent("tester"),
    github: {
      command: ["connect", "github", "--base-url", github.url, "--credential", `GITHUB_TOKEN=${GITHUB_TOKEN}`],
      body: { service: "github", base_url: github.url, credentials: { GITHUB_TOKEN } },
    },
    titles: () => github.exchanges.flatMap(({ method, body }) => (method === "POST" ? [Object(body).title] : [])),
    async links(count) {
      await expect.poll(() => messages().length).toBe(count);
      return messages();
    },
  };
}

/** Presses a button of the page behind a link, as a browser does. */
export function press(link: string, fields: Record<string, string>): Promise<Response> {
  const { origin, searchParams } = new URL(link);
  const body = new URLSearchParams({ token: searchParams.get("token") ?? "", ...fields });
  return fetch(link, { method: "POST", body, headers: { origin } });
}
