import { expect, test } from "vitest";
import { ALL_ACTIONS } from "../../actions/all-actions.ts";
import { buildProgram } from "./program.ts";

const program = buildProgram(() => undefined);

function helpOf(...path: readonly string[]): string {
  const command = path.reduce(
    (parent, name) => parent.commands.find((each) => each.name() === name) ?? program,
    program,
  );
  return command.configureHelp({ helpWidth: 200 }).helpInformation();
}

const verbs = Object.entries(ALL_ACTIONS).flatMap(([noun, actions]) =>
  Object.entries(actions).map(([verb, action]) => ({ noun, verb, action })),
);

test.each(verbs)("$noun $verb explains itself with the action's own words", ({ noun, verb, action }) => {
  const help = helpOf(noun, verb);

  expect(help).toContain(`Usage: patchbay ${noun} ${verb}`);
  expect(help.replaceAll(/\s+/g, " ")).toContain(action.summary);
  expect(help).toContain("--json");
});

test.each(Object.entries(ALL_ACTIONS))("%s lists its verbs", (noun, actions) => {
  const help = helpOf(noun);

  expect(Object.keys(actions).filter((verb) => !help.includes(`  ${verb} `))).toEqual([]);
});

test("connect is the same command as integrations connect", () => {
  const [short, long] = [helpOf("connect"), helpOf("integrations", "connect")];

  expect(short.replace("patchbay connect", "patchbay integrations connect")).toBe(long);
  expect(short).toContain("--credential <name=value>");
  expect(short).toContain("--base-url <text>");
});

test("the program's help begins with what a newcomer needs", () => {
  const help = helpOf();

  expect(help).toMatch(/To begin with:\s+start [^]*What the hub knows, by noun and verb:\s+integrations /);
});
