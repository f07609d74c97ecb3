import { createServer, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { Notice } from "../notify/notice.ts";
import { openOutbox, type Outbox, type OutboxParts } from "../notify/open-outbox.ts";
import type { IntegrationRow, NotificationRow } from "../store/tables.ts";
import { openTestHub, type TestHub, type TestHubOptions } from "./open-test-hub.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

/** A receiver of webhooks that may do with a connection what it likes. */
export interface Receiver {
  readonly url: string;
  /** What it was sent, the oldest first. */
  readonly received: { readonly id: string; readonly message: string }[];
}

/** Takes the ping by which a webhook is connected, and leaves everything else to `answer`. */
export async function startReceiver(answer: (response: ServerResponse) => unknown): Promise<Receiver> {
  const received: Receiver["received"] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const { type, data } = (await json(request)) as { type: string; data: { message: string } };
      if (type === "hub.ping") return response.writeHead(204).end();
      received.push({ id: String(request.headers["webhook-id"]), message: data.message });
      return answer(response);
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

export interface TestOutboxOptions extends TestHubOptions {
  readonly parts?: Partial<OutboxParts>;
}

/** A hub with one channel, and an outbox of it whose time is the test's. */
export interface TestOutbox {
  readonly hub: TestHub;
  readonly outbox: Outbox;
  readonly integration: IntegrationRow;
  readonly clock: { now: number };
  /** What the outbox said of its own faults. */
  readonly faults: string[];
  say(message: string, more?: Partial<Notice> & { readonly dedupeKey?: string }): ReturnType<Outbox["accept"]>;
  /** Lets time pass, and has sent what is due then. */
  pass(ms: number): Promise<void>;
  /** The oldest first. */
  rows(): Promise<NotificationRow[]>;
  /** As another process has it. */
  openAnother(): Outbox;
}

/** With a webhook as its channel. */
export async function openTestOutbox({ url }: Receiver, options: TestOutboxOptions = {}): Promise<TestOutbox> {
  const hub = await openTestHub(options);
  return useOutbox(hub, await hub.connect("webhook", url, { WEBHOOK_SECRET: SECRET }), options.parts);
}

/** With any account as its channel. */
export async function useOutbox(
  hub: TestHub,
  integration: IntegrationRow,
  parts: Partial<OutboxParts> = {},
): Promise<TestOutbox> {
  const { profileId } = await hub.addProfile("coder");
  await hub.grant({ ...hub.hub.owner, profileId }, integration);
  const clock = { now: Date.parse("2026-11-22T10:00:00.000Z") };
  const faults: string[] = [];
  const open = (): Outbox => {
    const opened = openOutbox({
      ...hub.hub,
      perMinute: 20,
      now: () => clock.now,
      random: () => 0.5,
      onGone: () => Promise.resolve(),
      onFault: (message) => void faults.push(message),
      ...parts,
    });
    onTestFinished(() => opened.close());
    return opened;
  };
  const outbox = open();
  return {
    hub,
    outbox,
    integration,
    clock,
    faults,
    openAnother: open,
    say: (message, { dedupeKey, ...more } = {}) =>
      outbox.accept({
        integration,
        speaker: { actor: "test", profileId, name: "coder" },
        notice: { message, urgency: "normal", ...more },
        ...(dedupeKey !== undefined && { dedupeKey }),
      }),
    async pass(ms) {
      clock.now += ms;
      await outbox.drain();
    },
    rows: () => hub.hub.store.db.selectFrom("notifications").selectAll().orderBy("id").execute(),
  };
}
