import * as z from "zod";

export const IssueId = z
  .string()
  .max(64)
  .regex(/^[\w-]+$/)
  .describe("The issue's identifier such as ENG-123, or its id, from list_issues or search_issues");

export const pageFields = {
  first: z.int().min(1).max(100).default(30).describe("How many at most"),
  after: z.string().min(1).max(500).exactOptional().describe("endCursor of the page before"),
};

/** A page of a list, as Linear cuts it. */
export const pageOf = <Node extends z.ZodType>(node: Node) =>
  z.object({
    nodes: z.array(node),
    pageInfo: z
      .object({ hasNextPage: z.boolean().nullish(), endCursor: z.string().nullish() })
      .nullish()
      .describe("If hasNextPage, the list goes on after endCursor"),
  });

/** What `pageOf` reads. */
export const PAGE_INFO = "pageInfo { hasNextPage endCursor }";

export const Named = z.object({ id: z.string().nullish(), name: z.string().nullish() });

const State = Named.extend({ type: z.string().nullish() });

export const TeamKey = z.object({ id: z.string().nullish(), key: z.string().nullish() });

export const IssueSummary = z.object({
  id: z.string(),
  identifier: z.string().nullish(),
  title: z.string().nullish(),
  url: z.string().nullish(),
  priorityLabel: z.string().nullish(),
  dueDate: z.string().nullish(),
  createdAt: z.string().nullish(),
  updatedAt: z.string().nullish(),
  state: State.nullish(),
  team: TeamKey.nullish(),
  assignee: Named.nullish(),
  project: Named.nullish(),
  labels: z.object({ nodes: z.array(Named) }).nullish(),
});

/** What `IssueSummary` reads. */
export const ISSUE_SUMMARY = `
  id identifier title url priorityLabel dueDate createdAt updatedAt
  state { id name type } team { id key } assignee { id name } project { id name }
  labels(first: 20) { nodes { id name } }`;

/** A filter for one thing by its id; none where there is no id. */
export function byId(id: string | undefined): { readonly id: { readonly eq: string } } | undefined {
  return id === undefined ? undefined : { id: { eq: id } };
}
