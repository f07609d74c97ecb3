import * as z from "zod";
import { graphql } from "#connector";
import { PAGE_INFO, pageFields, pageOf, TeamKey } from "./fields.ts";

const User = z.object({
  id: z.string(),
  name: z.string().nullish(),
  displayName: z.string().nullish(),
  email: z.string().nullish(),
});

export const read_viewer = graphql({
  summary: "Read which user and workspace this credential belongs to. Returns the user's id, name and email.",
  effect: "read",
  scopes: ["read"],
  input: z.object({}),
  output: z.object({
    viewer: User,
    organization: z.object({ name: z.string().nullish(), urlKey: z.string().nullish() }).nullish(),
  }),
  document: "query { viewer { id name displayName email } organization { name urlKey } }",
});

export const list_teams = graphql({
  summary: "List the teams of the workspace. Returns each team's id, key and name.",
  effect: "read",
  scopes: ["read"],
  input: z.object(pageFields),
  output: pageOf(
    z.object({
      id: z.string(),
      key: z.string().nullish().describe("Begins the identifiers of its issues, as ENG in ENG-123"),
      name: z.string().nullish(),
      description: z.string().nullish(),
    }),
  ),
  document: `query ($first: Int, $after: String) {
    teams(first: $first, after: $after) { nodes { id key name description } ${PAGE_INFO} }
  }`,
  at: "teams",
});

export const list_users = graphql({
  summary: "List the people of the workspace, or find some by name or email. Returns each one's id, names and email.",
  effect: "read",
  scopes: ["read"],
  input: z.object({
    query: z.string().min(1).max(200).exactOptional().describe("Part of a name or an email address"),
    ...pageFields,
  }),
  output: pageOf(User.extend({ active: z.boolean().nullish() })),
  document: `query ($filter: UserFilter, $first: Int, $after: String) {
    users(filter: $filter, first: $first, after: $after) { nodes { id name displayName email active } ${PAGE_INFO} }
  }`,
  variables: ({ query, ...page }) => {
    const match = { containsIgnoreCase: query };
    const filter = { or: [{ name: match }, { displayName: match }, { email: match }] };
    return { ...page, filter: query === undefined ? undefined : filter };
  },
  at: "users",
});

export const list_states = graphql({
  summary:
    "List the states that issues of a team go through. Returns each state's id, name, type and position. Take teamId from list_teams.",
  effect: "read",
  scopes: ["read"],
  input: z.object({ teamId: z.uuid().describe("The team's id, from list_teams"), ...pageFields }),
  output: pageOf(
    z.object({
      id: z.string(),
      name: z.string().nullish(),
      type: z.string().nullish().describe("triage, backlog, unstarted, started, completed, canceled or duplicate"),
      position: z.number().nullish(),
    }),
  ),
  document: `query ($teamId: String!, $first: Int, $after: String) {
    team(id: $teamId) { states(first: $first, after: $after) { nodes { id name type position } ${PAGE_INFO} } }
  }`,
  at: "team.states",
});

export const list_labels = graphql({
  summary: "List the labels for issues. Returns each label's id and name, and its team if it is of one only.",
  effect: "read",
  scopes: ["read"],
  input: z.object(pageFields),
  output: pageOf(
    z.object({
      id: z.string(),
      name: z.string().nullish(),
      description: z.string().nullish(),
      team: TeamKey.nullish(),
    }),
  ),
  document: `query ($first: Int, $after: String) {
    issueLabels(first: $first, after: $after) { nodes { id name description team { id key } } ${PAGE_INFO} }
  }`,
  at: "issueLabels",
});
