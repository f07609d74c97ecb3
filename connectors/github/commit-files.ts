import * as z from "zod";
import { HubError, operation } from "#connector";
import { type Github, openGithub } from "./client.ts";
import { hasStatus } from "./failure.ts";
import { GitRef, RepositoryPath, repositoryFields } from "./fields.ts";

const File = z
  .object({
    path: RepositoryPath,
    text: z.string().max(5_000_000).exactOptional().describe("The whole new text"),
    base64: z
      .base64()
      .max(5_000_000)
      .exactOptional()
      .describe("The whole new content, in place of text if it is binary"),
  })
  .refine(({ text, base64 }) => (text === undefined) !== (base64 === undefined), "A file takes either text or base64.");

const Input = z
  .object({
    ...repositoryFields,
    branch: GitRef.describe("The branch to commit to"),
    create_from: GitRef.exactOptional().describe(
      "Where the branch starts if there is none of that name: a branch, tag or commit, e.g. the default branch from read_repository",
    ),
    message: z.string().min(1).max(65_536),
    files: z.array(File).max(100).default([]).describe("Files to write, new or in place of what is there"),
    deletions: z.array(RepositoryPath).max(100).default([]).describe("Paths of files to delete"),
  })
  .refine((input) => touchedPaths(input).length > 0, "A commit needs files or deletions.")
  .refine((input) => new Set(touchedPaths(input)).size === touchedPaths(input).length, "A path appears twice.");
type Input = z.output<typeof Input>;

const Commit = z.object({
  sha: z.string(),
  branch: z.string(),
  created_branch: z.boolean(),
  html_url: z.string().nullish(),
});
type Commit = z.input<typeof Commit>;

/** What a commit is built on. */
interface Start {
  readonly sha: string;
  readonly tree: string;
  readonly files: ReadonlyMap<string, { readonly mode: string; readonly sha: string }>;
  /** Whether `files` lacks some, as it does above 100,000. */
  readonly truncated: boolean;
  /** Whether the branch has yet to be made. */
  readonly isNewBranch: boolean;
}

export const commit_files = operation({
  summary:
    "Write and delete files of a repository in one commit on a branch, which it creates if create_from is given. Returns the commit's sha and address. Files are replaced whole: read them first with read_repository.",
  effect: "write",
  scopes: ["repo"],
  input: Input,
  output: Commit,
  async run(input, context) {
    const github = await openGithub(context);
    const start = await findStart(github, input);
    return start === "empty" ? commitFirst(github, input) : commitOnto(github, input, start);
  },
});

async function findStart(github: Github, input: Input): Promise<Start | "empty"> {
  const { owner, repo, branch, create_from: origin } = input;
  const head = await readStart(github, input, branch);
  if (head !== undefined) {
    return head;
  }
  const start = origin === undefined ? undefined : await readStart(github, input, origin);
  if (start === undefined) {
    throw new HubError("not_found", `${owner}/${repo} has no ${origin ?? branch} that this credential can see.`, {
      hint: "Name an existing branch, or give create_from to start the branch there: read_repository tells the default branch.",
    });
  }
  return start === "empty" ? start : { ...start, isNewBranch: true };
}

async function readStart(github: Github, { owner, repo }: Input, ref: string): Promise<Start | "empty" | undefined> {
  try {
    const { data } = await github.repos.listCommits({ owner, repo, sha: ref, per_page: 1 });
    const [head] = data;
    return (
      head && { sha: head.sha, isNewBranch: false, ...(await readTree(github, { owner, repo }, head.commit.tree.sha)) }
    );
  } catch (error) {
    if (hasStatus(error, 404)) {
      return undefined;
    }
    if (hasStatus(error, 409)) {
      return "empty";
    }
    throw error;
  }
}

async function readTree(github: Github, repository: { owner: string; repo: string }, tree: string) {
  const { data } = await github.git.getTree({ ...repository, tree_sha: tree, recursive: "1" });
  const files = new Map(data.tree.map(({ path, mode, sha }) => [path, { mode, sha }]));
  return { tree, files, truncated: data.truncated };
}

/** In a repository without a commit only the contents API works, one file a commit; a second commit brings the rest. */
async function commitFirst(github: Github, input: Input): Promise<unknown> {
  const { owner, repo, branch, message, deletions } = input;
  const [first, ...rest] = input.files;
  if (first === undefined || deletions.length > 0) {
    throw new HubError("not_found", `${owner}/${repo} is empty, so there is nothing to delete.`);
  }
  const content = first.base64 ?? Buffer.from(first.text ?? "").toString("base64");
  const file = { owner, repo, branch, message, path: first.path, content };
  const { data } = await github.repos.createOrUpdateFileContents(file);
  const start = rest.length === 0 ? undefined : await readStart(github, input, branch);
  if (start === undefined || start === "empty") {
    return { ...data.commit, branch, created_branch: true };
  }
  return { ...(await commitOnto(github, { ...input, files: rest }, start)), created_branch: true };
}

/** If the branch moved meanwhile, tries once more on top of what came between, unless that touched the same paths. */
async function commitOnto(github: Github, input: Input, start: Start, isRetry = false): Promise<Commit> {
  const { branch } = input;
  const { sha, html_url } = await makeCommit(github, input, start);
  try {
    await pointBranch(github, input, start, sha);
    return { sha, html_url, branch, created_branch: start.isNewBranch };
  } catch (error) {
    const head = hasStatus(error, 422) && !isRetry ? await readStart(github, input, branch) : undefined;
    if (head === undefined || head === "empty" || (head.sha === start.sha && !start.isNewBranch)) {
      throw error;
    }
    refuseConflict(input, start, head);
    return commitOnto(github, input, head, true);
  }
}

async function makeCommit(github: Github, input: Input, start: Start) {
  const { owner, repo, message, files, deletions } = input;
  const missing = deletions.find((path) => !start.files.has(path) && !start.truncated);
  if (missing !== undefined) {
    throw new HubError("not_found", `${owner}/${repo} has no ${missing} to delete on ${input.branch}.`);
  }
  const removed = deletions.map((path) => ({ path, mode: "100644", type: "blob", sha: null }) as const);
  const written = await Promise.all(files.map((file) => makeEntry(github, input, start, file)));
  const tree = [...removed, ...written];
  const made = await github.git.createTree({ owner, repo, base_tree: start.tree, tree });
  const { data } = await github.git.createCommit({ owner, repo, message, tree: made.data.sha, parents: [start.sha] });
  return data;
}

/** An executable file stays executable. */
async function makeEntry(github: Github, { owner, repo }: Input, start: Start, file: Input["files"][number]) {
  const { path, text, base64 } = file;
  const entry = { path, type: "blob", mode: start.files.get(path)?.mode === "100755" ? "100755" : "100644" } as const;
  if (base64 === undefined) {
    return { ...entry, ...(text !== undefined && { content: text }) };
  }
  const { data } = await github.git.createBlob({ owner, repo, content: base64, encoding: "base64" });
  return { ...entry, sha: data.sha };
}

async function pointBranch(github: Github, { owner, repo, branch }: Input, start: Start, sha: string): Promise<void> {
  if (start.isNewBranch) {
    await github.git.createRef({ owner, repo, ref: `refs/heads/${branch}`, sha });
  } else {
    await github.git.updateRef({ owner, repo, ref: `heads/${branch}`, sha, force: false });
  }
}

function refuseConflict(input: Input, start: Start, head: Start): void {
  const changed = touchedPaths(input).find((path) => start.files.get(path)?.sha !== head.files.get(path)?.sha);
  if (changed !== undefined || start.truncated || head.truncated) {
    throw new HubError(
      "conflict",
      `${input.branch} moved meanwhile and ${changed ?? "the same files"} may have changed.`,
      {
        hint: "Read the files again, then commit on top of them.",
      },
    );
  }
}

function touchedPaths({ files, deletions }: { files: readonly { path: string }[]; deletions: readonly string[] }) {
  return [...files.map(({ path }) => path), ...deletions];
}
