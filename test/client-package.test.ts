import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createContext, runInContext } from "node:vm";
import { build } from "rolldown";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder, openTestApi, startService } from "#testing";
import { client } from "../rolldown.config.ts";
import { ROUTES } from "../src/client/routes.ts";

const root = join(import.meta.dirname, "..");
const CHROMIUM = "/usr/bin/chromium";

async function bundleClient(): Promise<string> {
  const { output } = await build({ ...client, write: false });
  return output[0].code;
}

test("the client is one small file that imports nothing", async () => {
  const { output } = await build({ ...client, write: false });

  const chunks = output.filter((file) => file.type === "chunk");
  expect(chunks).toMatchObject([{ fileName: "client/create-client.js", imports: [], dynamicImports: [] }]);
  expect(chunks[0]?.code).not.toMatch(/\bnode:|\bprocess\b|\bBuffer\b|\brequire\b|\bzod\b/);
  expect(chunks[0]?.code.length).toBeLessThan(30_000);
});

test("the client runs where there is nothing but what the web has", async () => {
  const api = await openTestApi();
  const { AbortSignal, Headers, ReadableStream, URL, URLSearchParams } = globalThis;
  const web = { fetch, crypto, setTimeout, clearTimeout, AbortSignal, Headers, ReadableStream, URL, URLSearchParams };
  const bare = createContext({ ...web, options: { url: api.url, key: await api.addOwnerKey() } });
  // A script has no exports.
  const script = (await bundleClient()).replace(/export \{[^}]*\};?\s*$/, "");

  const verbs = Object.entries(ROUTES).map(([noun, routes]) => [noun, Object.keys(routes)]);

  const answers: unknown = await runInContext(
    `${script}
    (async () => {
      const client = createClient(options);
      const names = [];
      await client.profiles.create({ name: "coder" });
      for await (const { name } of client.profiles.list()) names.push(name);
      const failure = await client.profiles.inspect({ profile: "nobody" }).catch((error) => error);
      const verbs = Object.entries(client).map(([noun, methods]) => [noun, Object.keys(methods)]);
      return JSON.stringify([names, failure instanceof HubError, failure.code, verbs]);
    })()`,
    bare,
  );

  expect(JSON.parse(String(answers))).toEqual([["coder"], true, "not_found", [...verbs, ["proxy", []]]]);
});

const CONSUMER = `
import { type Client, createClient, HubError, type ErrorCode } from "patchbay/client";

const client: Client = createClient({ url: "http://127.0.0.1:7300", key: "pb_live_x" });

export async function use(): Promise<string[]> {
  const { id, granted_to } = await client.integrations.connect({ service: "github", credentials: { GITHUB_TOKEN: "x" } });
  const nothing: void = await client.integrations.disconnect({ integration: id });
  const { data, next_cursor } = await client.oauthApps.list();
  const cursor: string | null = next_cursor;
  const status: "pending" | "configured" | "active" | "error" | "disconnected" = (await client.integrations.verify({ integration: id })).status;
  const services: string[] = data.map(({ service }) => service);
  for await (const { name } of client.profiles.list({ limit: 10 }, { signal: AbortSignal.timeout(1000) })) services.push(name);
  const answer: Response = await client.proxy("github", "/user", { profile: "coder" });
  try {
    await client.audit.anchor();
  } catch (error) {
    if (error instanceof HubError && error.code === "rate_limited") services.push(error.hint ?? String(error.details["retryAfterMs"]));
  }

  // @ts-expect-error There is no such noun.
  client.agents;
  // @ts-expect-error There is no such verb.
  client.profiles.destroy;
  // @ts-expect-error A name is needed.
  await client.profiles.create();
  // @ts-expect-error A name is text.
  await client.profiles.create({ name: 3 });
  // @ts-expect-error A profile has no colour.
  await client.profiles.create({ name: "coder", colour: "red" });
  // @ts-expect-error An account has no password.
  (await client.integrations.inspect({ integration: id })).password;
  // @ts-expect-error What is shown may be absent.
  const label: string = (await client.integrations.inspect({ integration: id })).base_url;
  // @ts-expect-error Keys are of two modes.
  await client.keys.create({ mode: "prod" });
  // @ts-expect-error One account is no list.
  for await (const each of client.integrations.inspect({ integration: id })) void each;
  // @ts-expect-error Nothing comes back.
  (await client.keys.revoke({ key: "key_1" })).id;
  // @ts-expect-error There is no such code.
  const code: ErrorCode = "teapot";

  return [...services, ...granted_to, String([nothing, cursor, status, answer.status, label, code])];
}
`;

test.each([
  ["Node", { module: "nodenext", lib: ["es2022"], types: ["node"], typeRoots: [join(root, "node_modules/@types")] }],
  ["the browser", { module: "esnext", moduleResolution: "bundler", lib: ["es2022", "dom"], types: [] }],
])("a program for %s sees the client's types, and only those", async (_where, options) => {
  const folder = makeFolder();
  const packed = join(folder, "node_modules/patchbay");
  await build({ ...client, output: { dir: join(packed, "dist") } });
  cpSync(join(root, "package.json"), join(packed, "package.json"));
  const compilerOptions = {
    ...options,
    target: "es2022",
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.mts"] }));
  writeFileSync(join(folder, "program.mts"), CONSUMER);
  const [, example = ""] = /```ts\n(.*?)```/s.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
  writeFileSync(join(folder, "readme.mts"), example);

  const { stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" });

  expect(example).toContain("patchbay/client");
  expect(stdout).toBe("");
});

/** Serves a page and the client beside what the hub serves, so that all have one origin. */
async function startFront(hubUrl: string, page: string, script: string) {
  let take: (result: unknown) => void;
  const result = new Promise<unknown>((resolve) => (take = resolve));
  const files: Readonly<Record<string, { readonly type: string; readonly content: string }>> = {
    "/": { type: "text/html", content: page },
    "/client.js": { type: "text/javascript", content: script },
  };
  const server = createServer((asked, answer) => {
    const { url = "/", method, headers } = asked;
    const file = files[url];
    if (file) answer.writeHead(200, { "content-type": file.type }).end(file.content);
    else if (url === "/result") void text(asked).then((body) => take(JSON.parse(body)));
    else {
      const passed = request(`${hubUrl}${url}`, { method, headers }, (given) => {
        answer.writeHead(given.statusCode ?? 500, given.headers);
        given.pipe(answer);
      });
      asked.pipe(passed);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, result };
}

const PAGE = `<!doctype html><script type="module">
  import { createClient, HubError } from "/client.js";
  const [key, hubUrl] = decodeURIComponent(location.hash.slice(1)).split(" ");
  const client = createClient({ url: location.origin, key });
  const names = [];
  const failureOf = (promise) => promise.then(() => "none", (error) => [error instanceof HubError, error.code]);
  await client.profiles.create({ name: "browser" });
  for await (const { name } of client.profiles.list({ limit: 1 })) names.push(name);
  const answer = await client.proxy("github", "/user", { profile: "coder" });
  const result = {
    names,
    login: (await answer.json()).login,
    unknown: await failureOf(client.profiles.inspect({ profile: "nobody" })),
    elsewhere: await failureOf(createClient({ url: hubUrl, key, retries: 0 }).profiles.list()),
  };
  await fetch("/result", { method: "POST", body: JSON.stringify(result) });
</script>`;

test.skipIf(!existsSync(CHROMIUM))(
  "a browser uses the hub from a page of the hub's own origin, and from no other",
  async () => {
    const github = await startService({ "GET /user": { id: 1, login: "octo" } });
    const api = await openTestApi();
    const coder = await api.hub.addProfile("coder");
    const account = await api.hub.connect("github", github.url, {
      GITHUB_TOKEN: "ghp_0123456789abcdefghij0123456789abcdef",
    });
    await api.hub.grant(coder, account);
    const { url, result } = await startFront(api.url, PAGE, await bundleClient());
    const hash = encodeURIComponent(`${await api.addOwnerKey()} ${api.url}`);
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", `--user-data-dir=${makeFolder()}`];
    const browser = spawn(CHROMIUM, [...flags, `${url}/#${hash}`], { stdio: "ignore" });
    onTestFinished(() => void browser.kill("SIGKILL"));

    expect(await result).toEqual({
      names: ["coder", "browser"],
      login: "octo",
      unknown: [true, "not_found"],
      elsewhere: [true, "unavailable"],
    });
  },
);
