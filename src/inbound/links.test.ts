import { expect, test } from "vitest";
import { openTestHub, startService } from "#testing";
import type { Said } from "../connector/inbound.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { findProfile } from "../access/profiles.ts";
import { deleteLink, linkAccount, linksIn, makeLinkCode, readLinkCode } from "./links.ts";
import { takeIn } from "./take-in.ts";

const startTelegram = (token: string) =>
  startService({
    [`POST /bot${token}/getMe`]: {
      ok: true,
      result: { id: 111, is_bot: true, first_name: "Bot", username: "one_bot" },
    },
  });

/** A hub with two bots and two agents, and what it says to people. */
async function arrange() {
  const hub = await openTestHub();
  const tokens = ["111:aaa", "222:bbb"] as const;
  const [one, two] = await Promise.all(
    tokens.map(async (token) => {
      const { url } = await startTelegram(token);
      return hub.connect("telegram", url, { TELEGRAM_BOT_TOKEN: token }, { label: `bot ${token}` });
    }),
  );
  await hub.addProfile("coder");
  await hub.addProfile("writer");
  if (!one || !two) throw new Error("both bots are connected");
  const { store } = hub.hub;
  const said: string[] = [];
  const parts = {
    ...hub.hub,
    onFault: () => {},
    tellRuntime: () => Promise.resolve(),
    wakeOutbox: () => {},
    say: async (_db: unknown, _: IntegrationRow, thread: string, text: string) => void said.push(`${thread}: ${text}`),
  };
  let told = 0;
  const say = async (bot: IntegrationRow, text: string, more: Partial<Said> = {}) => {
    told += 1;
    const message = {
      text,
      person: { id: "7" },
      chat: "7",
      thread: "7",
      isInThread: false,
      isAddressed: true,
      ...more,
    };
    await takeIn(parts, bot, [{ event: { type: "message", message }, names: [String(told)] }]);
  };
  const profile = (name: string) => findProfile(store.db, hub.workspaceId, name);
  const codeFor = async (bot: IntegrationRow, name: string) =>
    (await makeLinkCode(hub.hub, "test", bot, await profile(name))).code;
  const heard = async () =>
    store.db
      .selectFrom("messages")
      .innerJoin("profiles", "profiles.id", "messages.profile_id")
      .select(["profiles.name", "messages.text"])
      .orderBy("messages.seq")
      .execute();
  return { hub, one, two, parts, say, said, profile, codeFor, heard };
}

test.each([
  ["/link 0123456789", "0123456789"],
  ["/LINK abcdefghjk", "ABCDEFGHJK"],
  ["/start 0123456789", "0123456789"],
  ["/link@one_bot 0123456789", "0123456789"],
  ["<@U0BOT> link 0123456789", "0123456789"],
  ["/link nonsense", "NONSENSE"],
  ["link the two issues", undefined],
  ["link nonsense", undefined],
  ["start deployment", undefined],
  ["link ABCDEFGHJ0", "ABCDEFGHJ0"],
  ["please /link 0123456789", undefined],
  ["/start", undefined],
])("%s holds the code %s", (text, code) => {
  expect(readLinkCode(text)).toBe(code);
});

test("a code claims the conversation in which it is said, for its profile, once", async () => {
  const { one, say, said, codeFor, heard } = await arrange();
  const code = await codeFor(one, "coder");

  await say(one, `/link ${code.toLowerCase()}`);
  await say(one, "Ship it");
  await say(one, `/link ${code}`, { person: { id: "8" }, chat: "8", thread: "8" });
  await say(one, "Me too", { person: { id: "8" }, chat: "8", thread: "8" });

  expect(await heard()).toEqual([{ name: "coder", text: "Ship it" }]);
  expect(said).toEqual([
    "7: From now on coder hears what is said here.",
    expect.stringMatching(/^8: That code is wrong/),
    expect.stringMatching(/^8: Hello!/),
  ]);
});

test("a code said in a thread claims only the thread", async () => {
  const { one, say, codeFor, heard } = await arrange();
  const inThread = { chat: "-5", thread: "-5:3", isInThread: true, isAddressed: false };

  await say(one, `/link ${await codeFor(one, "coder")}`, inThread);
  await say(one, "In the thread", inThread);
  await say(one, "In the room", { chat: "-5", thread: "-5", isAddressed: false });

  expect(await heard()).toEqual([{ name: "coder", text: "In the thread" }]);
});

test("a code is good for its own bot only, and each bot has its own profile", async () => {
  const { one, two, hub, say, codeFor, profile, heard } = await arrange();
  await linkAccount(hub.hub, "test", one, await profile("coder"));
  await linkAccount(hub.hub, "test", two, await profile("writer"));

  await say(two, `/link ${await codeFor(one, "coder")}`);
  await say(one, "To one");
  await say(two, "To two");

  expect(await heard()).toEqual([
    { name: "coder", text: "To one" },
    { name: "writer", text: "To two" },
  ]);
});

test("a code whose answer can't be kept is not used up", async () => {
  const { hub, one, parts, say, codeFor, heard } = await arrange();
  const code = await codeFor(one, "coder");
  const person = { person: { id: "7" }, chat: "7", thread: "7", isInThread: false, isAddressed: true };
  const event = { type: "message", message: { ...person, text: `/link ${code}` } };
  const mute = { ...parts, say: () => Promise.reject(new Error("the disk is full")) };

  await expect(takeIn(mute, one, [{ event, names: ["first"] }])).rejects.toThrow("the disk is full");
  expect(await linksIn(hub.hub.store.db, hub.workspaceId).execute()).toEqual([]);
  await takeIn(parts, one, [{ event, names: ["first"] }]);
  await say(one, "Ship it");

  expect(await heard()).toEqual([{ name: "coder", text: "Ship it" }]);
});

test("an expired code claims nothing", async () => {
  const { hub, one, say, codeFor, heard } = await arrange();
  const code = await codeFor(one, "coder");
  await hub.hub.store.db.updateTable("link_codes").set({ expires_at: "2026-01-01T00:00:00.000Z" }).execute();

  await say(one, `/link ${code}`);
  await say(one, "Ship it");

  expect(await heard()).toEqual([]);
});

test("after five wrong codes even a right one is not looked at for a while", async () => {
  const { hub, one, say, said, codeFor, heard } = await arrange();
  const guesses = ["0000000001", "0000000002", "0000000003", "0000000004", "0000000005", await codeFor(one, "coder")];

  for (const guess of guesses) await say(one, `/link ${guess}`);

  expect(said).toHaveLength(5);
  expect(await linksIn(hub.hub.store.db, hub.workspaceId).execute()).toEqual([]);

  await hub.hub.store.db.updateTable("strangers").set({ guessing_since: "2026-01-01T00:00:00.000Z" }).execute();
  await say(one, `/link ${guesses[5]}`);
  await say(one, "Ship it");

  expect(await heard()).toEqual([{ name: "coder", text: "Ship it" }]);
});

test("whom no profile hears is told so once, and only if it spoke to the bot", async () => {
  const { one, say, said, heard } = await arrange();

  await say(one, "Hello?");
  await say(one, "Anyone?");
  await say(one, "Not to the bot", { person: { id: "8" }, chat: "-5", thread: "-5", isAddressed: false });

  expect(said).toEqual([expect.stringMatching(/^7: Hello! No agent listens here/)]);
  expect(await heard()).toEqual([]);
});

test("a room that gets another name is heard as before, and answers to what was said there go to it", async () => {
  const { hub, one, parts, say, codeFor, heard } = await arrange();
  const room = { chat: "-5", thread: "-5", isAddressed: false };
  await say(one, `/link ${await codeFor(one, "coder")}`, room);
  await say(one, "Before", room);

  await takeIn(parts, one, [{ event: { type: "message", renamed: { from: "-5", to: "-1005" } }, names: ["moved"] }]);
  await say(one, "After", { ...room, chat: "-1005", thread: "-1005" });

  const rows = await hub.hub.store.db.selectFrom("messages").select(["chat", "thread"]).orderBy("seq").execute();
  expect(await heard()).toEqual([
    { name: "coder", text: "Before" },
    { name: "coder", text: "After" },
  ]);
  expect(rows).toEqual(rows.map(() => ({ chat: "-1005", thread: "-1005" })));
});

test("a link that is ended is heard no more", async () => {
  const { hub, one, say, profile, heard } = await arrange();
  const { id } = await linkAccount(hub.hub, "test", one, await profile("coder"));

  await deleteLink(hub.hub, "test", hub.workspaceId, id);
  await say(one, "Ship it");

  expect(await heard()).toEqual([]);
  await expect(deleteLink(hub.hub, "test", hub.workspaceId, id)).rejects.toMatchObject({ code: "not_found" });
});
