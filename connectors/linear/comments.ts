import * as z from "zod";
import { graphql } from "#connector";
import { IssueId, Named, PAGE_INFO, pageFields, pageOf } from "./fields.ts";

const Comment = z.object({
  id: z.string(),
  body: z.string().nullish(),
  url: z.string().nullish(),
  createdAt: z.string().nullish(),
  parentId: z.string().nullish().describe("The comment that this one answers"),
  user: Named.nullish(),
  botActor: z.object({ name: z.string().nullish() }).nullish(),
});

const COMMENT = "id body url createdAt parentId user { id name } botActor { name }";

export const list_comments = graphql({
  summary: "List the comments on an issue. Returns each comment's id, author and text. Take issueId from list_issues.",
  effect: "read",
  scopes: ["read"],
  input: z.object({ issueId: IssueId, ...pageFields }),
  output: pageOf(Comment),
  document: `query ($issueId: String!, $first: Int, $after: String) {
    issue(id: $issueId) { comments(first: $first, after: $after) { nodes { ${COMMENT} } ${PAGE_INFO} } }
  }`,
  at: "issue.comments",
});

export const create_comment = graphql({
  summary:
    "Comment on an issue, or answer one of its comments. Returns the comment with its address. Take issueId from list_issues, parentId from list_comments.",
  effect: "write",
  scopes: ["write"],
  input: z.object({
    issueId: IssueId,
    body: z.string().min(1).max(100_000).describe("Markdown"),
    parentId: z
      .uuid()
      .exactOptional()
      .describe("The comment to answer, from list_comments; one that answers none itself"),
  }),
  output: Comment,
  document: `mutation ($input: CommentCreateInput!) { commentCreate(input: $input) { comment { ${COMMENT} } } }`,
  variables: (input) => ({ input }),
  at: "commentCreate.comment",
});
