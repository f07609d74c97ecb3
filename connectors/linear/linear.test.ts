import { createEmulator } from "emulate";
import { afterAll, expect, test } from "vitest";
import * as z from "zod";
import { runOn, startService } from "#testing";
import linear from "./connector.ts";

const credentials = { LINEAR_API_KEY: "lin_api_test0123456789" };
const readOnly = { LINEAR_API_KEY: "lin_api_readonly0123456789" };

const TEAM = "5f0c1d1e-6f0f-4c4e-9a57-0d3c7c2f0001";
const OTHER_TEAM = "5f0c1d1e-6f0f-4c4e-9a57-0d3c7c2f0002";
const ANA = "5f0c1d1e-6f0f-4c4e-9a57-0d3c7c2f0003";
const LABEL = "5f0c1d1e-6f0f-4c4e-9a57-0d3c7c2f0004";
const PROJECT = "5f0c1d1e-6f0f-4c4e-9a57-0d3c7c2f0005";
const COMMENT = "5f0c1d1e-6f0f-4c4e-9a57-0d3c7c2f0006";

const emulator = await createEmulator({
  service: "linear",
  port: 0,
  seed: {
    linear: {
      organization: { name: "Acme", url_key: "acme" },
      users: [{ id: ANA, email: "ana@example.com", name: "Ana Silva", display_name: "ana" }],
      teams: [
        { id: TEAM, key: "OPS", name: "Operations" },
        { id: OTHER_TEAM, key: "WEB", name: "Web" },
      ],
      labels: [{ id: LABEL, name: "Incident", team: "OPS" }],
      projects: [{ id: PROJECT, name: "Migration", team: "OPS" }],
      tokens: [
        { token: credentials.LINEAR_API_KEY, user: "ana@example.com", scopes: ["read", "write"] },
        { token: readOnly.LINEAR_API_KEY, user: "ana@example.com", scopes: ["read"] },
      ],
      strict_scopes: true,
    },
  },
});
afterAll(() => emulator.close());

const run = (operation: string, input: Record<string, unknown>, as: Record<string, string> = credentials) =>
  runOn(emulator.url, linear, operation, input, { credentials: as });

const States = z.object({ nodes: z.array(z.object({ id: z.string(), name: z.string() })) });
const Issue = linear.operations.create_issue.output;
const Issues = linear.operations.list_issues.output;

test("the viewer in the workspace is the account", async () => {
  const viewer = await run("read_viewer", {});

  const who = linear.operations.read_viewer.output.parse(viewer);
  expect(who.viewer).toEqual({ id: ANA, name: "Ana Silva", displayName: "ana", email: "ana@example.com" });
  expect(linear.verify?.account({ ...who, organization: { name: "Acme" } }, {})).toEqual({
    id: ANA,
    label: "Acme (ana@example.com)",
  });
});

test("a viewer of whom only the id is known is labelled by it", () => {
  expect(linear.verify?.account({ viewer: { id: ANA } }, {})).toEqual({ id: ANA, label: `Linear (${ANA})` });
});

test("what issues are made of can be found: teams, people, states and labels", async () => {
  const teams = await run("list_teams", {});
  const people = await run("list_users", {});
  const states = await run("list_states", { teamId: TEAM });
  const labels = await run("list_labels", {});

  expect(teams).toMatchObject({
    nodes: expect.arrayContaining([{ id: TEAM, key: "OPS", name: "Operations", description: null }]),
  });
  expect(people).toMatchObject({
    nodes: expect.arrayContaining([
      { id: ANA, name: "Ana Silva", displayName: "ana", email: "ana@example.com", active: true },
    ]),
  });
  expect(states).toMatchObject({
    nodes: expect.arrayContaining([expect.objectContaining({ name: "In Progress", type: "started" })]),
  });
  expect(labels).toMatchObject({
    nodes: expect.arrayContaining([expect.objectContaining({ id: LABEL, team: { id: TEAM, key: "OPS" } })]),
  });
});

test("an issue is created with all that belongs to it, and then moved on", async () => {
  const { nodes: states } = States.parse(await run("list_states", { teamId: TEAM }));
  const started = states.find(({ name }) => name === "In Progress");
  const created = Issue.parse(
    await run("create_issue", {
      teamId: TEAM,
      title: "Disk is full",
      description: "On **db-1**.",
      priority: 1,
      assigneeId: ANA,
      labelIds: [LABEL],
      projectId: PROJECT,
      dueDate: "2027-01-31",
    }),
  );

  const updated = await run("update_issue", {
    id: created.identifier,
    stateId: started?.id,
    assigneeId: null,
    dueDate: null,
  });

  expect(created).toMatchObject({
    identifier: expect.stringMatching(/^OPS-\d+$/),
    url: expect.stringContaining("OPS-"),
    priorityLabel: "Urgent",
    dueDate: "2027-01-31",
    team: { id: TEAM, key: "OPS" },
    assignee: { id: ANA, name: "Ana Silva" },
    project: { id: PROJECT, name: "Migration" },
    labels: { nodes: [{ id: LABEL, name: "Incident" }] },
  });
  expect(updated).toMatchObject({
    id: created.id,
    title: "Disk is full",
    state: { id: started?.id, type: "started" },
    assignee: null,
    dueDate: null,
    labels: { nodes: [{ id: LABEL }] },
  });
});

test("issues are listed page by page", async () => {
  await run("create_issue", { teamId: OTHER_TEAM, title: "One" });
  await run("create_issue", { teamId: OTHER_TEAM, title: "Two" });

  const first = Issues.parse(await run("list_issues", { first: 1 }));
  const second = Issues.parse(await run("list_issues", { first: 1, after: first.pageInfo?.endCursor }));

  expect(first).toMatchObject({ nodes: [{ id: expect.any(String) }], pageInfo: { hasNextPage: true } });
  expect(second.nodes).toHaveLength(1);
  expect(second.nodes[0]?.id).not.toBe(first.nodes[0]?.id);
});

test("a refusal that Linear gives no code for has its words", async () => {
  const creating = run("create_issue", { teamId: TEAM, title: "No" }, readOnly);

  await expect(creating).rejects.toMatchObject({
    code: "service_rejected",
    message: "Linear rejected the call: status 400.",
    serviceWords: expect.stringContaining("scope"),
  });
});

/** Runs an operation on a service that answers with `data`, and gives back what was sent with what came of it. */
async function ask(operation: string, input: Record<string, unknown>, data: object) {
  await using service = await startService({ "POST /graphql": { data } });
  const result = await runOn(service, linear, operation, input, { credentials });
  return { result, ...Sent.parse(service.exchanges[0]?.body) };
}

const Sent = z.object({ variables: z.record(z.string(), z.unknown()) });

const filters = {
  teamId: TEAM,
  projectId: PROJECT,
  assigneeId: ANA,
  labelId: LABEL,
  stateTypes: ["started", "unstarted"],
  updatedSince: "2026-11-01T00:00:00Z",
};

const filter = {
  team: { id: { eq: TEAM } },
  project: { id: { eq: PROJECT } },
  assignee: { id: { eq: ANA } },
  labels: { some: { id: { eq: LABEL } } },
  state: { type: { in: ["started", "unstarted"] } },
  updatedAt: { gte: "2026-11-01T00:00:00Z" },
};

test("list_issues narrows by what Linear calls a filter", async () => {
  const { variables } = await ask("list_issues", { ...filters, first: 5 }, { issues: { nodes: [] } });

  expect(variables).toEqual({ first: 5, filter });
});

test("search_issues narrows the same way", async () => {
  const found = { id: "i1", identifier: "OPS-1", title: "Disk is full", metadata: { score: 1 } };
  const data = { searchIssues: { nodes: [found], pageInfo: { hasNextPage: false, endCursor: "c" }, totalCount: 1 } };

  const { result, variables } = await ask("search_issues", { term: "disk", includeComments: true, ...filters }, data);

  expect(result).toEqual({
    nodes: [{ id: "i1", identifier: "OPS-1", title: "Disk is full" }],
    pageInfo: { hasNextPage: false, endCursor: "c" },
  });
  expect(variables).toEqual({ term: "disk", includeComments: true, first: 30, filter });
});

test("people are found by any of their names", async () => {
  const { variables } = await ask("list_users", { query: "ana" }, { users: { nodes: [{ id: ANA }] } });

  const match = { containsIgnoreCase: "ana" };
  expect(variables["filter"]).toEqual({ or: [{ name: match }, { displayName: match }, { email: match }] });
});

test("projects are found by name and team", async () => {
  const project = { id: PROJECT, name: "Migration", status: { id: "s1", name: "In Progress", type: "started" } };

  const { result, variables } = await ask(
    "list_projects",
    { name: "migra", teamId: TEAM },
    { projects: { nodes: [project] } },
  );

  expect(result).toEqual({ nodes: [project] });
  expect(variables).toEqual({
    first: 30,
    filter: { name: { containsIgnoreCase: "migra" }, accessibleTeams: { some: { id: { eq: TEAM } } } },
  });
});

test("a project is read with its text and milestones", async () => {
  const project = {
    id: PROJECT,
    content: "# Why",
    progress: 0.25,
    projectMilestones: { nodes: [{ id: "m1", name: "Beta", targetDate: "2027-01-31" }] },
  };

  const { result, variables } = await ask("read_project", { id: "migration-0a1b2c" }, { project });

  expect(result).toEqual(project);
  expect(variables).toEqual({ id: "migration-0a1b2c" });
});

test("an issue is read with what hangs on it", async () => {
  const issue = {
    id: "i1",
    identifier: "OPS-1",
    description: "On **db-1**.",
    branchName: "ana/ops-1-disk-is-full",
    estimate: 2,
    creator: { id: ANA, name: "Ana Silva" },
    parent: { identifier: "OPS-0", title: "Outage" },
    children: { nodes: [{ identifier: "OPS-2", title: "Buy a disk", state: { id: "s1", name: "Todo" } }] },
    attachments: { nodes: [{ title: "Fix #7", url: "https://github.com/acme/app/pull/7" }] },
  };

  const { result, variables } = await ask("read_issue", { id: "OPS-1" }, { issue: { ...issue, sortOrder: 1 } });

  expect(result).toEqual(issue);
  expect(variables).toEqual({ id: "OPS-1" });
});

test("comments are listed and answered", async () => {
  const comment = {
    id: COMMENT,
    body: "Looking.",
    parentId: null,
    user: null,
    botActor: { name: "Deploys" },
  };

  const listed = await ask(
    "list_comments",
    { issueId: "OPS-1", first: 2, after: "c" },
    { issue: { comments: { nodes: [comment], pageInfo: { hasNextPage: false, endCursor: null } } } },
  );
  const answered = await ask(
    "create_comment",
    { issueId: "OPS-1", body: "Done.", parentId: COMMENT },
    { commentCreate: { comment: { id: "c2", url: "https://linear.app/c2" } } },
  );

  expect(listed.result).toEqual({ nodes: [comment], pageInfo: { hasNextPage: false, endCursor: null } });
  expect(listed.variables).toEqual({ issueId: "OPS-1", first: 2, after: "c" });
  expect(answered.result).toEqual({ id: "c2", url: "https://linear.app/c2" });
  expect(answered.variables).toEqual({ input: { issueId: "OPS-1", body: "Done.", parentId: COMMENT } });
});

test("a search finds things of all kinds", async () => {
  const results = [
    { type: "issue", issue: { identifier: "OPS-1", title: "Disk is full" }, project: null },
    { type: "document", document: { id: "d1", title: "Runbook", url: "https://linear.app/d1" } },
  ];

  const { result, variables } = await ask(
    "search",
    { query: "what to do when disks fill up", types: ["issue", "document"] },
    { semanticSearch: { results } },
  );

  expect(result).toEqual({ results });
  expect(variables).toEqual({
    query: "what to do when disks fill up",
    types: ["issue", "document"],
    maxResults: 20,
  });
});

test("an API key is sent bare, an OAuth token as a bearer", async () => {
  await using service = await startService({ "POST /graphql": { data: { viewer: { id: ANA } } } });

  await runOn(service, linear, "read_viewer", {}, { credentials });
  await runOn(service, linear, "read_viewer", {}, { credentials: { access_token: "lin_oauth_0123456789" } });

  expect(service.exchanges.map(({ headers }) => headers["authorization"])).toEqual([
    "lin_api_test0123456789",
    "Bearer lin_oauth_0123456789",
  ]);
});

test.each([
  ["read_viewer", {}, { viewer: { id: ANA } }, { viewer: { id: ANA } }],
  ["list_teams", {}, { teams: { nodes: [{ id: TEAM }] } }, { nodes: [{ id: TEAM }] }],
  ["list_users", {}, { users: { nodes: [{ id: ANA }] } }, { nodes: [{ id: ANA }] }],
  ["list_states", { teamId: TEAM }, { team: { states: { nodes: [{ id: "s1" }] } } }, { nodes: [{ id: "s1" }] }],
  ["list_labels", {}, { issueLabels: { nodes: [{ id: LABEL }] } }, { nodes: [{ id: LABEL }] }],
  ["list_issues", {}, { issues: { nodes: [{ id: "i1" }] } }, { nodes: [{ id: "i1" }] }],
  ["search_issues", { term: "x" }, { searchIssues: { nodes: [{ id: "i1" }] } }, { nodes: [{ id: "i1" }] }],
  ["read_issue", { id: "OPS-1" }, { issue: { id: "i1" } }, { id: "i1" }],
  ["create_issue", { teamId: TEAM, title: "x" }, { issueCreate: { issue: { id: "i1" } } }, { id: "i1" }],
  ["update_issue", { id: "OPS-1", title: "x" }, { issueUpdate: { issue: { id: "i1" } } }, { id: "i1" }],
  [
    "list_comments",
    { issueId: "OPS-1" },
    { issue: { comments: { nodes: [{ id: "c1" }] } } },
    { nodes: [{ id: "c1" }] },
  ],
  ["create_comment", { issueId: "OPS-1", body: "x" }, { commentCreate: { comment: { id: "c1" } } }, { id: "c1" }],
  ["list_projects", {}, { projects: { nodes: [{ id: PROJECT }] } }, { nodes: [{ id: PROJECT }] }],
  ["read_project", { id: "p" }, { project: { id: PROJECT } }, { id: PROJECT }],
  ["search", { query: "x" }, { semanticSearch: { results: [{ type: "issue" }] } }, { results: [{ type: "issue" }] }],
])("%s makes do with the least of answers", async (operation, input, data, expected) => {
  const { result } = await ask(operation, input, data);

  expect(result).toEqual(expected);
});

test.each([
  ["list_states", { teamId: "OPS" }],
  ["create_issue", { teamId: TEAM, title: "" }],
  ["create_issue", { teamId: TEAM, title: "x", priority: 5 }],
  ["create_issue", { teamId: TEAM, title: "x", dueDate: "31.1.2027" }],
  ["update_issue", { id: "OPS 1", title: "x" }],
  ["update_issue", { id: "OPS-1", titel: "x" }],
  ["list_issues", { first: 500 }],
  ["create_comment", { issueId: "OPS-1", body: "" }],
])("%s does not take %o", async (operation, input) => {
  await expect(run(operation, input)).rejects.toMatchObject({ code: "invalid_input" });
});
