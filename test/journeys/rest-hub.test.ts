import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { openCli } from "./open-cli.ts";
import { startHub } from "./start-hub.ts";

/** The command line of a hub that does not run yet, and keys that it made. */
async function arrange(limits: object = {}) {
  const cli = openCli();
  writeFileSync(join(cli.cwd, "mcp.config.json"), JSON.stringify({ server: { limits } }));
  const makeKey = (...args: readonly string[]) => cli.data<{ id: string; key: string }>(["keys", "create", ...args]);
  return { cli, makeKey, owner: (await makeKey()).key };
}

test("a key does what its scopes say, and a refusal is a problem that says what is missing", async () => {
  const { cli, makeKey } = await arrange();
  const { id, key: reader } = await makeKey("--scope", "profiles:read");
  const hub = await startHub(cli);

  const read = await hub.send("GET /profiles", { key: reader });
  const written = await hub.send("POST /profiles", { key: reader, body: { name: "coder" } });
  const listed = await cli.data(["profiles", "list"]);
  await cli.data(["keys", "revoke", id]);
  await expect.poll(async () => (await hub.send("GET /profiles", { key: reader })).status).toBe(401);

  expect(read.status).toBe(200);
  expect(written.headers.get("content-type")).toBe("application/problem+json");
  expect(written).toMatchObject({
    status: 403,
    body: { code: "not_granted", detail: "The key lacks the scope profiles:write." },
  });
  expect(listed).toEqual([]);
});

test("all pages of a list are what the command line lists, once each", async () => {
  const { cli, owner } = await arrange();
  const hub = await startHub(cli);
  for (const name of ["one", "two", "three", "four"]) await hub.data("POST /profiles", { key: owner, body: { name } });

  const names: string[] = [];
  let query = "?limit=2";
  for (let pages = 0; query !== "" && pages < 10; pages++) {
    const { body } = await hub.send(`GET /profiles${query}`, { key: owner });
    const { data, next_cursor } = body as { data: { name: string }[]; next_cursor: string | null };
    names.push(...data.map(({ name }) => name));
    query = next_cursor === null ? "" : `?limit=2&cursor=${next_cursor}`;
  }
  const listed = await cli.data<{ name: string }[]>(["profiles", "list"]);

  expect(names).toHaveLength(4);
  expect(names).toEqual(listed.map(({ name }) => name));
});

test("a request that is repeated after the hub was killed and started again does not run again", async () => {
  const { cli, owner } = await arrange();
  const sent = { key: owner, headers: { "idempotency-key": "once" }, body: { name: "coder" } };

  const hub = await startHub(cli);
  const first = await hub.send("POST /profiles", sent);
  await hub.stop("SIGKILL");
  const next = await startHub(cli);
  const again = await next.send("POST /profiles", sent);
  const other = await next.send("POST /profiles", { ...sent, body: { name: "ops" } });
  const listed = await cli.data(["profiles", "list"]);

  expect(first.status).toBe(201);
  expect(again).toMatchObject({ status: 201, body: first.body });
  expect(again.headers.get("idempotent-replayed")).toBe("true");
  expect(other).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
  expect(listed).toMatchObject([{ name: "coder" }]);
});

test("a key that asks too often is told to wait, and the others are served", async () => {
  const { cli, makeKey, owner } = await arrange({ requestsPerMinute: 3 });
  const { key: other } = await makeKey();
  const hub = await startHub(cli);

  const answers = [];
  for (let asked = 0; asked < 4; asked++) answers.push(await hub.send("GET /profiles", { key: owner }));
  const last = answers.at(-1);

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
  expect(last?.body).toMatchObject({ code: "rate_limited", hint: expect.any(String) });
  expect(Number(last?.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await hub.send("GET /profiles", { key: other })).status).toBe(200);
});

test("the hub describes itself as valid OpenAPI, with the address it runs at", async () => {
  const { cli } = await arrange();
  const hub = await startHub(cli);

  const description = (await (await fetch(`${hub.url}/v1/openapi.json`)).json()) as { servers: unknown };

  expect(await new Validator().validate(description)).toEqual({ valid: true });
  expect(description.servers).toEqual([{ url: `${hub.url}/v1` }]);
});
