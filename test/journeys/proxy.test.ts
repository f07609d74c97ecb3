import { createHash } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { type Exchange, startService } from "#testing";
import { type Cli, openCli } from "./open-cli.ts";
import { startHub } from "./start-hub.ts";

const TOKEN = "ghp_Sentinel0123456789Sentinel0123456789";
const PROXY = ["proxy", "--profile", "coder"];

/** A GitHub that repeats what it is sent, its credential included. */
function startEcho() {
  const echo = ({ method, path, query, headers, text: sent }: Exchange) => ({ method, path, query, headers, sent });
  return startService({
    "GET /user": { id: 1, login: "octo" },
    "GET /echo": echo,
    "POST /echo": echo,
    "PUT /echo": echo,
    "PATCH /echo": echo,
    "DELETE /echo": echo,
    "GET /missing": { status: 404, body: { message: `No such thing for ${TOKEN}` } },
    "GET /picture": { status: 200, headers: { "content-type": "image/png" }, body: Buffer.from([0, 255, 1, 254, 10]) },
    "POST /digest": ({ text: sent }: Exchange) => ({ sha256: createHash("sha256").update(sent).digest("hex") }),
  });
}

async function arrange() {
  const service = await startEcho();
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: service.host, PATCHBAY_LOG_LEVEL: "debug" });
  await cli.data(["connect", "github", "--base-url", service.url, "--credential", `GITHUB_TOKEN=${TOKEN}`]);
  await cli.data(["profiles", "create", "coder"]);
  await cli.data(["grants", "set", "coder", "github"]);
  return { service, cli };
}

const operationsOf = async (cli: Cli) =>
  (await cli.data<{ action: string; operation: string }[]>(["audit", "list"])).flatMap(({ action, operation }) =>
    action.startsWith("call.") ? [`${action} ${operation}`] : [],
  );

test("a service's own API is called from the command line, and its credential seen nowhere", async () => {
  const { service, cli } = await arrange();

  const read = await cli.run([...PROXY, "github", "/echo?a=b", "--header", "Accept: text/x", "--header", "X-Own: 1"]);
  const written = await cli.run([...PROXY, "-X", "PUT", "github:octo", "echo", "--data", '{"a":1}']);
  const missing = await cli.run([...PROXY, "github", "/missing"]);
  const picture = await cli.run([...PROXY, "github", "/picture"]);
  const document = await cli.data([...PROXY, "github", "/echo"]);

  expect([read.exitCode, JSON.parse(read.stdout)]).toMatchObject([
    0,
    { method: "GET", query: { a: "b" }, headers: { authorization: "[redacted]", accept: "text/x", "x-own": "1" } },
  ]);
  expect(JSON.parse(written.stdout)).toMatchObject({
    method: "PUT",
    sent: '{"a":1}',
    headers: { "content-type": "application/json", "content-length": "7" },
  });
  expect(missing).toMatchObject({
    exitCode: 6,
    stdout: '{"message":"No such thing for [redacted]"}',
    stderr: "github answered with the status 404.\n",
  });
  expect(picture.stdout).toBe(Buffer.from([0, 255, 1, 254, 10]).toString());
  expect(document).toMatchObject({ status: 200, headers: { "cache-control": "no-store" }, body: { method: "GET" } });
  expect(service.exchanges.at(-1)?.headers["authorization"]).toBe(`Bearer ${TOKEN}`);
  expect(cli.transcript()).not.toContain(TOKEN);
});

test("a body comes from a file or from stdin", async () => {
  const { cli } = await arrange();
  const large = "0123456789".repeat(100_000);
  writeFileSync(join(cli.cwd, "large.txt"), large);
  const sha256 = createHash("sha256").update(large).digest("hex");
  const digest = [...PROXY, "github", "/digest", "--header", "content-type: text/plain"];

  const fromFile = await cli.run([...digest, "--data", "@large.txt"]);
  const fromStdin = await cli.run([...digest, "--data", "-"], { stdin: large });
  const missing = await cli.error([...digest, "--data", "@nowhere.txt"]);

  expect([fromFile.stdout, fromStdin.stdout].map((body) => JSON.parse(body))).toEqual([{ sha256 }, { sha256 }]);
  expect(missing).toMatchObject({ exitCode: 2, message: "The file nowhere.txt can't be read." });
});

test("what destroys waits for the owner, whose approval lets exactly that pass, once", async () => {
  const { service, cli } = await arrange();
  const remove = [...PROXY, "-X", "DELETE", "github", "/echo", "--data", '{"really":true}'];

  const first = await cli.run(remove);
  const [pending] = await cli.data<{ id: string; operation: string }[]>(["approvals", "list"]);
  await cli.data(["approvals", "approve", pending?.id ?? ""]);
  const other = await cli.run([...PROXY, "-X", "DELETE", "github", "/echo", "--data", '{"really":false}']);
  const approved = await cli.run(remove);
  const again = await cli.run(remove);

  expect(first).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringContaining(pending?.id ?? "none") });
  expect(pending?.operation).toBe("github DELETE /echo");
  expect([other, approved, again].map(({ exitCode }) => exitCode)).toEqual([1, 0, 1]);
  expect(service.exchanges.filter(({ method }) => method === "DELETE")).toHaveLength(1);
});

test("a policy of paths holds for the proxy however a path is written, and each refusal is on record", async () => {
  const { service, cli } = await arrange();
  await cli.data(["grants", "set", "coder", "github", "--allow", "GET /echo*", "--deny", "* /echo/secret*"]);

  const refused = await Promise.all(
    ["/missing", "/echo/secret", "/echo/Secret", "/echo%2Fsecret/x", "/echo/../missing", "//evil.example/"].map(
      async (path) => (await cli.run([...PROXY, "github", path])).exitCode,
    ),
  );
  const allowed = await cli.run([...PROXY, "github", "/echo"]);
  const unknown = await cli.error(["grants", "set", "coder", "github", "--deny", "GETT /x"]);

  expect(refused).toEqual([3, 3, 3, 3, 3, 3]);
  expect(allowed.exitCode).toBe(0);
  expect(unknown).toMatchObject({ exitCode: 2, hint: expect.stringContaining("GET") });
  expect(service.exchanges.filter(({ path }) => path !== "/user")).toHaveLength(1);
  expect((await operationsOf(cli)).filter((line) => line.startsWith("call.refused"))).toHaveLength(6);
});

test("a hub that runs serves the proxy to a key that has the scope, and to no other", async () => {
  const { service, cli } = await arrange();
  const hub = await startHub(cli);
  const make = (...scopes: string[]) =>
    cli.data<{ key: string }>([
      "keys",
      "create",
      "--profile",
      "coder",
      ...scopes.flatMap((scope) => ["--scope", scope]),
    ]);
  const [usual, wide] = [await make(), await make("proxy")];

  const refused = await get(hub.url, usual.key, "/v1/proxy/github/echo");
  const given = await get(hub.url, wide.key, "/v1/proxy/github/echo?x=1");
  const audit = await cli.data(["audit", "verify"]);
  await hub.stop();

  expect(refused).toMatchObject({ status: 403, body: { detail: "The key lacks the scope proxy." } });
  expect(given).toMatchObject({ status: 200, body: { query: { x: "1" }, headers: { authorization: "[redacted]" } } });
  expect(service.exchanges.filter(({ path }) => path === "/echo")).toHaveLength(1);
  expect(audit).toMatchObject({ ok: true });
  expect(cli.transcript()).not.toContain(TOKEN);
});

/** A GitHub that sends back each piece of a body as soon as it has it. */
async function startMirror(): Promise<URL> {
  const server = createServer((incoming, response) => {
    response.writeHead(200, { "content-type": incoming.url === "/user" ? "application/json" : "text/event-stream" });
    if (incoming.url === "/user") response.end('{"id":1,"login":"octo"}');
    else incoming.pipe(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

test("bodies stream both ways, by REST and through the command line", async () => {
  const mirror = await startMirror();
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: mirror.host });
  await cli.data(["connect", "github", "--base-url", mirror.origin, "--credential", `GITHUB_TOKEN=${TOKEN}`]);
  await cli.data(["profiles", "create", "coder"]);
  await cli.data(["grants", "set", "coder", "github"]);
  const { key } = await cli.data<{ key: string }>(["keys", "create", "--profile", "coder", "--scope", "proxy"]);
  const hub = await startHub(cli);

  const headers = { authorization: `Bearer ${key}`, "content-type": "text/plain" };
  const outgoing = request(`${hub.url}/v1/proxy/github/talk`, { method: "POST", headers });
  outgoing.write("one\n");
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  const [first] = (await once(answer, "data")) as [Buffer];
  outgoing.write("two\n");
  const [second] = (await once(answer, "data")) as [Buffer];
  outgoing.end();
  await once(answer, "end");
  const typed = cli.spawn([...PROXY, "github", "/talk", "--data", "-"]);
  typed.write("three\n");
  await typed.printed("three\n");
  typed.write("four\n");
  const printed = await typed.printed("four\n");

  expect([first, second].map(String)).toEqual(["one\n", "two\n"]);
  expect(printed).toBe("three\nfour\n");
});

test("no way of writing a path leads elsewhere, by REST or by command", async () => {
  const { service, cli } = await arrange();
  const { key } = await cli.data<{ key: string }>(["keys", "create", "--profile", "coder", "--scope", "proxy"]);
  const hub = await startHub(cli);
  const paths = [
    "/../../mcp",
    "//evil.example/x",
    "/%2e%2e/user",
    "/%252e%252e/x",
    "/https://evil.example/",
    "/%5c..%5cx",
  ];

  const answers = await Promise.all(paths.map((path) => get(hub.url, key, `/v1/proxy/github${path}`)));
  const commands = [
    await cli.run([...PROXY, "github", "/../user"]),
    await cli.run([...PROXY, "github", "https://evil.example/"]),
  ];

  expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 403));
  expect(commands.map(({ exitCode }) => exitCode)).toEqual([3, 3]);
  expect(service.exchanges.map(({ path }) => path)).toEqual(["/user"]);
});

async function get(url: string, key: string, path: string): Promise<{ status: number | undefined; body: unknown }> {
  // `fetch` would tidy the path.
  const outgoing = request(url, { path, headers: { authorization: `Bearer ${key}` } });
  outgoing.end();
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  return { status: answer.statusCode, body: JSON.parse(await text(answer)) };
}
