import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { expect, test } from "vitest";
import { startService } from "#testing";
import { type Cli, openCli } from "./open-cli.ts";
import { startHub } from "./start-hub.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

interface Sent {
  readonly type: string;
  readonly data: { readonly message: string };
}

interface Receipt {
  readonly id: string;
  readonly status: string;
  readonly attempts: number;
  readonly reason: string | null;
}

/** An owner whose webhook takes what it is told to take, and an agent. */
async function arrange() {
  const answers = { status: 204, isHanging: false };
  const receiver = await startService({
    async "POST /"({ body, abandoned }) {
      if ((body as Sent).type === "hub.ping") return { status: 204 };
      if (answers.isHanging) await abandoned;
      return { status: answers.status };
    },
  });
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: receiver.host });
  await cli.data(["connect", "webhook", "--base-url", receiver.url, "--credential", `WEBHOOK_SECRET=${SECRET}`]);
  await cli.data(["profiles", "create", "coder"]);
  const received = () =>
    receiver.exchanges
      .filter(({ body }) => (body as Sent).type === "notification")
      .map(({ headers, body }) => ({ id: headers["webhook-id"], message: (body as Sent).data.message }));
  return { answers, cli, received };
}

const notify = (cli: Cli, message: string) =>
  cli.data<{ delivery: string; status: string }>(["notify", "send", message, "--profile", "coder"]);

const list = (cli: Cli, ...filter: string[]) => cli.data<Receipt[]>(["notifications", "list", ...filter]);

test("a dead letter is listed with its reason, and replayed by the command line under the same id", async () => {
  const { answers, cli, received } = await arrange();
  answers.status = 400;

  const { delivery, status } = await notify(cli, "Built");
  const [dead] = await list(cli, "--status", "dead");
  answers.status = 204;
  const replayed = await cli.data<Receipt>(["notifications", "replay", delivery]);
  const [delivered] = await list(cli, "--status", "delivered");
  const again = await cli.error(["notifications", "replay", delivery]);

  expect(status).toBe("accepted");
  expect(dead).toMatchObject({ id: delivery, attempts: 1, reason: "Webhook rejected the call: status 400." });
  expect(replayed).toMatchObject({ id: delivery, status: "accepted", attempts: 0 });
  expect(delivered).toMatchObject({ id: delivery, status: "delivered", reason: null });
  expect(received()).toEqual([
    { id: delivery, message: "Built" },
    { id: delivery, message: "Built" },
  ]);
  expect(again).toMatchObject({
    code: "conflict",
    message: `The notification ${delivery} is not dead: it is delivered.`,
  });
});

test("an MCP client that starts Patchbay itself needs no other process to tell anybody", async () => {
  const { cli, received } = await arrange();
  const client = new Client({ name: "desktop", version: "1" });
  const args = [cli.main, "mcp", "--profile", "coder"];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env: { ...cli.env } }));

  const told = await client.callTool({ name: "mcp__notify__notify_user", arguments: { message: "Built" } });
  await client.close();

  const [row] = await list(cli);
  expect(told).toMatchObject({ structuredContent: { status: "accepted", delivery: row?.id } });
  expect(row).toMatchObject({ status: "delivered", attempts: 1 });
  expect(received()).toEqual([{ id: row?.id, message: "Built" }]);
});

test("a hub stops in time although a receiver hangs, and the next one sends what it gave back", async () => {
  const { answers, cli, received } = await arrange();
  answers.isHanging = true;
  const hub = await startHub(cli);
  const { key } = await cli.data<{ key: string }>(["keys", "create", "--profile", "coder"]);

  const { delivery } = await hub.data<{ delivery: string }>("POST /notify", { key, body: { message: "Built" } });
  await expect.poll(() => received().length).toBe(1);
  const stopped = await hub.stop();
  answers.isHanging = false;
  const [waiting] = await list(cli);
  const next = await startHub(cli);
  await expect.poll(() => received().length).toBe(2);
  await next.stop();

  // Whatever takes too long ends the process with another code.
  expect(stopped.exitCode).toBe(0);
  expect(waiting).toMatchObject({ id: delivery, status: "accepted", attempts: 0 });
  expect(received().map(({ id }) => id)).toEqual([delivery, delivery]);
});

test("agents see what became of theirs and of nobody else's, and owners of all", async () => {
  const { cli, received } = await arrange();
  const hub = await startHub(cli);
  await cli.data(["profiles", "create", "other"]);
  const keyOf = async (...args: string[]) => (await cli.data<{ key: string }>(["keys", "create", ...args])).key;
  const [coder, other, owner] = [await keyOf("--profile", "coder"), await keyOf("--profile", "other"), await keyOf()];
  const use = (key: string, tool: string, input: object) =>
    hub.send(`POST /tools/mcp__notify__${tool}/call`, { key, body: { input } });

  const accepted = await hub.data<{ data: { delivery: string } }>("POST /tools/mcp__notify__notify_user/call", {
    key: coder,
    body: { input: { message: "Built", dedupe_key: "build-7" } },
  });
  const { delivery } = accepted.data;
  await expect.poll(() => received().length).toBe(1);
  await expect
    .poll(async () => (await use(coder, "status", { delivery })).body)
    .toMatchObject({ data: { data: { id: delivery, profile: "coder", status: "delivered", attempts: 1 } } });
  const twice = await use(coder, "notify_user", { message: "Built", dedupe_key: "build-7" });
  const foreign = await use(other, "status", { delivery });
  const lists = await Promise.all(
    [owner, coder, other].map((key) => hub.data<Receipt[]>("GET /notifications?status=delivered", { key })),
  );
  const shown = await hub.data(`GET /notifications/${delivery}`, { key: owner });
  await hub.stop();

  expect(twice.body).toMatchObject({ data: { data: { delivery, status: "delivered" } } });
  expect(foreign.status).toBe(404);
  expect(lists.map((rows) => rows.map(({ id }) => id))).toEqual([[delivery], [delivery], []]);
  expect(shown).toMatchObject({ id: delivery, message: "Built", profile: "coder" });
  expect(received()).toEqual([{ id: delivery, message: "Built" }]);
});

test("quiet hours are set, shown and taken away by the command line", async () => {
  const cli = openCli();

  const none = await cli.data(["quiet-hours", "show"]);
  await cli.data(["quiet-hours", "set", "22:00", "07:30", "Europe/Berlin"]);
  const set = await cli.data(["quiet-hours", "show"]);
  const wrong = await cli.error(["quiet-hours", "set", "22:00", "7:30", "Europe/Berlin"]);
  const nowhere = await cli.error(["quiet-hours", "set", "22:00", "07:30", "Mars/Olympus"]);
  const empty = await cli.error(["quiet-hours", "set", "22:00", "22:00", "Europe/Berlin"]);
  await cli.run(["quiet-hours", "clear"]);

  expect(none).toBe(null);
  expect(set).toEqual({ start: "22:00", end: "07:30", timezone: "Europe/Berlin" });
  expect(wrong).toMatchObject({ code: "invalid_input", message: expect.stringContaining("22:00") });
  expect(empty).toMatchObject({ code: "invalid_input", message: expect.stringContaining("would be none") });
  expect(nowhere).toMatchObject({ code: "invalid_input", message: expect.stringContaining("Europe/Berlin") });
  expect(await cli.data(["quiet-hours", "show"])).toBe(null);
});
