import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openTestApi, type Service, startService } from "#testing";
import { type Cli, openCli } from "./open-cli.ts";

// Each command is run both ways, and each is a process.
vi.setConfig({ testTimeout: 120_000 });

const TOKEN = "ghp_Sentinel0123456789Sentinel0123456789";

function startGithub(): Promise<Service> {
  return startService({
    "GET /user": { id: 1, login: "octo" },
    "GET /repos/octo/app/issues": [],
    "POST /repos/octo/app/issues": { status: 410, body: { message: "Issues are disabled" } },
    "GET /picture": { status: 200, headers: { "content-type": "image/png" }, body: Buffer.from([0, 255, 1, 254, 10]) },
    "GET /missing": { status: 404, body: { message: "No such thing" } },
    "POST /echo": ({ text, query, headers }) => ({ text, query, type: headers["content-type"] }),
    "DELETE /echo": { status: 200, body: { deleted: true } },
  });
}

/** A hub that is served, the command line on its machine, and the one of someone elsewhere with a key of its owner. */
async function arrange() {
  const github = await startGithub();
  const { hub, url, addOwnerKey } = await openTestApi();
  const coder = await hub.addProfile("coder");
  await hub.addProfile("writer");
  await hub.grant(coder, await hub.connect("github", github.url, { GITHUB_TOKEN: TOKEN }));
  const [here, key] = [openCli(hub.env), await addOwnerKey()];
  const elsewhere = openCli({ PATCHBAY_URL: url, PATCHBAY_KEY: key });
  return { github, url, key, coderKey: await hub.addKey(coder), here, elsewhere };
}

/** Runs commands one after another, each by both command lines at once, and gives what the two printed. */
async function runBothWays(lines: readonly (readonly string[])[], one: Cli, other: Cli) {
  const printed = [];
  for (const line of lines) {
    const [ended, twin] = [await one.run(line), await other.run(line)];
    printed.push([
      { line, ...ended },
      { line, ...twin },
    ] as const);
  }
  return { ones: printed.map(([ended]) => ended), others: printed.map(([, twin]) => twin) };
}

const REPO = JSON.stringify({ owner: "octo", repo: "app" });
const ISSUE = JSON.stringify({ owner: "octo", repo: "app", title: "Made from afar" });

test("a command prints the same, and ends the same, for a hub elsewhere", async () => {
  const { here, elsewhere } = await arrange();

  const { ones, others } = await runBothWays(
    [
      ["integrations", "list"],
      ["integrations", "inspect", "github", "--json"],
      ["integrations", "available", "--limit", "2"],
      ["integrations", "verify", "github"],
      ["grants", "set", "coder", "github", "--deny", "merge_*", "--ask", "update_*"],
      ["grants", "list", "coder", "--json"],
      ["profiles", "list", "--limit", "1"],
      ["channels", "list"],
      ["tools", "list", "--profile", "coder", "--service", "github"],
      ["tools", "call", "mcp__github__list_issues", "--profile", "coder", "--input", REPO, "--json"],
      ["audit", "verify"],
      ["layers", "--profile", "coder", "--json"],
    ],
    here,
    elsewhere,
  );

  expect(others).toEqual(ones);
  expect(ones.map(({ exitCode }) => exitCode)).toEqual(ones.map(() => 0));
  expect(elsewhere.transcript()).not.toContain(TOKEN);
});

test("a command fails the same for a hub elsewhere", async () => {
  const { here, elsewhere } = await arrange();
  const createIssue = ["tools", "call", "mcp__github__create_issue", "--profile", "coder", "--input"];

  const { ones, others } = await runBothWays(
    [
      ["profiles", "inspect", "nobody"],
      ["profiles", "inspect", "nobody", "--json"],
      ["profiles", "create", "coder"],
      ["profiles", "create", "Not A Name"],
      ["grants", "set", "coder", "github", "--deny", "merge_everything", "--json"],
      [...createIssue, "{}"],
      [...createIssue, ISSUE],
      [...createIssue, ISSUE, "--json"],
      ["tools", "call", "mcp__slack__send_message", "--profile", "coder", "--json"],
    ],
    here,
    elsewhere,
  );

  expect(others).toEqual(ones);
  expect(ones.map(({ exitCode }) => exitCode)).toEqual([4, 4, 5, 2, 2, 2, 6, 6, 4]);
});

test("an owner elsewhere connects, grants, lends and disconnects, as one here does", async () => {
  const { github, here, elsewhere } = await arrange();
  const connect = ["connect", "github", "--base-url", github.url, "--credential", "GITHUB_TOKEN=-", "--label"];

  const connected = await elsewhere.data<{ id: string }>([...connect, "afar"], { stdin: `${TOKEN}\n` });
  await elsewhere.data(["grants", "set", "coder", connected.id, "--on"]);
  await elsewhere.data(["grants", "set", "coder", "github:octo", "--off"]);
  const [allowed] = await elsewhere.data<object[]>(["env", "allow", "coder", connected.id, "GITHUB_TOKEN"]);
  const show = "process.stdout.write(JSON.stringify([process.env.GITHUB_TOKEN, process.env.PATCHBAY_KEY ?? null]))";
  const executed = await elsewhere.run(["exec", "--profile", "coder", "--", process.execPath, "-e", show]);
  const denied = await elsewhere.data<object[]>(["env", "deny", "coder", connected.id]);
  const gone = await elsewhere.data(["integrations", "disconnect", connected.id]);
  const goneHere = await here.data(["integrations", "disconnect", "github"]);

  expect(connected).toMatchObject({ label: "afar", status: "active" });
  expect(allowed).toMatchObject({ variable: "GITHUB_TOKEN", allowed: true });
  expect(JSON.parse(executed.stdout)).toEqual([TOKEN, null]);
  expect(denied).not.toContainEqual(expect.objectContaining({ allowed: true }));
  expect(gone).toMatchObject({ id: connected.id, by_hand: goneHere["by_hand"] });
  expect(Object.keys(gone)).toEqual(Object.keys(goneHere));
});

test("the proxy and the ledger come from a hub elsewhere to the byte", async () => {
  const { here, elsewhere } = await arrange();
  const proxy = ["proxy", "--profile", "coder", "github"];
  writeFileSync(join(here.cwd, "body.json"), '{"a":1}');
  writeFileSync(join(elsewhere.cwd, "body.json"), '{"a":1}');

  const { ones, others } = await runBothWays(
    [
      [...proxy, "/picture"],
      [...proxy, "/missing"],
      [...proxy, "/echo?a=b", "--data", "@body.json"],
      ["proxy", "--profile", "nobody", "github", "/picture"],
      [...proxy, "/../../keys"],
    ],
    here,
    elsewhere,
  );
  const streamed = await elsewhere.run([...proxy, "/echo", "--header", "content-type: text/plain", "--data", "-"], {
    stdin: "to and fro",
  });
  const document = await elsewhere.data([...proxy, "/picture"]);
  const remove = [...proxy, "/echo", "-X", "DELETE"];
  const waiting = await elsewhere.run([...remove, "--json"]);
  const { approval } = (JSON.parse(waiting.stdout) as { data: { approval: string } }).data;
  await elsewhere.data(["approvals", "approve", approval]);
  const approved = await elsewhere.run(remove);
  const ledgers = [
    await here.run(["audit", "export", "--format", "csv"]),
    await elsewhere.run(["audit", "export", "--format", "csv"]),
  ];

  expect(others.map(({ exitCode, stdout }) => ({ exitCode, stdout }))).toEqual(
    ones.map(({ exitCode, stdout }) => ({ exitCode, stdout })),
  );
  expect(ones.map(({ exitCode }) => exitCode)).toEqual([0, 6, 0, 4, 3]);
  expect(JSON.parse(streamed.stdout)).toMatchObject({ text: "to and fro", type: "text/plain" });
  expect(document).toMatchObject({ status: 200, headers: { "content-type": "image/png" } });
  expect([waiting.exitCode, approved.exitCode, approved.stdout]).toEqual([1, 0, '{"deleted":true}']);
  expect(ledgers[1]).toEqual(ledgers[0]);
});

test("a key comes from stdin, and one of a profile does what the profile may", async () => {
  const { url, key, coderKey } = await arrange();
  const stranger = openCli();
  const at = ["--url", url];

  const listed = await stranger.data(["--url", url, "--key", "-", "profiles", "list"], { stdin: `${key}\n` });
  const called = await stranger.data(["tools", "call", "mcp__github__list_issues", "--input", REPO, ...at], {
    env: { PATCHBAY_KEY: coderKey },
  });
  const forbidden = await stranger.error(["profiles", "list", ...at, "--key", coderKey]);
  const twice = await stranger.error(["tools", "call", "x", "--input", "-", ...at, "--key", "-"], { stdin: "{}" });

  expect(listed).toMatchObject([{ name: "coder" }, { name: "writer" }]);
  expect(called).toMatchObject({ status: "done", account: { label: "octo" } });
  expect(forbidden).toMatchObject({ exitCode: 3, message: "A profile's key can't do this." });
  expect(twice).toMatchObject({ exitCode: 2, message: "Only one value can be read from stdin." });
});

const notFound = { status: 404, body: { code: "not_found", detail: "There is nothing at this address.", status: 404 } };

test("what answers otherwise than a hub of this version is told for what it is", async () => {
  const old = await startService({
    "GET /v1/channels": notFound,
    "GET /v1/profiles/nobody": { ...notFound, body: { ...notFound.body, detail: "There is no profile named nobody." } },
    "GET /v1/audit/verify": { data: { fine: true } },
    "GET /v1/openapi.json": { info: { version: "0.0.9" }, paths: { "/profiles/{profile}": { get: {} } } },
  });
  const other = await startService({ "GET /v1/channels": { status: 200, body: "<h1>Welcome</h1>" } });
  const gone = await startService({});
  await gone[Symbol.asyncDispose]();
  const cli = openCli({ PATCHBAY_KEY: "pb_live_x" });
  const list = ["channels", "list", "--url"];

  const errors = await Promise.all([
    cli.error([...list, old.url]),
    cli.error(["profiles", "inspect", "nobody", "--url", old.url]),
    cli.error(["audit", "verify", "--url", old.url]),
    cli.error([...list, other.url]),
    cli.error([...list, gone.url]),
    cli.error([...list, "nowhere"]),
  ]);

  expect(errors).toMatchObject([
    { exitCode: 4, message: `The hub at ${old.url} is Patchbay 0.0.9 and does not know this command.` },
    { exitCode: 4, message: "There is no profile named nobody." },
    { exitCode: 5, message: expect.stringMatching(/ is Patchbay 0\.0\.9, and answers otherwise than /) },
    { exitCode: 4, message: `There is no hub at ${other.url}. What answers there is something else.` },
    { exitCode: 7, message: `No hub answers at ${gone.url} (ECONNREFUSED).` },
    { exitCode: 2, message: "The hub's address is not an http or https address." },
  ]);
});

test("a command says when it can't be for a hub elsewhere, or does not know which or by what right", async () => {
  const cli = openCli();
  const at = ["--url", "http://127.0.0.1:1"];

  const mcp = await cli.run(["mcp", "--profile", "coder", ...at]);
  const errors = await Promise.all([
    cli.error(["start", ...at]),
    cli.error([...at, "doctor"]),
    cli.error(["vault", "rotate", ...at]),
    cli.error(["client-config", "--key", "pb_live_sentinel"]),
    cli.error(["--test", "start"]),
    cli.error(["vault", "status", "--test"]),
    cli.error(["profiles", "list", ...at]),
    cli.error(["profiles", "list", "--key", "pb_live_sentinel"]),
    cli.error(["--config", "mine.json", "profiles", "list", ...at]),
    cli.error(["--test", "profiles", "list", ...at, "--key", "pb_live_sentinel"]),
  ]);

  expect(errors.map(({ exitCode, message }) => [exitCode, message])).toEqual([
    [2, '"patchbay start" works on this machine only, and takes no --url.'],
    [2, '"patchbay doctor" works on this machine only, and takes no --url.'],
    [2, '"patchbay vault rotate" works on this machine only, and takes no --url.'],
    [2, '"patchbay client-config" works on this machine only, and takes no --key.'],
    [2, '"patchbay start" does the same for both worlds, and takes no --test.'],
    [2, '"patchbay vault status" does the same for both worlds, and takes no --test.'],
    [3, "The hub at http://127.0.0.1:1 wants a key."],
    [2, "--key is given, and no --url of a hub."],
    [2, "--config is about the hub here, and the command is for one elsewhere."],
    [2, "--test is given, and the key is not one of the test world."],
  ]);
  expect(mcp).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('"patchbay mcp" works on this machine only'),
  });
  expect(cli.transcript()).not.toContain("sentinel");
});
