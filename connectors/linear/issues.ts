import * as z from "zod";
import { graphql } from "#connector";
import { byId, ISSUE_SUMMARY, IssueId, IssueSummary, Named, PAGE_INFO, pageFields, pageOf } from "./fields.ts";

const filterFields = {
  teamId: z.uuid().exactOptional().describe("Only issues of this team, from list_teams"),
  projectId: z.uuid().exactOptional().describe("Only issues of this project, from list_projects"),
  assigneeId: z.uuid().exactOptional().describe("Only issues of this person, from list_users or read_viewer"),
  labelId: z.uuid().exactOptional().describe("Only issues with this label, from list_labels"),
  stateTypes: z
    .array(z.enum(["triage", "backlog", "unstarted", "started", "completed", "canceled", "duplicate"]))
    .min(1)
    .exactOptional()
    .describe("Only issues whose state has one of these types"),
  updatedSince: z.iso.datetime({ offset: true }).exactOptional().describe("Only issues changed at this time or later"),
};

const issueFields = {
  title: z.string().min(1).max(500),
  description: z.string().max(100_000).describe("Markdown"),
  priority: z.int().min(0).max(4).describe("0 none, 1 urgent, 2 high, 3 medium, 4 low"),
  stateId: z.uuid().describe("A state of the issue's team, from list_states"),
  labelIds: z.array(z.uuid()).max(100).describe("Ids of labels, from list_labels"),
  assigneeId: z.uuid().describe("A person's id, from list_users or read_viewer"),
  projectId: z.uuid().describe("A project's id, from list_projects"),
  parentId: IssueId.describe("The identifier or id of the issue that this is a part of"),
  dueDate: z.iso.date().describe("The day it is due, such as 2027-01-31"),
  estimate: z.int().min(0).max(1000).describe("Its size on the team's own scale"),
};

export const list_issues = graphql({
  summary:
    "List issues, newest first. Returns identifier, title, state, assignee and labels of each, without descriptions: see read_issue. To find issues by words use search_issues.",
  effect: "read",
  scopes: ["read"],
  input: z.object({ ...filterFields, ...pageFields }),
  output: pageOf(IssueSummary),
  document: `query ($filter: IssueFilter, $first: Int, $after: String) {
    issues(filter: $filter, first: $first, after: $after) { nodes { ${ISSUE_SUMMARY} } ${PAGE_INFO} }
  }`,
  variables: withFilter,
  at: "issues",
});

export const search_issues = graphql({
  summary:
    "Search issues by words and meaning, the best match first. Returns identifier, title, state, assignee and labels of each. At most 30 searches a minute.",
  effect: "read",
  scopes: ["read"],
  input: z.object({
    term: z.string().min(1).max(500).describe("What to look for"),
    includeComments: z.boolean().exactOptional().describe("Look into comments, too"),
    ...filterFields,
    ...pageFields,
  }),
  output: pageOf(IssueSummary),
  document: `query ($term: String!, $includeComments: Boolean, $filter: IssueFilter, $first: Int, $after: String) {
    searchIssues(term: $term, includeComments: $includeComments, filter: $filter, first: $first, after: $after) {
      nodes { ${ISSUE_SUMMARY} } ${PAGE_INFO}
    }
  }`,
  variables: withFilter,
  at: "searchIssues",
});

export const read_issue = graphql({
  summary:
    "Read one issue with its description, parent, sub-issues, links such as pull requests, and the name for a branch. For its comments use list_comments.",
  effect: "read",
  scopes: ["read"],
  input: z.object({ id: IssueId }),
  output: IssueSummary.extend({
    description: z.string().nullish(),
    branchName: z.string().nullish(),
    estimate: z.number().nullish(),
    creator: Named.nullish(),
    parent: z.object({ identifier: z.string().nullish(), title: z.string().nullish() }).nullish(),
    children: z.object({ nodes: z.array(IssueSummary.pick({ identifier: true, title: true, state: true })) }).nullish(),
    attachments: z
      .object({ nodes: z.array(z.object({ title: z.string().nullish(), url: z.string().nullish() })) })
      .nullish(),
  }),
  document: `query ($id: String!) {
    issue(id: $id) {
      ${ISSUE_SUMMARY} description branchName estimate creator { id name } parent { identifier title }
      children(first: 50) { nodes { identifier title state { id name type } } }
      attachments(first: 50) { nodes { title url } }
    }
  }`,
  at: "issue",
});

export const create_issue = graphql({
  summary: "Create an issue in a team. Returns the issue with its identifier and address. Take teamId from list_teams.",
  effect: "write",
  scopes: ["write"],
  input: z.object({
    teamId: z.uuid().describe("The team that owns the issue, from list_teams"),
    title: issueFields.title,
    description: issueFields.description.exactOptional(),
    priority: issueFields.priority.exactOptional(),
    stateId: issueFields.stateId.exactOptional(),
    assigneeId: issueFields.assigneeId.exactOptional(),
    labelIds: issueFields.labelIds.exactOptional(),
    projectId: issueFields.projectId.exactOptional(),
    parentId: issueFields.parentId.exactOptional(),
    dueDate: issueFields.dueDate.exactOptional(),
    estimate: issueFields.estimate.exactOptional(),
  }),
  output: IssueSummary,
  document: `mutation ($input: IssueCreateInput!) { issueCreate(input: $input) { issue { ${ISSUE_SUMMARY} } } }`,
  variables: (input) => ({ input }),
  at: "issueCreate.issue",
});

export const update_issue = graphql({
  summary:
    "Change an issue: move it to another state, or replace its title, description, assignee, labels and so on; what is not given stays. Returns the issue.",
  effect: "write",
  idempotent: true,
  scopes: ["write"],
  input: z.object({
    id: IssueId,
    title: issueFields.title.exactOptional(),
    description: issueFields.description.exactOptional(),
    priority: issueFields.priority.exactOptional(),
    stateId: issueFields.stateId.exactOptional(),
    assigneeId: issueFields.assigneeId.nullable().exactOptional().describe("A person's id, or null for nobody"),
    labelIds: issueFields.labelIds.exactOptional().describe("Ids of all its labels: others are taken off"),
    projectId: issueFields.projectId.nullable().exactOptional().describe("A project's id, or null for none"),
    parentId: issueFields.parentId.nullable().exactOptional().describe("An issue's identifier, or null for none"),
    dueDate: issueFields.dueDate.nullable().exactOptional().describe("A day such as 2027-01-31, or null for none"),
    estimate: issueFields.estimate.nullable().exactOptional().describe("Its size, or null for none"),
  }),
  output: IssueSummary,
  document: `mutation ($id: String!, $input: IssueUpdateInput!) {
    issueUpdate(id: $id, input: $input) { issue { ${ISSUE_SUMMARY} } }
  }`,
  variables: ({ id, ...input }) => ({ id, input }),
  at: "issueUpdate.issue",
});

const Filter = z.object(filterFields);

/** Moves the fields that narrow a list into one variable, `filter`, in Linear's words. */
function withFilter(input: z.output<typeof Filter>): Readonly<Record<string, unknown>> {
  const { teamId, projectId, assigneeId, labelId, stateTypes, updatedSince, ...others } = input;
  const filter = {
    team: byId(teamId),
    project: byId(projectId),
    assignee: byId(assigneeId),
    labels: labelId === undefined ? undefined : { some: byId(labelId) },
    state: stateTypes && { type: { in: stateTypes } },
    updatedAt: updatedSince === undefined ? undefined : { gte: updatedSince },
  };
  return { ...others, filter };
}
