import { expect, onTestFinished, test } from "vitest";
import {
  type Exchange,
  openTestHub,
  startService,
  startSocketService,
  type TestHub,
  type TestHubOptions,
} from "#testing";
import { findProfile } from "../access/profiles.ts";
import { changeIntegration } from "../integrations/change.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { takeLease } from "../store/leases.ts";
import type { HearingParts } from "./hearing-parts.ts";
import { linkAccount } from "./links.ts";
import { poll } from "./poll.ts";

/** A lease that a busy machine renews in time, and of which the next holder does not wait for long. */
const TIMING = { leaseMs: 9_000, pauseMs: 10 };

async function hearAll(hub: TestHub, account: IntegrationRow): Promise<void> {
  await hub.addProfile("coder");
  const profile = await findProfile(hub.hub.store.db, hub.workspaceId, "coder");
  await linkAccount(hub.hub, "test", account, profile);
}

function listenTo({ hub }: TestHub) {
  const listening = hub.inbound.listen(TIMING);
  onTestFinished(() => listening.stop());
  return listening;
}

const textsOf = async ({ hub }: TestHub) =>
  (await hub.store.db.selectFrom("messages").select("text").orderBy("seq").execute()).map(({ text }) => text);

const update = (id: number, text: string) => ({
  update_id: id,
  message: { message_id: id, date: 1_795_000_000, from: { id: 7 }, chat: { id: 7, type: "private" }, text },
});

/** Telegram as it treats a bot: it gives updates from an offset on, and forgets those before. */
async function startTelegram() {
  let kept: { update_id: number }[] = [];
  const answers: ((result: object) => void)[] = [];
  const state = { webhook: "", isDown: false };
  const down = { status: 400, body: { ok: false, error_code: 400, description: "Bad Request: down" } };
  const getUpdates = async ({ body }: Exchange) => {
    if (state.webhook !== "") {
      const description = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first";
      return { status: 409, body: { ok: false, error_code: 409, description } };
    }
    if (state.isDown) return down;
    const { offset = 0 } = body as { offset?: number };
    kept = kept.filter(({ update_id }) => update_id >= offset);
    if (kept.length === 0) await new Promise<object>((resolve) => answers.push(resolve));
    return state.isDown ? down : { ok: true, result: kept };
  };
  const service = await startService({
    "POST /bot111:aaa/getMe": { ok: true, result: { id: 111, is_bot: true, first_name: "Bot", username: "one_bot" } },
    "POST /bot111:aaa/getUpdates": getUpdates,
    "POST /bot111:aaa/setWebhook": ({ body }: Exchange) => {
      state.webhook = (body as { url: string }).url;
      return { ok: true, result: true };
    },
    "POST /bot111:aaa/deleteWebhook": () => {
      state.webhook = "";
      return { ok: true, result: true };
    },
  });
  const say = (id: number, text: string): void => {
    kept.push(update(id, text));
    for (const answer of answers.splice(0)) answer({});
  };
  const asked = () => service.exchanges.filter(({ path }) => path.endsWith("getUpdates"));
  return { ...service, say, asked, state };
}

async function arrangeTelegram(options?: TestHubOptions) {
  const telegram = await startTelegram();
  const hub = await openTestHub(options);
  const account = await hub.connect("telegram", telegram.url, { TELEGRAM_BOT_TOKEN: "111:aaa" });
  await hearAll(hub, account);
  return { telegram, hub, account };
}

test("Telegram is asked for what is new, each update once, also after the hub was restarted", async () => {
  const { telegram, hub } = await arrangeTelegram();
  const first = listenTo(hub);

  telegram.say(10, "One");
  await expect.poll(() => textsOf(hub)).toEqual(["One"]);
  telegram.say(11, "Two");
  await expect.poll(() => textsOf(hub)).toEqual(["One", "Two"]);
  await first.stop();
  listenTo(hub);
  telegram.say(12, "Three");

  await expect.poll(() => textsOf(hub)).toEqual(["One", "Two", "Three"]);
  const wanted = { timeout: 25, allowed_updates: ["message", "callback_query"] };
  expect(telegram.asked().map(({ body }) => body)).toEqual(
    expect.arrayContaining([wanted, { ...wanted, offset: 11 }, { ...wanted, offset: 12 }]),
  );
});

test("of two that listen one asks, and the other goes on when it is gone", async () => {
  const { telegram, hub } = await arrangeTelegram();
  const listeners = [listenTo(hub), listenTo(hub)];

  telegram.say(10, "One");
  await expect.poll(() => textsOf(hub)).toEqual(["One"]);
  const askedAtOnce = new Set(telegram.asked().map(({ from }) => from)).size;
  await listeners[0]?.stop();
  telegram.say(11, "Two");

  await expect.poll(() => textsOf(hub)).toEqual(["One", "Two"]);
  expect(askedAtOnce).toBe(1);
});

test("who has lost the right to listen stores nothing of what it has heard, and asks no more", async () => {
  const { hub, account } = await arrangeTelegram();
  const { store, catalog } = hub.hub;
  const { inbound } = await catalog.connector("telegram");
  const lease = (await takeLease(store, "listen", 0)) ?? fail();
  await takeLease(store, "listen", 0);
  const answers = [{ updates: [update(10, "One")], position: "11" }];
  const next = async () => answers.shift() ?? fail();
  const turn = { lease, signal: new AbortController().signal, onHeard: () => {} };

  await poll(partsOf(hub), inbound ?? fail(), { next }, account, turn);

  expect(await textsOf(hub)).toEqual([]);
});

/** What a hub listens with, without what it says of it. */
function partsOf({ hub }: TestHub): HearingParts {
  return {
    ...(hub as unknown as HearingParts),
    say: () => Promise.resolve(),
    wakeOutbox: () => {},
    tellRuntime: () => Promise.resolve(),
  };
}

function fail(): never {
  throw new Error("it is asked once");
}

test("an account that is connected, or disconnected, while the hub listens is heard, or no more", async () => {
  const telegram = await startTelegram();
  const hub = await openTestHub();
  listenTo(hub);

  const account = await hub.connect("telegram", telegram.url, { TELEGRAM_BOT_TOKEN: "111:aaa" });
  await hearAll(hub, account);
  telegram.say(10, "One");
  await expect.poll(() => textsOf(hub)).toEqual(["One"]);

  const { disconnect } = await import("../integrations/disconnect.ts");
  await disconnect(hub.hub, "test", account);
  await Promise.all(
    telegram
      .asked()
      .slice(-1)
      .map(({ abandoned }) => abandoned),
  );

  expect(await textsOf(hub)).toEqual(["One"]);
});

test("a webhook that somebody else has set up gives way", async () => {
  const { telegram, hub } = await arrangeTelegram();
  telegram.state.webhook = "https://elsewhere.example.com";
  listenTo(hub);

  telegram.say(10, "One");

  await expect.poll(() => textsOf(hub)).toEqual(["One"]);
});

test("where services can reach the hub, Telegram calls it, by a secret that only the two know", async () => {
  const { telegram, hub, account } = await arrangeTelegram({ env: { PATCHBAY_PUBLIC_URL: "https://hub.example.com" } });
  listenTo(hub);
  await expect.poll(() => telegram.state.webhook).toBe(`https://hub.example.com/v1/hooks/${account.id}`);
  const [{ secret_token }] = telegram.exchanges
    .filter(({ path }) => path.endsWith("setWebhook"))
    .map(({ body }) => body) as [{ secret_token: string }];

  const tell = (secret: string) =>
    hub.hub.inbound.receive(account.id, {
      headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": secret },
      bytes: Buffer.from(JSON.stringify(update(10, "One"))),
      url: "",
    });
  await tell(secret_token);

  await expect(tell("guessed")).rejects.toMatchObject({ code: "unauthenticated" });
  expect(await textsOf(hub)).toEqual(["One"]);
  expect(secret_token.length).toBeGreaterThan(40);
  expect(telegram.asked()).toEqual([]);
});

test("a bot that another program hears is left to it, until the owner says otherwise", async () => {
  const telegram = await startTelegram();
  const hub = await openTestHub({ env: { PATCHBAY_PUBLIC_URL: "https://hub.example.com" } });
  const account = await hub.connect("telegram", telegram.url, { TELEGRAM_BOT_TOKEN: "111:aaa" });
  listenTo(hub);
  await expect.poll(() => telegram.state.webhook).not.toBe("");

  await changeIntegration(hub.hub, "test", account, { config: { hear: false } });
  await expect.poll(() => telegram.state.webhook).toBe("");
  telegram.state.webhook = "https://elsewhere.example.com";
  const asked = telegram.exchanges.length;
  await changeIntegration(hub.hub, "test", account, { config: { hear: false, defaultChatId: "7" } });
  await expect.poll(() => leaseIsFree(hub, account)).toBe(true);

  expect(telegram.exchanges.slice(asked)).toEqual([]);
  await changeIntegration(hub.hub, "test", account, { config: { hear: null } });
  await expect.poll(() => telegram.state.webhook).toContain("https://hub.example.com");
  expect(telegram.asked()).toEqual([]);
});

/** Whether whoever looked what is to be heard of an account as it is now is done. */
async function leaseIsFree({ hub }: TestHub, { id }: IntegrationRow): Promise<boolean> {
  const lease = await hub.store.db
    .selectFrom("leases")
    .selectAll()
    .where("name", "=", `listen ${id}`)
    .executeTakeFirst();
  return (lease?.fence ?? 0) >= 3 && lease?.held_until === null;
}

test("a service that was away again and again is heard again each time, without a longer and longer pause", async () => {
  const { telegram, hub } = await arrangeTelegram();
  listenTo(hub);

  for (let outages = 1; outages <= 5; outages += 1) {
    const before = telegram.asked().length;
    telegram.state.isDown = true;
    telegram.say(outages, "");
    await expect.poll(() => telegram.asked().length).toBeGreaterThan(before + 3);
    telegram.state.isDown = false;
    telegram.say(100 * outages, `Outage ${outages}`);
    await expect.poll(() => textsOf(hub)).toHaveLength(outages);
  }

  expect((await textsOf(hub)).at(-1)).toBe("Outage 5");
});

/** Slack as it speaks by Socket Mode. */
async function arrangeSlack() {
  const slack = await startSocketService((request, response) => {
    const isOpen = request.url === "/api/apps.connections.open";
    const isApp = request.headers.authorization === "Bearer xapp-1-sentinel";
    const account = { ok: true, team_id: "T1", user_id: "U0BOT", team: "Acme", user: "bot" };
    const opened = isApp
      ? { ok: true, url: `${slack.url.replace("http", "ws")}/link?ticket=1` }
      : { ok: false, error: "invalid_auth" };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(isOpen ? opened : account));
  });
  const hub = await openTestHub();
  const credentials = { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789", SLACK_APP_TOKEN: "xapp-1-sentinel" };
  const account = await hub.connect("slack", `${slack.url}/api`, credentials);
  await hearAll(hub, account);
  const peer = async (number: number) => {
    await expect.poll(() => slack.peers.length).toBe(number);
    const found = slack.peers[number - 1];
    if (!found) throw new Error("it is there");
    return found;
  };
  return { hub, account, slack, peer };
}

const envelope = (id: string, ts: string, text: string) => ({
  envelope_id: id,
  type: "events_api",
  payload: {
    type: "event_callback",
    event_id: `Ev${ts}`,
    event: { type: "message", channel_type: "im", channel: "D1", user: "U1", text, ts },
  },
});

test("Slack is heard by Socket Mode, and each envelope is acknowledged once it is stored", async () => {
  const { hub, peer } = await arrangeSlack();
  listenTo(hub);
  const socket = await peer(1);

  socket.send({ type: "hello", num_connections: 1 });
  socket.send(envelope("e1", "1795000000.000100", "One"));
  socket.send(envelope("e2", "1795000000.000100", "One"));

  await expect.poll(() => socket.received).toEqual(['{"envelope_id":"e1"}', '{"envelope_id":"e2"}']);
  expect(await textsOf(hub)).toEqual(["One"]);
});

test("an envelope that can't be stored is not acknowledged", async () => {
  const { hub, account, peer } = await arrangeSlack();
  listenTo(hub);
  const socket = await peer(1);
  await hub.hub.store.db
    .updateTable("leases")
    .set({ fence: 99, held_until: "2100-01-01T00:00:00.000Z" })
    .where("name", "=", `listen ${account.id}`)
    .execute();

  socket.send(envelope("e1", "1795000000.000100", "One"));
  await socket.ended;

  expect(socket.received).toEqual([]);
  expect(await textsOf(hub)).toEqual([]);
});

test.each([
  [
    "announces that it ends the connection",
    (socket: { send(frame: object): void }) => socket.send({ type: "disconnect", reason: "refresh_requested" }),
  ],
  ["crashes", (socket: { cut(): void }) => socket.cut()],
])("a Slack that %s is connected to again", async (_, end) => {
  const { hub, peer } = await arrangeSlack();
  listenTo(hub);

  end(await peer(1));
  const second = await peer(2);
  second.send({ ...envelope("e1", "1795000000.000100", "One") });

  await expect.poll(() => textsOf(hub)).toEqual(["One"]);
});
