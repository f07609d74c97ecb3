import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { openTestHub } from "#testing";
import { ensureWorkspace } from "../../access/workspaces.ts";
import { onChanged } from "./listen.ts";

const A_WHILE_MS = 1000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
});

/** A profile of which changes can be recorded, and the number of times that its client was told. */
async function arrange() {
  const testHub = await openTestHub();
  const caller = await testHub.addProfile("coder");
  const tell = vi.fn<() => void>();
  const stop = onChanged(testHub.hub, caller, "access", tell);
  const { store } = testHub.hub;
  const record = async (workspaceId: string, profileId: string | null): Promise<void> => {
    await store.transaction((db) => store.changes.record(db, { workspace_id: workspaceId, profile_id: profileId }));
    await store.changes.catchUp();
  };
  return { testHub, caller, record, tell, stop };
}

test("changes that come together are told once", async () => {
  const { caller, record, tell } = await arrange();

  await record(caller.workspaceId, caller.profileId);
  await record(caller.workspaceId, null);
  vi.advanceTimersByTime(A_WHILE_MS);

  expect(tell).toHaveBeenCalledTimes(1);
});

test("changes that come one after the other are each told", async () => {
  const { caller, record, tell } = await arrange();

  await record(caller.workspaceId, caller.profileId);
  vi.advanceTimersByTime(A_WHILE_MS);
  await record(caller.workspaceId, caller.profileId);
  vi.advanceTimersByTime(A_WHILE_MS);

  expect(tell).toHaveBeenCalledTimes(2);
});

test("changes of other profiles and workspaces are not told", async () => {
  const { testHub, caller, record, tell } = await arrange();
  const other = await testHub.addProfile("writer");
  const elsewhere = await ensureWorkspace(testHub.hub.store, "elsewhere", "live");

  await record(caller.workspaceId, other.profileId);
  await record(elsewhere.id, null);
  vi.advanceTimersByTime(A_WHILE_MS);

  expect(tell).not.toHaveBeenCalled();
});

test("who has stopped listening is not told what was under way", async () => {
  const { caller, record, tell, stop } = await arrange();

  await record(caller.workspaceId, caller.profileId);
  stop();
  vi.advanceTimersByTime(A_WHILE_MS);

  expect(tell).not.toHaveBeenCalled();
});
