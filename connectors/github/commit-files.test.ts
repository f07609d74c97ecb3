import { expect, test } from "vitest";
import { runOn, startService } from "#testing";
import github from "./connector.ts";

const credentials = { GITHUB_TOKEN: "ghp_test0123456789" };
const app = { owner: "octo", repo: "app" };
const change = { ...app, branch: "main", message: "Change", files: [{ path: "run.sh", text: "echo hi" }] };

const head = (sha: string, tree: string) => [{ sha, commit: { tree: { sha: tree } } }];
const tree = (...entries: readonly (readonly [string, string, string?])[]) => ({
  tree: entries.map(([path, sha, mode = "100644"]) => ({ path, sha, mode, type: "blob" })),
  truncated: false,
});
const notFastForward = { status: 422, body: { message: "Update is not a fast forward" } };

/** A repository whose branch `main` moves from commit c1 to commit c2 while a commit is being made. */
function movingRepository(treeOfC2: object) {
  const heads = [head("c1", "t1"), head("c2", "t2")];
  const updates: object[] = [notFastForward, {}];
  return startService({
    "GET /repos/octo/app/commits": () => heads.shift(),
    "GET /repos/octo/app/git/trees/t1": tree(["run.sh", "b1"]),
    "GET /repos/octo/app/git/trees/t2": treeOfC2,
    "POST /repos/octo/app/git/trees": { sha: "t9" },
    "POST /repos/octo/app/git/commits": { sha: "c9", html_url: "https://github.com/octo/app/commit/c9" },
    "PATCH /repos/octo/app/git/refs/heads%2Fmain": () => updates.shift(),
  });
}

test("a branch that moved meanwhile is committed to on top of what came between", async () => {
  await using service = await movingRepository(tree(["run.sh", "b1"], ["other.txt", "b2"]));

  const commit = await runOn(service, github, "commit_files", change, { credentials });

  expect(commit).toMatchObject({ sha: "c9", branch: "main", created_branch: false });
  expect(service.exchanges.filter(({ path }) => path.endsWith("/git/commits"))).toMatchObject([
    { body: { parents: ["c1"] } },
    { body: { parents: ["c2"], message: "Change", tree: "t9" } },
  ]);
  expect(service.exchanges.at(-1)).toMatchObject({ body: { sha: "c9", force: false } });
});

test("a branch on which the same file changed meanwhile is a conflict", async () => {
  await using service = await movingRepository(tree(["run.sh", "b2"]));

  const committing = runOn(service, github, "commit_files", change, { credentials });

  await expect(committing).rejects.toMatchObject({
    code: "conflict",
    message: "main moved meanwhile and run.sh may have changed.",
  });
});

test("a commit that is refused although nothing moved is refused", async () => {
  await using service = await startService({
    "GET /repos/octo/app/commits": head("c1", "t1"),
    "GET /repos/octo/app/git/trees/t1": tree(),
    "POST /repos/octo/app/git/trees": { sha: "t9" },
    "POST /repos/octo/app/git/commits": { sha: "c9", html_url: "https://github.com/octo/app/commit/c9" },
    "PATCH /repos/octo/app/git/refs/heads%2Fmain": { status: 422, body: { message: "Protected branch" } },
  });

  const committing = runOn(service, github, "commit_files", change, { credentials });

  await expect(committing).rejects.toMatchObject({ details: { status: 422 }, serviceWords: "Protected branch" });
  expect(service.exchanges.filter(({ method }) => method === "PATCH")).toHaveLength(1);
});

test("an executable file stays executable, and a deletion is part of the same tree", async () => {
  await using service = await startService({
    "GET /repos/octo/app/commits": head("c1", "t1"),
    "GET /repos/octo/app/git/trees/t1": tree(["run.sh", "b1", "100755"], ["old.txt", "b2"]),
    "POST /repos/octo/app/git/trees": { sha: "t9" },
    "POST /repos/octo/app/git/blobs": { sha: "b9" },
    "POST /repos/octo/app/git/commits": { sha: "c9", html_url: "https://github.com/octo/app/commit/c9" },
    "PATCH /repos/octo/app/git/refs/heads%2Fmain": {},
  });
  const files = [...change.files, { path: "logo.png", base64: "iVBO" }];

  await runOn(service, github, "commit_files", { ...change, files, deletions: ["old.txt"] }, { credentials });

  expect(service.exchanges.find(({ path }) => path.endsWith("/git/blobs"))?.body).toEqual({
    content: "iVBO",
    encoding: "base64",
  });
  expect(service.exchanges.find(({ method, path }) => method === "POST" && path.endsWith("/git/trees"))?.body).toEqual({
    base_tree: "t1",
    tree: [
      { path: "old.txt", mode: "100644", type: "blob", sha: null },
      { path: "run.sh", mode: "100755", type: "blob", content: "echo hi" },
      { path: "logo.png", mode: "100644", type: "blob", sha: "b9" },
    ],
  });
});

test("a file that is not there can't be deleted", async () => {
  await using service = await startService({
    "GET /repos/octo/app/commits": head("c1", "t1"),
    "GET /repos/octo/app/git/trees/t1": tree(["run.sh", "b1"]),
  });

  const committing = runOn(service, github, "commit_files", { ...change, deletions: ["gone.txt"] }, { credentials });

  await expect(committing).rejects.toMatchObject({
    code: "not_found",
    message: "octo/app has no gone.txt to delete on main.",
  });
});

test("a branch that is not there is made only if the input says from where", async () => {
  await using service = await startService({});

  const committing = runOn(service, github, "commit_files", change, { credentials });

  await expect(committing).rejects.toMatchObject({
    code: "not_found",
    message: "octo/app has no main that this credential can see.",
    hint: expect.stringContaining("create_from"),
  });
});

test.each([
  ["nothing to commit", { files: [] }],
  ["a path twice", { deletions: ["run.sh"] }],
  ["a file with two contents", { files: [{ path: "a", text: "a", base64: "YQ==" }] }],
  ["a file without content", { files: [{ path: "a" }] }],
  ["a path that leaves the repository", { files: [{ path: "../a", text: "a" }] }],
  ["a branch that is no name", { branch: "a..b" }],
])("%s is refused and GitHub sees nothing", async (_, wrong) => {
  await using service = await startService({});

  const committing = runOn(service, github, "commit_files", { ...change, ...wrong }, { credentials });

  await expect(committing).rejects.toMatchObject({ code: "invalid_input" });
  expect(service.exchanges).toEqual([]);
});
