import * as z from "zod";
import { operation } from "#connector";
import { openGithub } from "./client.ts";
import { findNextPage, IssueOrPull, nextPageField, pageFields } from "./fields.ts";

const found = {
  total_count: z.int().nullish(),
  incomplete_results: z.boolean().nullish().describe("Whether GitHub gave up before it had looked everywhere"),
  ...nextPageField,
};

export const search_issues = operation({
  summary:
    "Search issues and pull requests in all repositories the credential sees. Returns their numbers, titles and states; read_issue and read_pull_request give the rest.",
  effect: "read",
  input: z.object({
    query: z
      .string()
      .min(1)
      .max(1000)
      .describe(
        "Words and qualifiers, with is:issue or is:pull-request among them: repo:octo/app is:issue is:open crash",
      ),
    sort: z
      .enum(["comments", "reactions", "interactions", "created", "updated"])
      .exactOptional()
      .describe("By best match when absent"),
    order: z.enum(["asc", "desc"]).default("desc"),
    ...pageFields,
  }),
  output: z.object({
    items: z.array(IssueOrPull.extend({ repository_url: z.string().nullish().describe("Ends in owner/repo") })),
    ...found,
  }),
  async run({ query: q, ...input }, context) {
    const github = await openGithub(context);
    const { data, headers } = await github.search.issuesAndPullRequests({ ...input, q });
    return { ...data, ...findNextPage(input.page, headers.link) };
  },
});

export const search_code = operation({
  summary:
    "Search the code on the default branches of all repositories the credential sees. Returns paths and matching lines; read_repository gives a whole file. GitHub allows 10 code searches a minute.",
  effect: "read",
  input: z.object({
    query: z
      .string()
      .min(1)
      .max(1000)
      .describe("Words and qualifiers: openHub repo:octo/app path:src language:typescript"),
    ...pageFields,
  }),
  output: z.object({
    items: z.array(
      z.object({
        path: z.string(),
        repository: z.object({ full_name: z.string().describe("owner/repo") }),
        html_url: z.string().nullish(),
        text_matches: z.array(z.object({ fragment: z.string().nullish() })).nullish(),
      }),
    ),
    ...found,
  }),
  async run({ query: q, ...input }, context) {
    const github = await openGithub(context);
    const { data, headers } = await github.search.code({ ...input, q, mediaType: { format: "text-match" } });
    return { ...data, ...findNextPage(input.page, headers.link) };
  },
});
