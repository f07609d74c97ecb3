import { expect, test } from "vitest";
import { checkPolicy, type Decision, decide, type Policy } from "./policy.ts";

test("without a policy, reading and writing run at once and destroying asks", () => {
  expect(decide({}, "list_issues", "read")).toBe("allow");
  expect(decide({}, "create_issue", "write")).toBe("allow");
  expect(decide({}, "merge_pull_request", "destructive")).toBe("ask");
});

test("an allow list hides everything it does not name", () => {
  const policy = { allow: ["list_*", "merge_pull_request"], ask: ["create_issue"] };

  expect(decide(policy, "list_issues", "read")).toBe("allow");
  expect(decide(policy, "merge_pull_request", "destructive")).toBe("allow");
  expect(decide(policy, "create_issue", "write")).toBe("ask");
  expect(decide(policy, "comment_issue", "write")).toBe("hidden");
});

test("the strictest list that matches wins", () => {
  const policy = { allow: ["*"], ask: ["create_*"], deny: ["create_issue"] };

  expect(decide(policy, "create_issue", "write")).toBe("deny");
  expect(decide(policy, "create_branch", "write")).toBe("ask");
  expect(decide(policy, "read_issue", "read")).toBe("allow");
});

test("a star stands for any letters and nothing else is special", () => {
  expect(decide({ deny: ["*_issue"] }, "create_issue", "write")).toBe("deny");
  expect(decide({ deny: ["create_issue"] }, "create_issues", "write")).toBe("allow");
});

const LISTS = [undefined, [], ["list_issues"], ["list_*"], ["*"], ["merge_pull_request", "list_issues"]];
const OPERATIONS = [
  ["list_issues", "read"],
  ["create_issue", "write"],
  ["merge_pull_request", "destructive"],
] as const;
const FREEDOM: Record<Decision, number> = { hidden: 0, deny: 0, ask: 1, allow: 2 };

const policies: Policy[] = LISTS.flatMap((allow) =>
  LISTS.flatMap((ask) =>
    LISTS.map((deny) => ({ ...(allow && { allow }), ...(ask && { ask }), ...(deny && { deny }) })),
  ),
);
const extras = LISTS.flatMap((list) => list ?? []);
const narrowings: [Policy, Policy][] = policies.flatMap((policy) => [
  ...extras.map((pattern): [Policy, Policy] => [policy, { ...policy, deny: [...(policy.deny ?? []), pattern] }]),
  ...(policy.allow ?? []).flatMap((pattern): [Policy, Policy][] => {
    const allow = policy.allow?.filter((other) => other !== pattern) ?? [];
    return [
      [policy, { ...policy, allow }],
      [policy, { ...policy, allow, ask: [...(policy.ask ?? []), pattern] }],
    ];
  }),
]);

test("denying more, allowing less and asking instead of allowing never let a profile do more", () => {
  const widened = narrowings.flatMap(([before, after]) =>
    OPERATIONS.filter(
      ([name, effect]) => FREEDOM[decide(after, name, effect)] > FREEDOM[decide(before, name, effect)],
    ).map(([name]) => ({ name, before, after })),
  );

  expect(narrowings.length).toBeGreaterThan(1000);
  expect(widened).toEqual([]);
});

test("a pattern that matches no operation is refused with the nearest names", () => {
  const operations = ["create_issue", "list_issues", "merge_pull_request"];

  expect(() => checkPolicy({ deny: ["create_isue"] }, "github", operations)).toThrow(
    expect.objectContaining({
      code: "invalid_input",
      message: 'No operation of github matches "create_isue".',
      hint: expect.stringContaining("create_issue"),
    }),
  );
  expect(() => checkPolicy({ ask: ["list_*"], allow: ["*"] }, "github", operations)).not.toThrow();
});
