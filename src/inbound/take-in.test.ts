import { expect, test } from "vitest";
import { onEachStore, openTestHub, startChild, startService, type TestDatabase } from "#testing";
import { sendSigned } from "../../test/fixtures/send-signed.ts";
import { openStore } from "../store/open.ts";
import { linkAccount } from "./links.ts";
import { takeIn } from "./take-in.ts";

const SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
const SENDER = new URL("../../test/fixtures/tell-webhooks.ts", import.meta.url);
const HUB = new URL("../../test/fixtures/serve-hub.ts", import.meta.url);

/** A hub in this database that hears Slack, with an agent that hears all of it. */
async function arrange(database: TestDatabase) {
  const slack = await startService({ "POST /auth.test": { ok: true, team_id: "T1", user_id: "U0BOT" } });
  const hub = await openTestHub({ env: { PATCHBAY_DATABASE_URL: database.url } });
  const credentials = { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789", SLACK_SIGNING_SECRET: SECRET };
  const account = await hub.connect("slack", slack.url, credentials);
  const caller = await hub.addProfile("coder");
  const { profile } = await hub.hub.calls.holdingsOf(caller.profileId);
  await linkAccount(hub.hub, "test", account, profile);
  return { hub, account };
}

async function startHub(env: Readonly<Record<string, string>>) {
  const child = startChild(HUB, JSON.stringify(env));
  return { child, url: await child.nextLine() };
}

const event = (ts: string) =>
  JSON.stringify({
    type: "event_callback",
    event_id: `Ev${ts}`,
    event: { type: "message", channel_type: "im", channel: "D1", user: "U1", text: `said ${ts}`, ts },
  });

async function textsIn({ url }: TestDatabase): Promise<string[]> {
  const store = await openStore(url);
  const rows = await store.db.selectFrom("messages").select("text").orderBy("seq").execute();
  await store.close();
  return rows.map(({ text }) => text);
}

await onEachStore((makeDatabase) => {
  test("fifty copies of one event that reach two processes at once are one message", async () => {
    const database = await makeDatabase();
    const { hub, account } = await arrange(database);
    const hubs = await Promise.all([startHub(hub.env), startHub(hub.env)]);

    const senders = hubs.map(({ url }) =>
      startChild(SENDER, `${url}/v1/hooks/${account.id}`, SECRET, event("1795000000.000100"), "25"),
    );

    expect(await Promise.all(senders.map((sender) => sender.nextLine()))).toEqual(["[200]", "[200]"]);
    expect(await textsIn(database)).toEqual(["said 1795000000.000100"]);
  });

  test("what was answered before a process was killed is there once, also after all is sent again", async () => {
    const database = await makeDatabase();
    const { hub, account } = await arrange(database);
    const first = await startHub(hub.env);
    const all = Array.from({ length: 200 }, (_, index) => `1795000000.${String(index).padStart(6, "0")}`);
    const answered: string[] = [];
    const send = async (url: string | undefined, ts: string) => {
      const answer = await sendSigned(`${url}/v1/hooks/${account.id}`, SECRET, event(ts)).catch(() => undefined);
      if (answer?.status === 200) answered.push(ts);
    };

    const sending = all.map((ts) => send(first.url, ts));
    await Promise.race(sending);
    await first.child.kill();
    await Promise.all(sending);
    const answeredByFirst = [...answered];
    const kept = await textsIn(database);
    const second = await startHub(hub.env);
    await Promise.all(all.map((ts) => send(second.url, ts)));

    expect(answeredByFirst).not.toEqual([]);
    expect(kept).toEqual(expect.arrayContaining(answeredByFirst.map((ts) => `said ${ts}`)));
    expect((await textsIn(database)).toSorted()).toEqual(all.map((ts) => `said ${ts}`));
  });

  test("what is stored later has the higher number, also where it began earlier", async () => {
    const database = await makeDatabase();
    const { hub, account } = await arrange(database);
    const watcher = await database.open();
    const parts = {
      ...hub.hub,
      say: () => Promise.resolve(),
      wakeOutbox: () => {},
      tellRuntime: () => Promise.resolve(),
      onFault: () => {},
    };
    const said = { person: { id: "U1" }, chat: "D1", thread: "D1", isInThread: false, isAddressed: true };
    const told = (text: string) => [{ event: { type: "message", message: { ...said, text } }, names: [text] }];
    const order: string[] = [];
    const begun = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();

    const first = takeIn(parts, account, told("first"), async () => {
      begun.resolve();
      await mayEnd.promise;
      order.push("first");
      return true;
    });
    await begun.promise;
    const second = takeIn(parts, account, told("second"), async () => {
      order.push("second");
      return true;
    });
    // Long enough for the second to overtake, if it could.
    for (let reads = 0; reads < 50; reads += 1) await watcher.db.selectFrom("messages").select("id").execute();
    mayEnd.resolve();
    await Promise.all([first, second]);

    expect(order).toEqual(["first", "second"]);
  });
});
