import * as z from "zod";
import { operation } from "#connector";
import { openGithub } from "./client.ts";
import { findNextPage, GitRef, nextPageField, pageFields, repositoryFields, Sha, User } from "./fields.ts";

const pullNumber = z
  .int()
  .positive()
  .describe("The pull request's number, from list_pull_requests, open_pull_request or search_issues");

const PullSummary = z.object({
  number: z.int(),
  title: z.string().nullish(),
  state: z.string().nullish(),
  draft: z.boolean().nullish(),
  html_url: z.string().nullish(),
  user: User,
  head: z.object({ ref: z.string(), label: z.string().nullish(), sha: z.string().nullish() }).nullish(),
  base: z.object({ ref: z.string(), sha: z.string().nullish() }).nullish(),
  created_at: z.string().nullish(),
  updated_at: z.string().nullish(),
});

const Pull = PullSummary.extend({
  body: z.string().nullish(),
  merged: z.boolean().nullish(),
  mergeable: z.boolean().nullish().describe("null while GitHub is still working it out"),
  mergeable_state: z
    .string()
    .nullish()
    .describe("clean, dirty (conflicts), blocked (rules), behind, unstable (checks) and so on"),
  commits: z.int().nullish(),
  additions: z.int().nullish(),
  deletions: z.int().nullish(),
  changed_files: z.int().nullish(),
});

const ChangedFile = z.object({
  filename: z.string(),
  previous_filename: z.string().nullish(),
  status: z.string().nullish(),
  additions: z.int().nullish(),
  deletions: z.int().nullish(),
  patch: z.string().nullish().describe("The change as a diff; absent if it is binary or too large"),
});

export const list_pull_requests = operation({
  summary: "List the pull requests of a repository. Returns their numbers, titles, branches and states.",
  effect: "read",
  input: z.object({
    ...repositoryFields,
    state: z.enum(["open", "closed", "all"]).default("open"),
    head: z.string().min(1).max(255).exactOptional().describe("Only from this branch, written owner:branch"),
    base: GitRef.exactOptional().describe("Only into this branch"),
    sort: z.enum(["created", "updated", "popularity", "long-running"]).default("created"),
    direction: z.enum(["asc", "desc"]).default("desc"),
    ...pageFields,
  }),
  output: z.object({ pull_requests: z.array(PullSummary), ...nextPageField }),
  async run(input, context) {
    const github = await openGithub(context);
    const { data, headers } = await github.pulls.list(input);
    return { pull_requests: data, ...findNextPage(input.page, headers.link) };
  },
});

export const read_pull_request = operation({
  summary:
    "Read one pull request: its description, whether it can be merged, and a page of its changed files with their diffs. Its conversation is in read_issue. Take number from list_pull_requests or search_issues.",
  effect: "read",
  input: z.object({ ...repositoryFields, number: pullNumber, ...pageFields }),
  output: z.object({ pull_request: Pull, files: z.array(ChangedFile), ...nextPageField }),
  async run({ owner, repo, number: pull_number, page, per_page }, context) {
    const github = await openGithub(context);
    const [pull, files] = await Promise.all([
      github.pulls.get({ owner, repo, pull_number }),
      github.pulls.listFiles({ owner, repo, pull_number, page, per_page }),
    ]);
    return { pull_request: pull.data, files: files.data, ...findNextPage(page, files.headers.link) };
  },
});

export const open_pull_request = operation({
  summary:
    "Open a pull request from one branch into another. Returns it with its number and address. commit_files makes the branch and its commits.",
  effect: "write",
  scopes: ["repo"],
  input: z.object({
    ...repositoryFields,
    title: z.string().min(1).max(256),
    head: z.string().min(1).max(255).describe("The branch with the changes; owner:branch if it is in a fork"),
    base: GitRef.describe("The branch to merge into, e.g. the default branch from read_repository"),
    body: z.string().max(65_536).exactOptional().describe("Markdown"),
    draft: z.boolean().exactOptional(),
    maintainer_can_modify: z.boolean().exactOptional().describe("Whether maintainers may push to the branch of a fork"),
  }),
  output: Pull,
  async run(input, context) {
    const github = await openGithub(context);
    const { data } = await github.pulls.create(input);
    return data;
  },
});

export const merge_pull_request = operation({
  summary:
    "Merge a pull request into its base branch. Returns the sha of the merge. read_pull_request tells whether it can be merged, and its head sha.",
  effect: "destructive",
  scopes: ["repo"],
  input: z.object({
    ...repositoryFields,
    number: pullNumber,
    merge_method: z.enum(["merge", "squash", "rebase"]).default("merge"),
    sha: Sha.exactOptional().describe("Merge only if this is still the sha of its head"),
    commit_title: z.string().min(1).max(256).exactOptional().describe("GitHub writes one when absent"),
    commit_message: z.string().max(65_536).exactOptional().describe("The text below the title"),
  }),
  output: z.object({ merged: z.boolean(), sha: z.string().nullish() }),
  async run({ number: pull_number, ...input }, context) {
    const github = await openGithub(context);
    const { data } = await github.pulls.merge({ ...input, pull_number });
    return data;
  },
});
