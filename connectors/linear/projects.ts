import * as z from "zod";
import { graphql } from "#connector";
import { byId, Named, PAGE_INFO, pageFields, pageOf, TeamKey } from "./fields.ts";

const Project = z.object({
  id: z.string(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  url: z.string().nullish(),
  status: Named.extend({ type: z.string().nullish() }).nullish(),
  health: z.string().nullish().describe("onTrack, atRisk or offTrack"),
  progress: z.number().nullish().describe("From 0 to 1"),
  startDate: z.string().nullish(),
  targetDate: z.string().nullish(),
  lead: Named.nullish(),
  teams: z.object({ nodes: z.array(TeamKey) }).nullish(),
});

const PROJECT = `
  id name description url status { id name type } health progress startDate targetDate lead { id name }
  teams(first: 20) { nodes { id key } }`;

export const list_projects = graphql({
  summary:
    "List projects, or find some by name. Returns id, name, status, lead and dates of each. Take teamId from list_teams.",
  effect: "read",
  scopes: ["read"],
  input: z.object({
    name: z.string().min(1).max(200).exactOptional().describe("Part of the name"),
    teamId: z.uuid().exactOptional().describe("Only projects of this team, from list_teams"),
    ...pageFields,
  }),
  output: pageOf(Project),
  document: `query ($filter: ProjectFilter, $first: Int, $after: String) {
    projects(filter: $filter, first: $first, after: $after) { nodes { ${PROJECT} } ${PAGE_INFO} }
  }`,
  variables: ({ name, teamId, ...page }) => ({
    ...page,
    filter: {
      name: name === undefined ? undefined : { containsIgnoreCase: name },
      accessibleTeams: teamId === undefined ? undefined : { some: byId(teamId) },
    },
  }),
  at: "projects",
});

export const read_project = graphql({
  summary:
    "Read one project with its whole text and its milestones. For its issues use list_issues. Take id from list_projects.",
  effect: "read",
  scopes: ["read"],
  input: z.object({
    id: z
      .string()
      .max(200)
      .regex(/^[\w-]+$/)
      .describe("The project's id, from list_projects, or the last part of its address"),
  }),
  output: Project.extend({
    content: z.string().nullish(),
    projectMilestones: z.object({ nodes: z.array(Named.extend({ targetDate: z.string().nullish() })) }).nullish(),
  }),
  document: `query ($id: String!) {
    project(id: $id) { ${PROJECT} content projectMilestones(first: 50) { nodes { id name targetDate } } }
  }`,
  at: "project",
});
