import { createEmulator } from "emulate";
import { afterAll, expect, test } from "vitest";
import { HubError } from "#connector";
import { runOn, startService } from "#testing";
import github from "./connector.ts";

const credentials = { GITHUB_TOKEN: "ghp_test0123456789" };

const emulator = await createEmulator({
  service: "github",
  port: 0,
  seed: {
    tokens: { [credentials.GITHUB_TOKEN]: { login: "octo", scopes: ["repo", "user", "workflow"] } },
    github: {
      users: [{ login: "octo", name: "Octo Cat" }],
      repos: [
        { owner: "octo", name: "app", description: "An app", auto_init: true },
        { owner: "octo", name: "issues", auto_init: true },
        { owner: "octo", name: "pulls", auto_init: true },
        { owner: "octo", name: "files", auto_init: true },
        { owner: "octo", name: "empty", auto_init: false },
        { owner: "octo", name: "blank", auto_init: false },
      ],
    },
  },
});
afterAll(() => emulator.close());

const run = (operation: string, input: Record<string, unknown>) =>
  runOn(emulator.url, github, operation, input, { credentials });

const app = { owner: "octo", repo: "app" };
const issues = { owner: "octo", repo: "issues" };
const pulls = { owner: "octo", repo: "pulls" };
const files = { owner: "octo", repo: "files" };

test("the viewer is the account", async () => {
  const viewer = await run("read_viewer", {});

  expect(viewer).toMatchObject({ login: "octo", name: "Octo Cat" });
  expect(github.verify?.account({ id: 7, login: "octo" }, {})).toEqual({
    id: "7",
    label: "octo",
  });
});

test("the token of an app's installation is proved by the refusal to say whose it is", () => {
  const refusal = new HubError("service_rejected", "GitHub rejected the call.", {
    serviceWords: "Resource not accessible by integration",
  });
  const otherRefusal = new HubError("service_rejected", "GitHub rejected the call.", { serviceWords: "Forbidden" });

  expect(github.verify?.accountOfRefusal?.(refusal, {})).toEqual({ label: "GitHub App installation" });
  expect(github.verify?.accountOfRefusal?.(otherRefusal, {})).toBe(undefined);
});

test("every request names the API version and carries the credential", async () => {
  await using service = await startService({
    "GET /user": { id: 1, login: "octo" },
  });

  await runOn(service, github, "read_viewer", {}, { credentials });

  expect(service.exchanges).toMatchObject([
    { headers: { authorization: "Bearer ghp_test0123456789", "x-github-api-version": "2022-11-28" } },
  ]);
});

test("a list says where it goes on, until its end", async () => {
  const first = await run("list_repositories", { per_page: 4 });
  const last = await run("list_repositories", { per_page: 4, page: 2 });

  expect(first).toMatchObject({ next_page: 2 });
  expect(last).not.toHaveProperty("next_page");
  expect(last).toMatchObject({ repositories: [{ full_name: expect.any(String) }, { full_name: expect.any(String) }] });
});

test("a repository without a path is described, with its top-level entries", async () => {
  const read = await run("read_repository", app);

  expect(read).toMatchObject({
    repository: { full_name: "octo/app", description: "An app", default_branch: "main", private: false },
    entries: [{ path: "README.md", type: "file" }],
  });
});

test("an empty repository has no entries", async () => {
  const read = await run("read_repository", { owner: "octo", repo: "empty" });

  expect(read).toMatchObject({ repository: { full_name: "octo/empty" }, entries: [] });
});

test("the path of a file gives its text alone", async () => {
  const read = await run("read_repository", { ...app, path: "README.md" });

  expect(read).toMatchObject({ file: { path: "README.md", text: "# app\n\nAn app\n" } });
  expect(read).not.toHaveProperty("repository");
});

test("a file above a megabyte is read from its blob", async () => {
  await using service = await startService({
    "GET /repos/octo/app/contents/big.txt": {
      path: "big.txt",
      size: 2_000_000,
      sha: "b1",
      encoding: "none",
      content: "",
    },
    "GET /repos/octo/app/git/blobs/b1": { content: Buffer.from("big").toString("base64"), encoding: "base64" },
  });

  const read = await runOn(service, github, "read_repository", { ...app, path: "big.txt" }, { credentials });

  expect(read).toEqual({ file: { path: "big.txt", size: 2_000_000, text: "big" } });
});

test("a submodule or symlink is an entry", async () => {
  await using service = await startService({
    "GET /repos/octo/app/contents/lib": { path: "lib", type: "submodule", size: 0, sha: "b1" },
  });

  const read = await runOn(service, github, "read_repository", { ...app, path: "lib" }, { credentials });

  expect(read).toEqual({ entries: [{ path: "lib", type: "submodule", size: 0 }] });
});

test("files are committed to a new branch at once, and read back from it", async () => {
  const commit = await run("commit_files", {
    ...files,
    branch: "feature/a",
    create_from: "main",
    message: "Rework",
    files: [
      { path: "src/a b.ts", text: "needle ✓" },
      { path: "src/deep/b.bin", base64: "/wD/" },
    ],
    deletions: ["README.md"],
  });
  const tree = await run("read_repository", { ...files, ref: "feature/a", path: "src", recursive: true });
  const folder = await run("read_repository", { ...files, ref: "feature/a", path: "src" });
  const text = await run("read_repository", { ...files, ref: "feature/a", path: "src/a b.ts" });
  const binary = await run("read_repository", { ...files, ref: "feature/a", path: "src/deep/b.bin" });
  const removed = run("read_repository", { ...files, ref: "feature/a", path: "README.md" });

  expect(commit).toMatchObject({ branch: "feature/a", created_branch: true, sha: expect.stringMatching(/^\w{40}$/) });
  expect(tree).toEqual({
    entries: [
      { path: "src", type: "dir" },
      { path: "src/a b.ts", type: "file", size: 10 },
      { path: "src/deep", type: "dir" },
      { path: "src/deep/b.bin", type: "file", size: 3 },
    ],
    truncated: false,
  });
  expect(folder).toMatchObject({ entries: [{ path: "src/a b.ts" }, { path: "src/deep", type: "dir" }] });
  expect(text).toMatchObject({ file: { text: "needle ✓" } });
  expect(binary).toMatchObject({ file: { base64: "/wD/" } });
  await expect(removed).rejects.toMatchObject({ code: "service_rejected", details: { status: 404 } });
});

test("a folder that is not there is not an empty one", async () => {
  const reading = run("read_repository", { ...app, path: "nowhere", recursive: true });

  await expect(reading).rejects.toMatchObject({ code: "not_found", message: "octo/app has nothing at nowhere." });
});

test("an empty repository takes several files", async () => {
  const blank = { owner: "octo", repo: "blank" };

  const commit = await run("commit_files", {
    ...blank,
    branch: "main",
    message: "Begin",
    files: [
      { path: "a.txt", text: "a" },
      { path: "b.txt", text: "b" },
    ],
  });
  const read = await run("read_repository", blank);

  expect(commit).toMatchObject({ branch: "main", created_branch: true });
  expect(read).toMatchObject({ entries: [{ path: "a.txt" }, { path: "b.txt" }] });
});

test("an issue is created, commented on, read, found, closed and no longer listed", async () => {
  const created = await run("create_issue", { ...issues, title: "Broken", body: "It broke.", labels: ["bug"] });
  const comment = await run("comment_issue", { ...issues, number: 1, body: "Indeed." });
  const read = await run("read_issue", { ...issues, number: 1 });
  const listed = await run("list_issues", { ...issues, labels: ["bug"] });
  const closed = await run("update_issue", { ...issues, number: 1, state: "closed", state_reason: "not_planned" });
  const open = await run("list_issues", issues);
  const found = await run("search_issues", { query: "repo:octo/issues is:issue Broken" });

  expect(created).toMatchObject({ number: 1, title: "Broken", state: "open", labels: [{ name: "bug" }] });
  expect(comment).toMatchObject({ body: "Indeed.", user: { login: "octo" } });
  expect(read).toMatchObject({ issue: { number: 1, body: "It broke." }, comments: [{ body: "Indeed." }] });
  expect(listed).toMatchObject({ issues: [{ number: 1, comments: 1 }] });
  expect(listed).not.toHaveProperty("issues.0.body");
  expect(closed).toMatchObject({ state: "closed", state_reason: "not_planned" });
  expect(open).toEqual({ issues: [] });
  expect(found).toMatchObject({ total_count: 1, items: [{ number: 1, state: "closed" }] });
});

test("a pull request is opened, listed, read and merged", async () => {
  await run("commit_files", {
    ...pulls,
    branch: "topic",
    create_from: "main",
    message: "Change",
    files: [{ path: "needle.ts", text: "export const haystack = 1;\n" }],
  });

  const opened = await run("open_pull_request", { ...pulls, head: "topic", base: "main", title: "Topic" });
  const listed = await run("list_pull_requests", pulls);
  const read = await run("read_pull_request", { ...pulls, number: 1 });
  const merged = await run("merge_pull_request", { ...pulls, number: 1, merge_method: "squash" });
  const found = await run("search_code", { query: "haystack repo:octo/pulls" });

  expect(opened).toMatchObject({ number: 1, head: { ref: "topic" }, base: { ref: "main" }, merged: false });
  expect(listed).toMatchObject({ pull_requests: [{ number: 1, title: "Topic" }] });
  expect(read).toMatchObject({ pull_request: { mergeable: true }, files: [] });
  expect(merged).toMatchObject({ merged: true });
  expect(found).toMatchObject({ items: [{ path: "needle.ts", repository: { full_name: "octo/pulls" } }] });
});

test("pull requests, which GitHub lists among the issues, are left out", async () => {
  const issue = {
    number: 1,
    title: "Broken",
    state: "open",
    html_url: "https://github.com/octo/app/issues/1",
    user: null,
    labels: [],
    comments: 0,
    created_at: "2026-11-22T12:00:00Z",
    updated_at: "2026-11-22T12:00:00Z",
  };
  await using service = await startService({
    "GET /repos/octo/app/issues": [issue, { ...issue, number: 2, pull_request: { html_url: null } }],
  });

  const listed = await runOn(service, github, "list_issues", app, { credentials });

  expect(listed).toEqual({ issues: [issue] });
});

test("a search of code asks for the lines that match", async () => {
  const item = { path: "a.ts", repository: { full_name: "octo/app" }, html_url: "https://github.com/octo/app/a.ts" };
  await using service = await startService({
    "GET /search/code": {
      total_count: 1,
      incomplete_results: false,
      items: [{ ...item, text_matches: [{ fragment: "the line", object_url: "https://api.github.com" }] }],
    },
  });

  const found = await runOn(service, github, "search_code", { query: "line" }, { credentials });

  expect(found).toMatchObject({ items: [{ ...item, text_matches: [{ fragment: "the line" }] }] });
  expect(service.exchanges).toMatchObject([
    { query: { q: "line", page: "1", per_page: "30" }, headers: { accept: expect.stringContaining("text-match") } },
  ]);
});

/** As little as emulators, older servers and other editions answer. */
const BARE = {
  "GET /user": { id: 1, login: "octo" },
  "GET /user/repos": [{ full_name: "octo/app" }],
  "GET /repos/octo/app": { full_name: "octo/app" },
  "GET /repos/octo/app/contents": [{ path: "a.ts" }],
  "GET /repos/octo/app/contents/a.ts": { path: "a.ts", encoding: "base64", content: "YQ==" },
  "GET /repos/octo/app/issues": [{ number: 1 }],
  "POST /repos/octo/app/issues": { number: 1, labels: ["bug"] },
  "GET /repos/octo/app/issues/1": { number: 1 },
  "PATCH /repos/octo/app/issues/1": { number: 1 },
  "GET /repos/octo/app/issues/1/comments": [{ id: 2 }],
  "POST /repos/octo/app/issues/1/comments": { id: 2 },
  "GET /repos/octo/app/pulls": [{ number: 3 }],
  "POST /repos/octo/app/pulls": { number: 3 },
  "GET /repos/octo/app/pulls/3": { number: 3 },
  "GET /repos/octo/app/pulls/3/files": [{ filename: "a.ts" }],
  "PUT /repos/octo/app/pulls/3/merge": { merged: true },
  "GET /repos/octo/app/actions/runs": { workflow_runs: [{ id: 4 }] },
  "GET /repos/octo/app/actions/runs/4": { id: 4 },
  "GET /repos/octo/app/actions/runs/4/jobs": { jobs: [{ id: 5, steps: [{ name: "npm test" }] }] },
  "GET /search/issues": { items: [{ number: 1 }] },
  "GET /search/code": { items: [{ path: "a.ts", repository: { full_name: "octo/app" } }] },
};

test.each([
  ["read_viewer", {}, BARE["GET /user"]],
  ["list_repositories", {}, { repositories: [{ full_name: "octo/app" }] }],
  ["read_repository", app, { repository: { full_name: "octo/app" }, entries: [{ path: "a.ts" }] }],
  ["read_repository", { ...app, path: "a.ts" }, { file: { path: "a.ts", text: "a" } }],
  ["list_issues", app, { issues: [{ number: 1 }] }],
  ["create_issue", { ...app, title: "Broken", labels: ["bug"] }, { number: 1, labels: ["bug"] }],
  ["read_issue", { ...app, number: 1 }, { issue: { number: 1 }, comments: [{ id: 2 }] }],
  ["update_issue", { ...app, number: 1, state: "closed" }, { number: 1 }],
  ["comment_issue", { ...app, number: 1, body: "Indeed." }, { id: 2 }],
  ["list_pull_requests", app, { pull_requests: [{ number: 3 }] }],
  ["open_pull_request", { ...app, title: "Topic", head: "topic", base: "main" }, { number: 3 }],
  ["read_pull_request", { ...app, number: 3 }, { pull_request: { number: 3 }, files: [{ filename: "a.ts" }] }],
  ["merge_pull_request", { ...app, number: 3 }, { merged: true }],
  ["list_workflow_runs", app, { workflow_runs: [{ id: 4 }] }],
  ["read_workflow_run", { ...app, run_id: 4 }, { run: { id: 4 }, jobs: [{ id: 5, steps: [{ name: "npm test" }] }] }],
  ["search_issues", { query: "broken" }, BARE["GET /search/issues"]],
  ["search_code", { query: "a" }, BARE["GET /search/code"]],
])("%s %o makes do with the least of answers", async (operation, input, expected) => {
  await using service = await startService(BARE);

  const result = await runOn(service, github, operation, input, { credentials });

  expect(result).toEqual(expected);
});

test.each([
  { owner: "..", repo: "app" },
  { owner: "octo/app", repo: "app" },
  { owner: "octo", repo: ".." },
  { owner: "octo", repo: "app?x=1" },
  { ...app, path: "../../user" },
  { ...app, path: "/etc/passwd" },
  { ...app, path: "a//b" },
  { ...app, path: "a/./b" },
  { ...app, ref: "../main" },
])("$owner/$repo $path $ref names nothing in a repository", async (input) => {
  await expect(run("read_repository", input)).rejects.toMatchObject({ code: "invalid_input" });
});
