import * as z from "zod";

/** Names the repository; patterns keep a name from changing the shape of an address. */
export const repositoryFields = {
  owner: z
    .string()
    .max(100)
    .regex(/^[A-Za-z0-9][\w-]*$/)
    .describe("The user or organization that owns the repository"),
  repo: z
    .string()
    .max(100)
    .regex(/^(?!\.{1,2}$)[\w.-]+$/)
    .describe("The repository's name, without its owner"),
};

export const pageFields = {
  page: z.int().min(1).max(1000).default(1).describe("next_page of the previous answer"),
  per_page: z.int().min(1).max(100).default(30),
};

export const nextPageField = {
  next_page: z.int().optional().describe("Where the list goes on; absent at its end"),
};

/** The page after this one, if the `link` header of the answer names one. */
export function findNextPage(page: number, link: string | undefined): { next_page?: number } {
  return link?.includes('rel="next"') ? { next_page: page + 1 } : {};
}

/** A path of a file or folder: no empty, `.` or `..` segment, no slash at either end. */
export const RepositoryPath = z
  .string()
  .max(4096)
  .regex(/^(?:(?!\.{1,2}(?:\/|$))[^/\0]+(?:\/(?!$)|$))+$/);

/** A branch, tag or commit. */
export const GitRef = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?!\/)(?!.*(?:\.\.|\/\/))[^\s~^:?*[\\]+$/);

/** A commit's whole id: GitHub takes no shorter one where this is asked for. */
export const Sha = z.string().regex(/^[0-9a-f]{40,64}$/);

export const User = z.object({ login: z.string() }).nullish();

export const IssueSummary = z.object({
  number: z.int(),
  title: z.string().nullish(),
  state: z.string().nullish(),
  state_reason: z.string().nullish(),
  html_url: z.string().nullish(),
  user: User,
  // GitHub describes a label as an object or a bare name.
  labels: z.array(z.union([z.string(), z.object({ name: z.string().nullish() })])).nullish(),
  assignees: z.array(z.object({ login: z.string() })).nullish(),
  comments: z.int().nullish().describe("How many it has"),
  created_at: z.string().nullish(),
  updated_at: z.string().nullish(),
});

/** GitHub counts pull requests among the issues. */
export const IssueOrPull = IssueSummary.extend({
  pull_request: z
    .object({ html_url: z.string().nullish() })
    .nullish()
    .describe("Present if it is a pull request: read_pull_request knows more"),
});
