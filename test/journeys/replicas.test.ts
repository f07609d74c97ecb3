import { expect, onTestFinished, test } from "vitest";
import { createKey } from "../../src/access/keys.ts";
import { digest } from "../../src/digest.ts";
import { onPostgres, openTestHub, startService, type TestHub } from "#testing";
import { CLIENTS } from "./any-client.ts";
import { openCli, type Running } from "./open-cli.ts";

const SECRET = `whsec_${"A".repeat(43)}=`;
const CONNECTIONS = 8;
/** More with `PATCHBAY_TEST_CALLS=20000 npm test -- journeys/replicas`. */
const CALLS = Number(process.env["PATCHBAY_TEST_CALLS"] ?? 120);

interface Replica {
  readonly url: string;
  readonly process: Running;
}

const inputOf = (number: number) => ({ type: "load.test", data: { number } });

/** Replicas in processes of their own, and an agent that may send events to a service which remembers them. */
async function arrange(testHub: TestHub, count: number) {
  const events: number[] = [];
  const service = await startService({
    "POST /": ({ body }) => {
      const { type, data } = body as ReturnType<typeof inputOf>;
      if (type === "load.test") events.push(data.number);
      return { status: 204 };
    },
  });
  onTestFinished(() => service[Symbol.asyncDispose]());
  const caller = await testHub.addProfile("coder");
  const integration = await testHub.connect("webhook", service.url, { WEBHOOK_SECRET: SECRET });
  await testHub.grant(caller, integration);
  const { workspaceId } = testHub;
  const owner = await createKey(testHub.hub.store.db, { workspaceId, mode: "live" });
  const cli = openCli(testHub.env);
  const replicas = await Promise.all(
    Array.from({ length: count }, async (): Promise<Replica> => {
      const process = cli.spawn(["start", "--json"]);
      const { data } = JSON.parse(await process.printed("\n}\n")) as { data: { url: string } };
      return { url: data.url, process };
    }),
  );
  return { events, integration, replicas, key: await testHub.addKey(caller), ownerKey: owner.token };
}

/** Sends one event, and again elsewhere where the answer is lost; what it is answered says whether it was sent, or may have been. */
async function sendEvent(replicas: readonly Replica[], key: string, number: number): Promise<"sent" | "unknown"> {
  for (let turn = number; ; turn += 1) {
    const { url } = replicas[turn % replicas.length] ?? { url: "" };
    const answer = await fetch(`${url}/v1/tools/mcp__webhook__send_event/call`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        "idempotency-key": `event-${number}`,
      },
      body: JSON.stringify({ input: inputOf(number) }),
    }).catch(() => undefined);
    if (answer?.status === 200) return "sent";
    // The first request with this key was cut off, and nobody knows how far it came.
    if (answer?.status === 409) return "unknown";
    if (answer) throw new Error(`event ${number} was answered ${answer.status}: ${await answer.text()}`);
  }
}

/** Sends events over several connections at once, and tells how each ended. */
async function sendAll(send: (number: number) => Promise<"sent" | "unknown">) {
  const sent: number[] = [];
  const unknown: number[] = [];
  let next = 0;
  async function work(): Promise<void> {
    while (next < CALLS) {
      const number = next++;
      const end = await send(number);
      (end === "sent" ? sent : unknown).push(number);
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  return { sent, unknown };
}

/** The inputs of all calls that the ledger has an entry of this kind of. */
async function readLedger({ hub, workspaceId }: TestHub) {
  const inputs = new Set<unknown>();
  const intents = new Map<unknown, unknown>();
  const outcomes = new Set<unknown>();
  for await (const { action, details } of hub.audit.entries(workspaceId)) {
    const { call, input } = JSON.parse(details) as { call?: string; input?: string };
    if (action === "call.intent") intents.set(call, input);
    if (action === "call.intent") inputs.add(input);
    if (action === "call.outcome") outcomes.add(call);
  }
  return { inputs, withoutOutcome: [...intents.keys()].filter((call) => !outcomes.has(call)) };
}

await onPostgres((makeDatabase) => {
  test.each([2, 4])(
    "of %d replicas one is killed under load, and no event is lost, sent twice or missing from the ledger",
    { timeout: 120_000 + CALLS * 100 },
    async (count) => {
      const env = { PATCHBAY_DATABASE_URL: (await makeDatabase()).url };
      const file = { server: { limits: { requestsPerMinute: 1_000_000 } } };
      const testHub = await openTestHub({ env, file });
      const { events, integration, replicas, key, ownerKey } = await arrange(testHub, count);
      const [victim, ...survivors] = replicas;
      let answered = 0;

      const { sent, unknown } = await sendAll(async (number) => {
        const end = await sendEvent(replicas, key, number);
        answered += 1;
        if (answered === Math.floor(CALLS / 3)) void victim?.process.stop("SIGKILL");
        return end;
      });

      // Those that were under way in the process that died, and those whose outcome it had not yet written; the others
      // write theirs a little later.
      await expect
        .poll(async () => (await readLedger(testHub)).withoutOutcome.length)
        .toBeLessThanOrEqual(2 * CONNECTIONS);
      const { inputs } = await readLedger(testHub);
      expect(new Set(events).size).toBe(events.length);
      expect(sent.filter((number) => !events.includes(number))).toEqual([]);
      expect(unknown.length).toBeLessThanOrEqual(CONNECTIONS);
      expect(events.filter((number) => !inputs.has(digest(inputOf(number))))).toEqual([]);
      expect(await testHub.hub.audit.verify(testHub.workspaceId)).toMatchObject({ ok: true });

      const heard = survivors.map(() => 0);
      const openClient = new Map(CLIENTS).get("the v2 client, pinned to 2026-07-28");
      await Promise.all(
        survivors.map(async ({ url }, index) => {
          await openClient?.({ url: new URL(`${url}/mcp`), key }, () => (heard[index] = (heard[index] ?? 0) + 1));
        }),
      );
      const toggled = await fetch(`${survivors[0]?.url}/v1/profiles/coder/grants/${integration.id}`, {
        method: "PATCH",
        headers: { authorization: `Bearer ${ownerKey}`, "content-type": "application/json" },
        body: JSON.stringify({ enabled: false }),
      });
      expect(toggled.status).toBe(200);
      await expect.poll(() => heard.every((times) => times > 0)).toBe(true);
    },
  );
});
