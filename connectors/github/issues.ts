import * as z from "zod";
import { operation } from "#connector";
import { openGithub } from "./client.ts";
import {
  findNextPage,
  IssueOrPull,
  IssueSummary,
  nextPageField,
  pageFields,
  repositoryFields,
  User,
} from "./fields.ts";

const issueNumber = z.int().positive().describe("The issue's number, from list_issues or search_issues");

const issueFields = {
  title: z.string().min(1).max(256),
  body: z.string().max(65_536).describe("Markdown"),
  labels: z.array(z.string().min(1).max(50)).max(100),
  assignees: z.array(z.string().min(1).max(100)).max(10).describe("Logins of users"),
  milestone: z.int().positive().describe("The milestone's number"),
};

const Issue = IssueOrPull.extend({
  body: z.string().nullish(),
  milestone: z.object({ number: z.int(), title: z.string().nullish() }).nullish(),
  closed_at: z.string().nullish(),
});

const Comment = z.object({
  id: z.int(),
  user: User,
  author_association: z
    .string()
    .nullish()
    .describe("How the author relates to the repository: OWNER, MEMBER, NONE and so on"),
  body: z.string().nullish(),
  html_url: z.string().nullish(),
  created_at: z.string().nullish(),
});

export const create_issue = operation({
  summary: "Create an issue in a repository. Returns the issue with its number and address.",
  effect: "write",
  scopes: ["repo"],
  input: z.object({
    ...repositoryFields,
    title: issueFields.title,
    body: issueFields.body.exactOptional(),
    labels: issueFields.labels.exactOptional().describe("Names of labels"),
    assignees: issueFields.assignees.exactOptional(),
    milestone: issueFields.milestone.exactOptional(),
  }),
  output: Issue,
  async run(input, context) {
    const github = await openGithub(context);
    const { data } = await github.issues.create(input);
    return data;
  },
});

export const read_issue = operation({
  summary:
    "Read one issue, or the conversation of a pull request, with a page of its comments from the oldest on. Take number from list_issues or search_issues.",
  effect: "read",
  input: z.object({ ...repositoryFields, number: issueNumber, ...pageFields }),
  output: z.object({ issue: Issue, comments: z.array(Comment), ...nextPageField }),
  async run({ owner, repo, number: issue_number, page, per_page }, context) {
    const github = await openGithub(context);
    const [issue, comments] = await Promise.all([
      github.issues.get({ owner, repo, issue_number }),
      github.issues.listComments({ owner, repo, issue_number, page, per_page }),
    ]);
    return { issue: issue.data, comments: comments.data, ...findNextPage(page, comments.headers.link) };
  },
});

export const list_issues = operation({
  summary:
    "List the issues of a repository, newest first unless sorted otherwise. Returns their numbers, titles, labels and states without bodies; pull requests are left out, see list_pull_requests.",
  effect: "read",
  input: z.object({
    ...repositoryFields,
    state: z.enum(["open", "closed", "all"]).default("open"),
    labels: issueFields.labels.exactOptional().describe("Only issues with all of these labels"),
    assignee: z.string().min(1).max(100).exactOptional().describe("A login, `none` or `*` for anyone"),
    creator: z.string().min(1).max(100).exactOptional().describe("A login"),
    since: z.iso.datetime({ offset: true }).exactOptional().describe("Only issues updated after this time"),
    sort: z.enum(["created", "updated", "comments"]).default("created"),
    direction: z.enum(["asc", "desc"]).default("desc"),
    ...pageFields,
  }),
  output: z.object({ issues: z.array(IssueSummary), ...nextPageField }),
  async run({ labels, ...input }, context) {
    const github = await openGithub(context);
    const { data, headers } = await github.issues.listForRepo({
      ...input,
      ...(labels && { labels: labels.join(",") }),
    });
    return { issues: data.filter((issue) => !issue.pull_request), ...findNextPage(input.page, headers.link) };
  },
});

export const comment_issue = operation({
  summary:
    "Comment on an issue or a pull request. Returns the comment with its address. Take number from list_issues, list_pull_requests or search_issues.",
  effect: "write",
  scopes: ["repo"],
  input: z.object({ ...repositoryFields, number: issueNumber, body: issueFields.body.min(1) }),
  output: Comment,
  async run({ number: issue_number, ...input }, context) {
    const github = await openGithub(context);
    const { data } = await github.issues.createComment({ ...input, issue_number });
    return data;
  },
});

export const update_issue = operation({
  summary:
    "Change an issue: close or reopen it, or replace its title, body, labels, assignees or milestone. Returns the issue. Take number from list_issues or search_issues.",
  effect: "write",
  idempotent: true,
  scopes: ["repo"],
  input: z.object({
    ...repositoryFields,
    number: issueNumber,
    title: issueFields.title.exactOptional(),
    body: issueFields.body.exactOptional(),
    state: z.enum(["open", "closed"]).exactOptional(),
    state_reason: z
      .enum(["completed", "not_planned", "duplicate", "reopened"])
      .exactOptional()
      .describe("Why the state changes"),
    labels: issueFields.labels.exactOptional().describe("Names of all its labels: others are taken off"),
    assignees: issueFields.assignees.exactOptional().describe("Logins of all its assignees: others are taken off"),
    milestone: issueFields.milestone.nullable().exactOptional().describe("The milestone's number, or null for none"),
  }),
  output: Issue,
  async run({ number: issue_number, ...input }, context) {
    const github = await openGithub(context);
    const { data } = await github.issues.update({ ...input, issue_number });
    return data;
  },
});
