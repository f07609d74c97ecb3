import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ALL_ACTIONS } from "../src/actions/all-actions.ts";
import { AGENT_TOOLS } from "../src/actions/agent-tools.ts";

const root = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");
const { scripts } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
  scripts: Record<string, string>;
};

/** Beside those that are rendered from actions. */
const OWN_COMMANDS = ["audit export", "vault status", "vault rotate", "vault change-master-key"];

const SHORT_COMMANDS = ["start", "connect", "client-config", "mcp", "doctor", "proxy", "exec", "layers"];

function allMatches(pattern: RegExp): string[] {
  return [...new Set([...readme.matchAll(pattern)].map(([, found = ""]) => found))];
}

test.each(allMatches(/npm run (?:--silent )?([\w-]+)/g))("npm run %s, as the README says, is a script", (name) => {
  expect(Object.keys(scripts)).toContain(name);
});

test.each(allMatches(/patchbay ((?!--)[a-z-]+(?: [a-z][a-z-]*)?)/g))(
  "patchbay %s, as the README says, is a command",
  (line) => {
    const [noun = "", verb = ""] = line.split(" ");
    const isKnown =
      SHORT_COMMANDS.includes(noun) || OWN_COMMANDS.includes(line) || Object.hasOwn(ALL_ACTIONS[noun] ?? {}, verb);

    expect(isKnown).toBe(true);
  },
);

test("every file and folder that the README links to is there", () => {
  const links = allMatches(/\]\((?!https?:)([^)#]+)\)/g);

  expect(links.length).toBeGreaterThan(3);
  expect(links.filter((link) => !isThere(link))).toEqual([]);
});

function isThere(path: string): boolean {
  const [folder = ".", name = path] = path.includes("/") ? path.split(/\/(?=[^/]*$)/) : [".", path];
  return readdirSync(new URL(`${folder}/`, root)).includes(name);
}

test("every connector and every tool of the hub's own is in the README", () => {
  const connectors = readdirSync(new URL("connectors/", root)).filter((name) => name !== "conformance");
  const tools = Object.values(AGENT_TOOLS).flatMap((group) => Object.keys(group));

  const missing = [...connectors, ...tools].filter(
    (name) => !readme.toLowerCase().includes(name.replace("email", "e-mail")),
  );

  expect(missing).toEqual([]);
});

test("every variable that the README names is one that the configuration knows, and the other way round", () => {
  const config = readFileSync(new URL("src/config.ts", root), "utf8");
  const known = [...new Set(config.match(/PATCHBAY_[A-Z_]+(?=:)/g))].filter((name) => name !== "PATCHBAY_CONFORMANCE");

  expect(allMatches(/`(PATCHBAY_[A-Z_]+)`/g).toSorted()).toEqual(known.toSorted());
});
