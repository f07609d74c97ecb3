import { expect, test } from "vitest";
import { readTarget } from "../egress/proxied-target.ts";
import { checkPolicy, coverOperations, type Decision, decide, decideProxied, Policy } from "./policy.ts";

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

/** A call through the proxy, of a method that writes. */
const post = (policy: Policy, written: string): Decision =>
  decideProxied(policy, { method: "POST", path: readTarget(written).path }, "write");

test("without a policy, what passes the proxy is judged by its effect", () => {
  expect(decideProxied({}, { method: "GET", path: "/x" }, "read")).toBe("allow");
  expect(decideProxied({}, { method: "POST", path: "/x" }, "write")).toBe("allow");
  expect(decideProxied({}, { method: "DELETE", path: "/x" }, "destructive")).toBe("ask");
});

test("patterns of a method and a path judge the proxy and leave operations alone", () => {
  const policy = {
    allow: ["list_*", "GET /repos/*", "* /gists"],
    ask: ["POST /repos/acme/*"],
    deny: ["POST /repos/*/keys"],
  };

  expect(decideProxied(policy, { method: "GET", path: "/repos/acme/web" }, "read")).toBe("allow");
  expect(decideProxied(policy, { method: "DELETE", path: "/gists" }, "destructive")).toBe("allow");
  expect(post(policy, "/repos/acme/web")).toBe("ask");
  expect(post(policy, "/repos/acme/web/keys")).toBe("deny");
  expect(post(policy, "/user")).toBe("hidden");
  expect(decide(policy, "list_issues", "read")).toBe("allow");
  expect(decide(policy, "create_issue", "write")).toBe("hidden");
});

test("an allow list that names operations only hides all that would pass the proxy", () => {
  expect(decideProxied({ allow: ["list_*"] }, { method: "GET", path: "/repos" }, "read")).toBe("hidden");
});

test("where operations are denied or ask, a call through the proxy that no pattern names asks", () => {
  expect(post({ deny: ["merge_pull_request"] }, "/repos")).toBe("ask");
  expect(post({ ask: ["create_*"] }, "/repos")).toBe("ask");
  expect(post({ deny: ["DELETE /repos/*"] }, "/repos")).toBe("allow");
});

test("a star alone stands for operations and the proxy alike", () => {
  expect(post({ deny: ["*"] }, "/x")).toBe("deny");
  expect(post({ ask: ["*"] }, "/x")).toBe("ask");
  expect(post({ allow: ["*"] }, "/x")).toBe("allow");
});

test.each([
  "/repos/acme/keys",
  "/repos/acme/keys/",
  "/Repos/ACME/Keys",
  "/repos/acme%2Fkeys",
  "/repos%252Facme%252fkeys",
  "/re%70os/acme/%6beys",
  "/repos;a=b/acme/keys;c",
  "/repos/acme/keys%3Fa=b",
  "/repos/acme/keys%23x",
  "/repos/acme/%EF%BC%ABeys",
])("what is denied stays denied when it is written as %s", (written) => {
  expect(post({ deny: ["POST /repos/*/keys"] }, written)).toBe("deny");
  expect(post({ ask: ["POST /repos/*/keys"] }, written)).toBe("ask");
  expect(post({ allow: ["POST /repos/*"], ask: ["POST /repos/*/keys"] }, written)).not.toBe("allow");
});

test.each(["/Repos/acme/x", "/repos%2Facme/x", "/repos/acme%2Fx/y", "/repos/acme/..;/x", "/repos/other/x"])(
  "what is allowed to the letter is not allowed as %s",
  (written) => {
    const judge = () => post({ allow: ["POST /repos/acme/*"] }, written);

    expect(judgeOrRefuse(judge)).not.toBe("allow");
  },
);

function judgeOrRefuse(judge: () => Decision): Decision {
  try {
    return judge();
  } catch {
    return "deny";
  }
}

const LISTS = [
  undefined,
  [],
  ["list_issues"],
  ["list_*"],
  ["*"],
  ["merge_pull_request", "list_issues"],
  ["GET /repos/*"],
  ["* /repos/acme", "list_*"],
  ["DELETE *"],
];
const OPERATIONS = [
  ["list_issues", "read"],
  ["create_issue", "write"],
  ["merge_pull_request", "destructive"],
] as const;
const PROXIED = [
  ["GET", "/repos/acme", "read"],
  ["GET", "/Repos/acme/", "read"],
  ["GET", "/repos%2Facme", "read"],
  ["POST", "/repos/acme", "write"],
  ["POST", "/user", "write"],
  ["DELETE", "/repos/acme", "destructive"],
  ["DELETE", "/REPOS/acme", "destructive"],
] as const;
const FREEDOM: Record<Decision, number> = { hidden: 0, deny: 0, ask: 1, allow: 2 };

/** How much a policy lets a profile do, call by call. */
function freedomOf(policy: Policy): number[] {
  return [
    ...OPERATIONS.map(([name, effect]) => FREEDOM[decide(policy, name, effect)]),
    ...PROXIED.map(([method, path, effect]) => FREEDOM[decideProxied(policy, { method, path }, effect)]),
  ];
}

const policies: Policy[] = LISTS.flatMap((allow) =>
  LISTS.flatMap((ask) =>
    LISTS.map((deny) => ({ ...(allow && { allow }), ...(ask && { ask }), ...(deny && { deny }) })),
  ),
);
const extras = [...new Set(LISTS.flatMap((list) => list ?? []))];
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
  const widened = narrowings.filter(([before, after]) => {
    const was = freedomOf(before);
    return freedomOf(after).some((freedom, index) => freedom > (was[index] ?? 0));
  });

  expect(narrowings.length).toBeGreaterThan(5000);
  expect(widened).toEqual([]);
});

test("what is always allowed runs where it would ask, and nothing else changes", () => {
  const freed = policies.map((policy) => {
    const was = freedomOf(policy);
    const asked = decide(policy, "merge_pull_request", "destructive") === "ask";
    const expected = was.map((freedom, index) => (asked && index === 2 ? FREEDOM.allow : freedom));
    return { policy, expected, is: freedomOf({ ...policy, unasked: ["merge_pull_request"] }) };
  });

  expect(decide({ unasked: ["merge_pull_request"] }, "merge_pull_request", "destructive")).toBe("allow");
  expect(freed.filter(({ is, expected }) => String(is) !== String(expected))).toEqual([]);
});

const EFFECTS = Object.fromEntries(OPERATIONS.map(([name, effect]) => [name, { effect }]));

test("operations that come in run or ask as their effects say", () => {
  expect(coverOperations({ allow: [] }, ["create_issue", "merge_pull_request"], EFFECTS)).toEqual({
    allow: ["create_issue"],
    ask: ["merge_pull_request"],
  });
  expect(coverOperations({ ask: ["create_*"] }, ["create_issue", "list_issues"], EFFECTS, true)).toEqual({
    allow: ["list_issues"],
    ask: ["create_issue"],
  });
});

test("to cover an operation too never frees another, nor what is denied", () => {
  const covered = policies.map((policy) => {
    const was = freedomOf(policy);
    const isHidden = decide(policy, "create_issue", "write") === "hidden";
    const limits = was.map((freedom, index) => (isHidden && index === 1 ? FREEDOM.allow : freedom));
    return { policy, limits, is: freedomOf(coverOperations(policy, ["create_issue"], EFFECTS)) };
  });

  expect(covered.filter(({ is, limits }) => is.some((freedom, index) => freedom > (limits[index] ?? 0)))).toEqual([]);
});

test("a policy that covers some operations only hides all others, and frees none", () => {
  const narrowed = policies.map((policy) => {
    const is = freedomOf(coverOperations(policy, ["create_issue"], EFFECTS, true));
    const wanted = decide(policy, "create_issue", "write");
    return { policy, is, expected: [0, wanted === "hidden" ? FREEDOM.allow : FREEDOM[wanted], 0, 0, 0, 0, 0, 0, 0, 0] };
  });

  expect(narrowed.filter(({ is, expected }) => String(is) !== String(expected))).toEqual([]);
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
  expect(() => checkPolicy({ unasked: ["merge_pull"] }, "github", operations)).toThrow('matches "merge_pull"');
  expect(() => checkPolicy({ ask: ["list_*"], allow: ["*"] }, "github", operations)).not.toThrow();
});

test.each(["GET /repos/*", "* /repos/*/keys", "DELETE *", "GET */keys", "PROPFIND /", "P* /repos"])(
  "%s is a pattern for the proxy",
  (pattern) => {
    const policy = Policy.parse({ deny: [pattern] });

    expect(() => checkPolicy(policy, "github", [])).not.toThrow();
  },
);

test.each([
  ["GETT /repos", 'No method that the proxy tells apart matches "GETT".', "The nearest are GET"],
  ["HEAD /repos", 'No method that the proxy tells apart matches "HEAD".', "HEAD counts as GET."],
  ["CONNECT /repos", 'No method that the proxy tells apart matches "CONNECT".', "The nearest are"],
  ["GET /re%70os", 'No path matches "/re%70os" as it is written.', 'write it as "/repos"'],
  ["GET /repos?q=*", 'No path matches "/repos?q=*" as it is written.', 'write it as "/repos"'],
])("the pattern %s, which could match nothing, is refused", (pattern, message, hint) => {
  const policy = Policy.parse({ deny: [pattern] });

  expect(() => checkPolicy(policy, "github", ["list_issues"])).toThrow(
    expect.objectContaining({
      code: "invalid_input",
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    }),
  );
});

test.each(["GET /repos/../x", "GET /repos/%2e%2e/*", "GET //repos"])(
  "the pattern %s, whose path never passes the proxy, is refused",
  (pattern) => {
    const policy = Policy.parse({ deny: [pattern] });

    expect(() => checkPolicy(policy, "github", [])).toThrow(expect.objectContaining({ code: "address_refused" }));
  },
);

test.each(["get /repos", "GET repos", "GET  /repos", "GET /a b", "Create_issue", "", "GET /caf\u00e9"])(
  "%j is no pattern at all",
  (pattern) => {
    expect(Policy.safeParse({ deny: [pattern] }).success).toBe(false);
  },
);
