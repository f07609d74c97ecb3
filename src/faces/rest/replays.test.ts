import { expect, test } from "vitest";
import { onEachStore, type TestDatabase } from "#testing";
import { localOwner } from "../../access/principal.ts";
import { ensureWorkspace } from "../../access/workspaces.ts";
import { type Answer, openReplays } from "./replays.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const signingKey = new Uint8Array(32);
const whole = (answer: Answer): Answer => answer;

async function arrange(makeDatabase: () => Promise<TestDatabase>) {
  const store = await (await makeDatabase()).open();
  const { id } = await ensureWorkspace(store, "default", "live");
  const clock = { now: new Date("2026-01-01T00:00:00Z") };
  const replays = openReplays({ store, signingKey, now: () => clock.now });
  const request = { principal: localOwner(id), key: "k", route: "profiles_create", input: { name: "coder" } };
  return { store, clock, replays, request };
}

await onEachStore((makeDatabase) => {
  test("a repeated request is given the first answer, also by another process, and does not run again", async () => {
    const { store, clock, replays, request } = await arrange(makeDatabase);
    const first: Answer = { status: 201, body: { data: { id: "prof_1" } } };
    const never = (): never => expect.fail("it ran again");

    const given = await replays.once(request, async () => first, whole);
    const again = await openReplays({ store, signingKey, now: () => clock.now }).once(request, never, whole);

    expect(given).toEqual({ ...first, isReplay: false });
    expect(again).toEqual({ ...first, isReplay: true });
  });

  test("a failure is an answer, too", async () => {
    const { replays, request } = await arrange(makeDatabase);
    const failure: Answer = { status: 409, body: { code: "conflict" } };
    await replays.once(request, async () => failure, whole);

    const again = await replays.once(request, async () => ({ status: 201 }), whole);

    expect(again).toEqual({ ...failure, isReplay: true });
  });

  test.each([
    ["input", { input: { name: "other" } }],
    ["route", { route: "keys_create" }],
  ])("the same key with another %s is refused", async (_what, change) => {
    const { replays, request } = await arrange(makeDatabase);
    await replays.once(request, async () => ({ status: 201 }), whole);

    const other = replays.once({ ...request, ...change }, async () => ({ status: 201 }), whole);

    await expect(other).rejects.toMatchObject({ code: "idempotency_key_reused", status: 422 });
  });

  test("each key of the hub has idempotency keys of its own", async () => {
    const { replays, request } = await arrange(makeDatabase);
    await replays.once(request, async () => ({ status: 201 }), whole);
    const principal = { ...request.principal, actor: "key_2" };

    const other = await replays.once({ ...request, principal }, async () => ({ status: 200 }), whole);

    expect(other).toEqual({ status: 200, isReplay: false });
  });

  test("of two at once one runs, and the other is told to come back", async () => {
    const { replays, request } = await arrange(makeDatabase);
    const gate = Promise.withResolvers<Answer>();
    const started = Promise.withResolvers<void>();

    const first = replays.once(request, () => (started.resolve(), gate.promise), whole);
    await started.promise;
    const second = replays.once(request, async () => ({ status: 500 }), whole);

    await expect(second).rejects.toMatchObject({ code: "conflict", details: { retryAfterMs: 1000 } });
    gate.resolve({ status: 204 });
    expect(await first).toEqual({ status: 204, isReplay: false });
  });

  test("what a process that died had begun is never run again", async () => {
    const { store, replays, request } = await arrange(makeDatabase);
    const started = Promise.withResolvers<void>();
    void replays.once(request, () => (started.resolve(), new Promise(() => {})), whole);
    await started.promise;
    const later = openReplays({ store, signingKey, now: () => new Date("2026-01-01T12:00:00Z") });

    await expect(later.once(request, async () => ({ status: 201 }), whole)).rejects.toMatchObject({
      code: "conflict",
      hint: expect.stringContaining("whether it took effect"),
    });
  });

  test("after a day the key is free again", async () => {
    const { clock, replays, request } = await arrange(makeDatabase);
    await replays.once(request, async () => ({ status: 201 }), whole);

    clock.now = new Date(clock.now.getTime() + DAY_MS);
    const again = await replays.once(request, async () => ({ status: 200 }), whole);

    expect(again).toEqual({ status: 200, isReplay: false });
  });

  test("an answer of which nothing is kept leaves the key free for the same request, or another", async () => {
    const { store, replays, request } = await arrange(makeDatabase);
    const pending: Answer = { status: 200, body: { data: { status: "approval_pending" } } };

    const first = await replays.once(
      request,
      async () => pending,
      () => undefined,
    );
    const rows = await store.db.selectFrom("answers").selectAll().execute();
    const second = await replays.once(request, async () => ({ status: 201 }), whole);

    expect([first, second]).toEqual([
      { ...pending, isReplay: false },
      { status: 201, isReplay: false },
    ]);
    expect(rows).toEqual([]);
  });

  test("only what may be kept is in the store, and nothing of the request but a digest that needs a key", async () => {
    const { store, replays, request } = await arrange(makeDatabase);
    const input = { password: "sentinel-in" };
    const answer: Answer = { status: 201, body: { data: { key: "sentinel-out" } } };

    await replays.once(
      { ...request, input },
      async () => answer,
      () => ({ status: 409, body: {} }),
    );
    const [row] = await store.db.selectFrom("answers").selectAll().execute();

    expect(JSON.stringify(row)).not.toContain("sentinel");
    expect(row).toMatchObject({ status: 409, request: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});
