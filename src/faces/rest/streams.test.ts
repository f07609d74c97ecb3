import { expect, test } from "vitest";
import { openTestApi, startService } from "#testing";
import { SCOPES } from "../../access/principal.ts";
import { STREAMS } from "./streams.ts";

const find = (name: string) => STREAMS.find((stream) => stream.name === name);

/** A hub with an agent that may call a service's own API. */
async function arrange() {
  const methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH"];
  const github = await startService({
    "GET /user": { id: 1, login: "mona" },
    ...Object.fromEntries(methods.map((method) => [`${method} /topics`, { names: [] }])),
  });
  const api = await openTestApi();
  const coder = await api.hub.addProfile("coder");
  const row = await api.hub.connect("github", github.url, { GITHUB_TOKEN: "ghp_sentinel0123456789" });
  await api.hub.grant(coder, row);
  return { ...api, github };
}

test("the ledger is exported in every format that the description names, as the type that it names", async () => {
  const { url, addOwnerKey } = await arrange();
  const key = await addOwnerKey();
  const stream = find("audit_export");
  const formats = stream?.parameters.flatMap(({ schema }) => schema.enum ?? []) ?? [];

  const types = await Promise.all(
    formats.map(async (format) => {
      const headers = { authorization: `Bearer ${key}` };
      const answer = await fetch(`${url}/v1${stream?.path}?format=${String(format)}`, { headers });
      await answer.text();
      return answer.headers.get("content-type");
    }),
  );

  expect(formats).toEqual(["jsonl", "csv"]);
  expect(types).toEqual(Object.keys(stream?.success["200"]?.content ?? {}));
});

test("every method by which the proxy is described passes it, for the profile that the described header names", async () => {
  const { url, github, addOwnerKey } = await arrange();
  const described = STREAMS.filter(({ noun }) => noun === "proxy");
  const [named = ""] = described[0]?.parameters.flatMap((each) => (each.in === "header" ? [each.name] : [])) ?? [];
  const key = await addOwnerKey(["proxy"]);
  const headers = { authorization: `Bearer ${key}`, [named]: "coder" };

  const answers = await Promise.all(
    described.map(async ({ method }) => {
      const { status } = await fetch(`${url}/v1/proxy/github/topics`, { method, headers });
      return `${method} ${status}`;
    }),
  );

  const passed = github.exchanges.filter(({ path }) => path === "/topics").map(({ method }) => method);
  expect(passed.toSorted()).toEqual(["GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);
  // What destroys something waits for an owner, as the description says.
  expect(answers.filter((answer) => !answer.endsWith("200"))).toEqual(["DELETE 202"]);
});

test.each(STREAMS.map(({ name, method, path, scope }) => ({ name, method, path, scope })))(
  "$name takes a key with its scope, and no other",
  async ({ method, path, scope }) => {
    const { url, addOwnerKey } = await arrange();
    // Who may write may read.
    const others = SCOPES.filter((each) => each !== scope && each !== scope.replace(":read", ":write"));
    const address = `${url}/v1${path.replace("{integration}", "github").replace("{path}", "user")}`;

    const without = await fetch(address, { method });
    const useless = await fetch(address, {
      method,
      headers: { authorization: `Bearer ${await addOwnerKey(others)}`, "patchbay-profile": "coder" },
    });

    expect([without.status, useless.status]).toEqual([401, 403]);
  },
);
