import * as z from "zod";
import { HubError, operation } from "#connector";
import { type Github, openGithub } from "./client.ts";
import { hasStatus } from "./failure.ts";
import { findNextPage, GitRef, nextPageField, pageFields, RepositoryPath, repositoryFields } from "./fields.ts";

const Repository = z.object({
  full_name: z.string().describe("owner/repo"),
  description: z.string().nullish(),
  private: z.boolean().nullish(),
  archived: z.boolean().nullish(),
  fork: z.boolean().nullish(),
  default_branch: z.string().nullish(),
  language: z.string().nullish(),
  topics: z.array(z.string()).nullish(),
  html_url: z.string().nullish(),
  pushed_at: z.string().nullish(),
  permissions: z
    .object({ push: z.boolean().nullish(), admin: z.boolean().nullish() })
    .nullish()
    .describe("What the credential's user may do"),
});

const Entry = z.object({
  path: z.string(),
  type: z.string().nullish().describe("file, dir, symlink or submodule"),
  size: z.int().nullish().describe("Bytes"),
});

const File = z.object({
  path: z.string(),
  size: z.int().nullish().describe("Bytes"),
  html_url: z.string().nullish(),
  text: z.string().optional(),
  base64: z.string().optional().describe("In place of text if the file is not UTF-8"),
});

const Content = z.object({
  file: File.optional().describe("If the path is a file's"),
  entries: z.array(Entry).optional().describe("If it is a folder's, or none was given"),
  truncated: z.boolean().nullish().describe("Whether GitHub left entries out: read folder by folder"),
});
type Content = z.input<typeof Content>;

interface Place {
  readonly owner: string;
  readonly repo: string;
  readonly path?: string;
  readonly ref?: string;
}

export const read_viewer = operation({
  summary: "Read which GitHub user this credential belongs to. Returns the user's id, login and name.",
  effect: "read",
  input: z.object({}),
  output: z.object({ id: z.int(), login: z.string(), name: z.string().nullish(), html_url: z.string().nullish() }),
  async run(_input, context) {
    const github = await openGithub(context);
    const { data } = await github.users.getAuthenticated();
    return data;
  },
});

export const list_repositories = operation({
  summary:
    "List the repositories that this credential's user owns or works on. Returns their full names, which are owner/repo.",
  effect: "read",
  input: z.object({
    sort: z.enum(["created", "updated", "pushed", "full_name"]).default("pushed"),
    direction: z.enum(["asc", "desc"]).default("desc"),
    ...pageFields,
  }),
  output: z.object({ repositories: z.array(Repository), ...nextPageField }),
  async run(input, context) {
    const github = await openGithub(context);
    const { data, headers } = await github.repos.listForAuthenticatedUser(input);
    return { repositories: data, ...findNextPage(input.page, headers.link) };
  },
});

export const read_repository = operation({
  summary:
    "Read a repository: without a path its description, default branch and top-level entries; with the path of a file its text; with that of a folder its entries. Take owner and repo from list_repositories or a search.",
  effect: "read",
  input: z.object({
    ...repositoryFields,
    path: RepositoryPath.exactOptional().describe("A file or folder, e.g. src/main.ts"),
    ref: GitRef.exactOptional().describe("A branch, tag or commit; the default branch when absent"),
    recursive: z.boolean().default(false).describe("List everything below the folder, not a file's text"),
  }),
  output: Content.extend({ repository: Repository.optional().describe("If no path was given") }),
  async run({ recursive, ...place }, context) {
    const github = await openGithub(context);
    const { owner, repo, path } = place;
    const [about, content] = await Promise.all([
      path === undefined ? github.repos.get({ owner, repo }) : undefined,
      recursive ? listTree(github, place) : readContent(github, place),
    ]);
    return { ...(about && { repository: about.data }), ...content };
  },
});

async function readContent(github: Github, { path = "", ...place }: Place): Promise<Content> {
  const { owner, repo, ref } = place;
  try {
    const { data } = await github.repos.getContent({ ...place, path });
    if (Array.isArray(data)) {
      return { entries: data };
    }
    if (!("content" in data)) {
      return { entries: [data] };
    }
    // Above 1 MB the answer has no content, but the blob has.
    const { content } =
      data.encoding === "base64" ? data : (await github.git.getBlob({ owner, repo, file_sha: data.sha })).data;
    return { file: { path: data.path, size: data.size, html_url: data.html_url, ...decode(content) } };
  } catch (error) {
    if (hasStatus(error, 404) && path === "" && ref === undefined) {
      return { entries: [] };
    }
    throw error;
  }
}

async function listTree(github: Github, { owner, repo, path, ref = "HEAD" }: Place): Promise<Content> {
  const { data } = await github.git.getTree({ owner, repo, tree_sha: ref, recursive: "1" });
  const below = data.tree.filter((entry) => path === undefined || `${entry.path}/`.startsWith(`${path}/`));
  if (below.length === 0 && path !== undefined && !data.truncated) {
    throw new HubError("not_found", `${owner}/${repo} has nothing at ${path}.`, {
      hint: "List the entries of the folder above it.",
    });
  }
  return {
    entries: below.map(({ path: at, type, mode, size }) => ({
      path: at,
      type: nameType(type, mode),
      ...(size !== undefined && { size }),
    })),
    truncated: data.truncated,
  };
}

function nameType(type: string, mode: string): string {
  return { "040000": "dir", "120000": "symlink", "160000": "submodule" }[mode] ?? (type === "blob" ? "file" : type);
}

function decode(base64: string): { text: string } | { base64: string } {
  const bytes = Buffer.from(base64, "base64");
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString("base64") };
}
