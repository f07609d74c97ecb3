import { expect, test } from "vitest";
import { runOn, startService } from "#testing";
import github from "./connector.ts";

const credentials = { GITHUB_TOKEN: "ghp_test0123456789" };
const app = { owner: "octo", repo: "app" };

const workflowRun = {
  id: 30433642,
  workflow_id: 159038,
  name: "CI",
  path: ".github/workflows/ci.yml",
  run_number: 562,
  event: "push",
  status: "completed",
  conclusion: "failure",
  head_branch: "main",
  head_sha: "acb5820ced9479c074f688cc328bf03f341a511d",
  html_url: "https://github.com/octo/app/actions/runs/30433642",
  created_at: "2026-01-22T19:33:08Z",
  updated_at: "2026-01-22T19:33:08Z",
};
const job = {
  id: 399444496,
  name: "build",
  status: "completed",
  conclusion: "failure",
  html_url: "https://github.com/octo/app/actions/runs/30433642/job/399444496",
  steps: [{ number: 1, name: "npm test", status: "completed", conclusion: "failure" }],
};

test("the runs of a repository are listed by branch and outcome", async () => {
  await using service = await startService({
    "GET /repos/octo/app/actions/runs": {
      status: 200,
      headers: { link: '<https://api.github.com/x?page=3>; rel="next"' },
      body: { total_count: 91, workflow_runs: [{ ...workflowRun, node_id: "x" }] },
    },
  });
  const input = { ...app, branch: "main", status: "failure", page: 2 };

  const listed = await runOn(service, github, "list_workflow_runs", input, { credentials });

  expect(listed).toEqual({ total_count: 91, workflow_runs: [workflowRun], next_page: 3 });
  expect(service.exchanges).toMatchObject([
    { query: { branch: "main", status: "failure", page: "2", per_page: "30" } },
  ]);
});

test("the runs of one workflow are listed by its file", async () => {
  await using service = await startService({
    "GET /repos/octo/app/actions/workflows/ci.yml/runs": { total_count: 1, workflow_runs: [workflowRun] },
  });

  const listed = await runOn(service, github, "list_workflow_runs", { ...app, workflow: "ci.yml" }, { credentials });

  expect(listed).toEqual({ total_count: 1, workflow_runs: [workflowRun] });
});

test("a run is read with its jobs and steps", async () => {
  await using service = await startService({
    "GET /repos/octo/app/actions/runs/30433642": workflowRun,
    "GET /repos/octo/app/actions/runs/30433642/jobs": { total_count: 1, jobs: [job] },
  });

  const read = await runOn(service, github, "read_workflow_run", { ...app, run_id: 30433642 }, { credentials });

  expect(read).toEqual({ run: workflowRun, jobs: [job] });
});

test("a dispatched workflow answers with its run", async () => {
  await using service = await startService({
    "POST /repos/octo/app/actions/workflows/deploy.yml/dispatches": {
      workflow_run_id: 7,
      run_url: "https://api.github.com/repos/octo/app/actions/runs/7",
      html_url: "https://github.com/octo/app/actions/runs/7",
    },
  });
  const input = { ...app, workflow: "deploy.yml", ref: "main", inputs: { target: "staging", dry: true } };

  const dispatched = await runOn(service, github, "dispatch_workflow", input, { credentials });

  expect(dispatched).toEqual({ workflow_run_id: 7, html_url: "https://github.com/octo/app/actions/runs/7" });
  expect(service.exchanges).toMatchObject([
    { body: { ref: "main", inputs: { target: "staging", dry: true }, return_run_details: true } },
  ]);
});

test("an older server dispatches without a word", async () => {
  await using service = await startService({
    "POST /repos/octo/app/actions/workflows/deploy.yml/dispatches": { status: 204 },
  });
  const input = { ...app, workflow: "deploy.yml", ref: "main" };

  const dispatched = await runOn(service, github, "dispatch_workflow", input, { credentials });

  expect(dispatched).toEqual({});
});
