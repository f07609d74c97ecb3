import * as z from "zod";
import { graphql } from "#connector";

const Hit = z.object({ id: z.string().nullish(), name: z.string().nullish(), url: z.string().nullish() }).nullish();

export const search = graphql({
  summary:
    "Search issues, projects, initiatives and documents by meaning, the best match first. Returns name and address of each; read_issue and read_project tell more. At most 30 searches a minute.",
  effect: "read",
  scopes: ["read"],
  input: z.object({
    query: z.string().min(1).max(500).describe("What to look for, in everyday words"),
    types: z
      .array(z.enum(["issue", "project", "initiative", "document"]))
      .min(1)
      .exactOptional()
      .describe("What to look among; everything when absent"),
    maxResults: z.int().min(1).max(50).default(20).describe("How many at most"),
  }),
  output: z.object({
    results: z.array(
      z.object({
        type: z.string(),
        issue: z
          .object({ identifier: z.string().nullish(), title: z.string().nullish(), url: z.string().nullish() })
          .nullish(),
        project: Hit,
        initiative: Hit,
        document: z
          .object({ id: z.string().nullish(), title: z.string().nullish(), url: z.string().nullish() })
          .nullish(),
      }),
    ),
  }),
  document: `query ($query: String!, $types: [SemanticSearchResultType!], $maxResults: Int) {
    semanticSearch(query: $query, types: $types, maxResults: $maxResults) {
      results {
        type issue { identifier title url } project { id name url } initiative { id name url } document { id title url }
      }
    }
  }`,
  at: "semanticSearch",
});
