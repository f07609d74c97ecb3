import * as z from "zod";
import { operation } from "#connector";
import { openGithub } from "./client.ts";
import { findNextPage, GitRef, nextPageField, pageFields, repositoryFields, Sha } from "./fields.ts";

const workflow = z
  .string()
  .max(255)
  .regex(/^(\d+|[^/\\]+\.ya?ml)$/)
  .describe("The file's name in .github/workflows, e.g. ci.yml, or workflow_id of list_workflow_runs");

const Run = z.object({
  id: z.int(),
  workflow_id: z.int().nullish(),
  name: z.string().nullish(),
  display_title: z.string().nullish(),
  path: z.string().nullish().describe("The workflow's file"),
  run_number: z.int().nullish(),
  run_attempt: z.int().nullish(),
  event: z.string().nullish(),
  status: z.string().nullish(),
  conclusion: z.string().nullish().describe("success, failure, cancelled and so on; null until it is done"),
  head_branch: z.string().nullish(),
  head_sha: z.string().nullish(),
  html_url: z.string().nullish(),
  created_at: z.string().nullish(),
  updated_at: z.string().nullish(),
});

const Step = z.object({
  name: z.string(),
  number: z.int().nullish(),
  status: z.string().nullish(),
  conclusion: z.string().nullish(),
});

const Job = z.object({
  id: z.int(),
  name: z.string().nullish(),
  status: z.string().nullish(),
  conclusion: z.string().nullish(),
  html_url: z.string().nullish(),
  started_at: z.string().nullish(),
  completed_at: z.string().nullish(),
  steps: z.array(Step).nullish(),
});

const RUN_STATUSES = [
  "queued",
  "in_progress",
  "waiting",
  "pending",
  "requested",
  "completed",
  "success",
  "failure",
  "cancelled",
  "skipped",
  "neutral",
  "timed_out",
  "action_required",
  "stale",
] as const;

export const list_workflow_runs = operation({
  summary:
    "List the GitHub Actions runs of a repository or of one workflow, newest first. Returns their ids, states and outcomes.",
  effect: "read",
  input: z.object({
    ...repositoryFields,
    workflow: workflow.exactOptional(),
    branch: GitRef.exactOptional().describe("Only runs of this branch"),
    event: z.string().min(1).max(100).exactOptional().describe("What triggered it, e.g. push or pull_request"),
    status: z.enum(RUN_STATUSES).exactOptional().describe("A state or an outcome"),
    head_sha: Sha.exactOptional().describe("Only runs of this commit"),
    ...pageFields,
  }),
  output: z.object({ total_count: z.int().nullish(), workflow_runs: z.array(Run), ...nextPageField }),
  async run({ workflow: workflow_id, ...input }, context) {
    const { actions } = await openGithub(context);
    const { data, headers } =
      workflow_id === undefined
        ? await actions.listWorkflowRunsForRepo(input)
        : await actions.listWorkflowRuns({ ...input, workflow_id });
    return { ...data, ...findNextPage(input.page, headers.link) };
  },
});

export const read_workflow_run = operation({
  summary:
    "Read one GitHub Actions run with a page of its jobs and the outcome of each step, to see what failed. Take run_id from list_workflow_runs or dispatch_workflow.",
  effect: "read",
  input: z.object({ ...repositoryFields, run_id: z.int().positive(), ...pageFields }),
  output: z.object({ run: Run, jobs: z.array(Job), ...nextPageField }),
  async run({ owner, repo, run_id, page, per_page }, context) {
    const { actions } = await openGithub(context);
    const [run, jobs] = await Promise.all([
      actions.getWorkflowRun({ owner, repo, run_id }),
      actions.listJobsForWorkflowRun({ owner, repo, run_id, page, per_page }),
    ]);
    return { run: run.data, jobs: jobs.data.jobs, ...findNextPage(page, jobs.headers.link) };
  },
});

export const dispatch_workflow = operation({
  summary:
    "Start a GitHub Actions workflow that has a workflow_dispatch trigger. Returns the run's id and address; older GitHub Enterprise servers return neither: find the run with list_workflow_runs.",
  effect: "write",
  scopes: ["repo"],
  input: z.object({
    ...repositoryFields,
    workflow,
    ref: GitRef.describe("The branch or tag to run it on, e.g. the default branch from read_repository"),
    inputs: z
      .record(z.string().max(100), z.union([z.string().max(65_535), z.number(), z.boolean()]))
      .refine((inputs) => Object.keys(inputs).length <= 25, "A workflow takes at most 25 inputs.")
      .exactOptional()
      .describe("The inputs that the workflow's file declares"),
  }),
  output: z.object({
    workflow_run_id: z.int().nullish().describe("run_id for read_workflow_run"),
    html_url: z.string().nullish(),
  }),
  async run({ workflow: workflow_id, ...input }, context) {
    const { actions } = await openGithub(context);
    const { data } = await actions.createWorkflowDispatch({ ...input, workflow_id, return_run_details: true });
    // An answer without a body comes back as "".
    return data || {};
  },
});
