import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { LooseEntry } from "./chain.ts";
import { openEntryQueue } from "./entry-queue.ts";

function makeEntry(action: string): LooseEntry {
  return {
    workspace_id: "ws_1",
    at: "2026-01-02T03:04:05.678Z",
    action,
    actor: "key_1",
    profile_id: null,
    integration_id: null,
    operation: null,
    details: "{}",
  };
}

/** A queue that remembers which entries were written together. */
function openQueue(laterMs?: number) {
  const commits: string[][] = [];
  const write = async (entries: readonly LooseEntry[]) => void commits.push(entries.map(({ action }) => action));
  return { commits, queue: openEntryQueue(write, laterMs) };
}

test("entries share a commit for as long as each turn of the event loop brings another", async () => {
  const { commits, queue } = openQueue();

  const following = setImmediate().then(() => {
    const third = setImmediate().then(() => queue.add(makeEntry("third")));
    return Promise.all([queue.add(makeEntry("second")), third]);
  });
  await Promise.all([queue.add(makeEntry("first")), following]);

  expect(commits).toEqual([["first", "second", "third"]]);
});

test("an entry that nobody waits for goes with the next that someone does, in its place", async () => {
  const { commits, queue } = openQueue(60_000);

  const outcome = queue.addLater(makeEntry("outcome"));
  await setImmediate();
  await setImmediate();
  await Promise.all([outcome, queue.add(makeEntry("intent"))]);

  expect(commits).toEqual([["outcome", "intent"]]);
});

test("an entry that nobody waits for is written when no other comes", async () => {
  const { commits, queue } = openQueue(1);

  await queue.addLater(makeEntry("outcome"));

  expect(commits).toEqual([["outcome"]]);
});

test("a flush writes what is still to be written, and does nothing where there is nothing", async () => {
  const { commits, queue } = openQueue(60_000);

  await queue.flush();
  const outcome = queue.addLater(makeEntry("outcome"));
  await queue.flush();
  await outcome;
  await queue.flush();
  await queue.add(makeEntry("intent"));

  expect(commits).toEqual([["outcome"], ["intent"]]);
});
