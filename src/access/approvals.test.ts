import { expect, test } from "vitest";
import { insertIntegration, onEachStore, startChild, type TestDatabase } from "#testing";
import type { Store } from "../store/open.ts";
import {
  type ApprovalState,
  type ApprovalSubject,
  claimApproval,
  decideApproval,
  type NamedApproval,
} from "./approvals.ts";
import { pageApprovals } from "./page-decisions.ts";
import { createProfile } from "./profiles.ts";
import { ensureWorkspace } from "./workspaces.ts";

/** A store with a profile and an integration, and a call of theirs that needs approval. */
async function arrange(database: TestDatabase) {
  const store = await database.open();
  const workspaceId = (await ensureWorkspace(store, "default", "live")).id;
  const profileId = (await createProfile(store.db, workspaceId, "coder")).id;
  const integrationId = await insertIntegration(store, { workspace_id: workspaceId });
  const subject = {
    workspaceId,
    profileId,
    integrationId,
    operation: "github.merge_pull_request",
    argumentsDigest: "digest",
    argumentsPreview: "{}",
  };
  return { store, workspaceId, subject };
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Until all processes of a race have started. */
const STARTING_MS = 2_500;

interface Waiting {
  readonly id: string;
  readonly subject: ApprovalSubject;
}

/** Calls with arguments of their own that wait for approval, each asked for at its own time. */
async function openMany(store: Store, subject: ApprovalSubject, count: number, askedAt: (index: number) => Date) {
  const waiting: Waiting[] = [];
  for (let index = 0; index < count; index++) {
    const own = { ...subject, argumentsDigest: String(index) };
    waiting.push({ id: (await claimApproval(store, own, { now: askedAt(index) })).approval, subject: own });
  }
  return waiting;
}

/** What one process of a race decided or ran. */
function race({ url }: TestDatabase, role: string, startAt: number, endAt: number, waiting: readonly Waiting[]) {
  const script = new URL("../../test/fixtures/race-approvals.ts", import.meta.url);
  return startChild(script, url, role, String(startAt), String(endAt), JSON.stringify(waiting)).restLines();
}

async function list(store: Store, workspaceId: string, status?: ApprovalState): Promise<readonly NamedApproval[]> {
  return (await pageApprovals(store.db, workspaceId, { profileId: null, status }, { limit: 50 })).data;
}

await onEachStore((makeDatabase) => {
  test("a call waits until it is approved, then runs once", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());

    const asked = await claimApproval(store, subject);
    const askedAgain = await claimApproval(store, subject);
    await decideApproval(store.db, workspaceId, asked.approval, "approved");
    const used = await claimApproval(store, subject);
    const afterwards = await claimApproval(store, subject);

    expect(asked).toMatchObject({ status: "pending", isNew: true });
    expect(askedAgain).toMatchObject({ status: "pending", isNew: false, approval: asked.approval });
    expect(used).toEqual({ status: "approved", approval: asked.approval, by: "owner" });
    expect(afterwards).toMatchObject({ status: "pending", isNew: true });
  });

  test("an approval is for exactly one call's arguments", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const asked = await claimApproval(store, subject);
    await decideApproval(store.db, workspaceId, asked.approval, "approved");

    const other = await claimApproval(store, { ...subject, argumentsDigest: "another" });

    expect(other).toMatchObject({ status: "pending", isNew: true });
  });

  test("a denial is told once", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const asked = await claimApproval(store, subject);
    await decideApproval(store.db, workspaceId, asked.approval, "denied");

    expect(await claimApproval(store, subject)).toEqual({ status: "denied", approval: asked.approval, by: "owner" });
    expect(await claimApproval(store, subject)).toMatchObject({ status: "pending", isNew: true });
  });

  test("an approval that has expired neither runs nor can be decided", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const longAgo = new Date("2026-01-01T00:00:00Z");
    const asked = await claimApproval(store, subject, { now: longAgo });

    await expect(decideApproval(store.db, workspaceId, asked.approval, "approved")).rejects.toMatchObject({
      code: "conflict",
      message: `The approval ${asked.approval} has expired.`,
    });
    expect(await claimApproval(store, subject)).toMatchObject({ status: "pending", isNew: true });
  });

  test("an approval is decided once, and only in its own workspace", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const { approval } = await claimApproval(store, subject);
    const elsewhere = (await ensureWorkspace(store, "other", "live")).id;

    await expect(decideApproval(store.db, elsewhere, approval, "approved")).rejects.toMatchObject({
      code: "not_found",
    });
    await decideApproval(store.db, workspaceId, approval, "denied");
    await expect(decideApproval(store.db, workspaceId, approval, "approved")).rejects.toMatchObject({
      code: "conflict",
    });
  });

  test("of twenty equal calls on two stores at once, one uses the approval", async () => {
    const database = await makeDatabase();
    const { store, workspaceId, subject } = await arrange(database);
    const other = await database.open();
    const { approval } = await claimApproval(store, subject);
    await decideApproval(store.db, workspaceId, approval, "approved");

    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) => claimApproval(index % 2 === 0 ? store : other, subject)),
    );

    expect(claims.filter(({ status }) => status === "approved")).toHaveLength(1);
    expect(await list(store, workspaceId, "pending")).toHaveLength(1);
  });

  test("of two processes that make a call again and again, one runs it once it is approved", async () => {
    const database = await makeDatabase();
    const { store, workspaceId, subject } = await arrange(database);
    const { approval } = await claimApproval(store, subject);
    const script = new URL("../../test/fixtures/retry-call.ts", import.meta.url);
    const children = [1, 2].map(() => startChild(script, database.url, JSON.stringify(subject)));
    const waiting = await Promise.all(children.map((child) => child.nextLine()));

    await decideApproval(store.db, workspaceId, approval, "approved");
    const outcomes = await Promise.all(children.map((child) => child.nextLine()));

    expect(waiting).toEqual([approval, approval]);
    expect(new Set(outcomes)).toEqual(new Set(["ran", "too late"]));
  });

  test("of two processes that approve and deny the same, one decides each", async () => {
    const database = await makeDatabase();
    const { store, workspaceId, subject } = await arrange(database);
    const waiting = await openMany(store, subject, 40, () => new Date());
    const startAt = Date.now() + STARTING_MS;

    const [approved = [], denied = []] = await Promise.all(
      ["approve", "deny"].map((role) => race(database, role, startAt, startAt, waiting)),
    );

    expect([...approved, ...denied].toSorted()).toEqual(waiting.map(({ id }) => id).toSorted());
    const page = await pageApprovals(store.db, workspaceId, { profileId: null, status: "approved" }, { limit: 100 });
    expect(page.data.map(({ id }) => id).toSorted()).toEqual(approved.toSorted());
  });

  test("what is approved while it expires runs once in one of two processes before that, or not at all", async () => {
    const database = await makeDatabase();
    const { store, workspaceId, subject } = await arrange(database);
    const startAt = Date.now() + STARTING_MS;
    const expiring = (index: number) => new Date(startAt + index * 20 - DAY_MS);
    const waiting = await openMany(store, subject, 30, expiring);
    const ids = waiting.map(({ id }) => id);

    const [approved = [], ...runs] = await Promise.all(
      ["approve", "call", "call"].map((role) => race(database, role, startAt, startAt + 1000, waiting)),
    );

    const ran = runs.flat();
    const page = await pageApprovals(store.db, workspaceId, { profileId: null, status: undefined }, { limit: 200 });
    const first = page.data.filter(({ id }) => ids.includes(id));
    expect(new Set(ran).size).toBe(ran.length);
    expect(ran.filter((id) => !approved.includes(id))).toEqual([]);
    expect(
      first
        .filter(({ status }) => status === "used")
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(ran.toSorted());
    expect(first.filter(({ status }) => status !== "used").map(({ status }) => status)).not.toContain("pending");
    expect(first.filter((row) => (row.used_at ?? row.decided_at ?? "") >= row.expires_at)).toEqual([]);
  });

  test("of a user who may consent, an answer counts once and for its own question", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const asked = await claimApproval(store, subject, { ask: "user" });
    const consent = { approval: asked.approval, isGiven: true };

    const given = await claimApproval(store, subject, { ask: "user", consent });
    const replayed = await claimApproval(store, subject, { ask: "user", consent });

    expect(asked).toMatchObject({ status: "consent_needed" });
    expect(given).toEqual({ status: "approved", approval: asked.approval, by: "user" });
    expect(replayed).toMatchObject({ status: "consent_needed", approval: expect.not.stringMatching(asked.approval) });
    expect(await list(store, workspaceId)).toMatchObject([{ id: asked.approval, status: "used" }]);
  });

  test("a user's refusal is kept as one, and the next call asks anew", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const { approval } = await claimApproval(store, subject, { ask: "user" });

    const refused = await claimApproval(store, subject, { ask: "user", consent: { approval, isGiven: false } });

    expect(refused).toEqual({ status: "denied", approval, by: "user" });
    expect(await list(store, workspaceId)).toMatchObject([{ id: approval, status: "denied" }]);
    expect(await claimApproval(store, subject, { ask: "user" })).toMatchObject({ status: "consent_needed" });
  });

  test("a question that a user never answers leaves no trace", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());

    await claimApproval(store, subject, { ask: "user" });

    expect(await list(store, workspaceId)).toEqual([]);
  });

  test("where the owner is asked, no consent of a user counts", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const { approval } = await claimApproval(store, subject);

    const claim = await claimApproval(store, subject, { consent: { approval, isGiven: true } });

    expect(claim).toMatchObject({ status: "pending", approval });
    expect(await list(store, workspaceId, "pending")).toHaveLength(1);
  });

  test("a user's consent settles what already waited for the owner", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const { approval } = await claimApproval(store, subject);

    const asked = await claimApproval(store, subject, { ask: "user" });
    await claimApproval(store, subject, { ask: "user", consent: { approval, isGiven: true } });

    expect(asked).toEqual({ status: "consent_needed", approval });
    await expect(decideApproval(store.db, workspaceId, approval, "approved")).rejects.toMatchObject({
      message: `The approval ${approval} was already used.`,
    });
  });

  test("an owner's decision comes before a user's", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const { approval } = await claimApproval(store, subject);
    await decideApproval(store.db, workspaceId, approval, "denied");

    const claim = await claimApproval(store, subject, { ask: "user", consent: { approval, isGiven: true } });

    expect(claim).toEqual({ status: "denied", approval, by: "owner" });
  });

  test("approvals are listed by what has become of them, with the names of their parties", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const longAgo = new Date("2026-01-01T00:00:00Z");
    const other = { ...subject, argumentsDigest: "another" };
    const { approval: expired } = await claimApproval(store, subject, { now: longAgo });
    const { approval: pending } = await claimApproval(store, subject);
    const { approval: denied } = await claimApproval(store, other);
    await decideApproval(store.db, workspaceId, denied, "denied");

    const names = { profile: "coder", service: "github", account: "octocat" };
    expect(await list(store, workspaceId, "expired")).toMatchObject([{ id: expired, status: "expired", ...names }]);
    expect(await list(store, workspaceId, "pending")).toMatchObject([{ id: pending, status: "pending" }]);
    expect(await list(store, workspaceId, "denied")).toMatchObject([{ id: denied, status: "denied" }]);
    expect(await list(store, workspaceId)).toHaveLength(3);
  });
});
