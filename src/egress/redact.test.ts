import { expect, test } from "vitest";
import { openRedaction, redactTokens } from "./redact.ts";

const SECRET = 'pä"ss/w+rd&\\1';

test.each([
  ["as it is", SECRET],
  ["in a URL", encodeURIComponent(SECRET)],
  ["in base64", Buffer.from(SECRET).toString("base64")],
  ["in base64url", Buffer.from(SECRET).toString("base64url")],
  ["in JSON", JSON.stringify(SECRET).slice(1, -1)],
])("a secret is blanked %s", (_, spelling) => {
  const { redact } = openRedaction([SECRET]);

  expect(redact(`before ${spelling} after`)).toMatch(/^before \[redacted\]=* after$/);
});

test("a secret is blanked wherever it stands in a value, keys included", () => {
  const { redactValue } = openRedaction(["secret-1"]);

  const redacted = redactValue({ list: ["a secret-1", 1, null], deep: { "secret-1": { text: "xsecret-1x" } } });

  expect(redacted).toEqual({ list: ["a [redacted]", 1, null], deep: { "[redacted]": { text: "x[redacted]x" } } });
});

test("what holds no secret is left as it is, not copied", () => {
  const { redactValue } = openRedaction(["secret-1"]);
  const clean = { list: [{ text: "nothing here" }], other: { text: "secret-2" } };

  expect(redactValue(clean)).toBe(clean);
});

test("a short value is no secret, or ordinary words would be blanked", () => {
  const { redact } = openRedaction(["admin", ""]);

  expect(redact("the admin of demo")).toBe("the admin of demo");
});

test("of two secrets the longer is blanked whole", () => {
  const { redact } = openRedaction(["secret", "secret-and-more"]);

  expect(redact("secret-and-more")).toBe("[redacted]");
});

test("of a connection string the password is a secret too, and the database's name is not", () => {
  const { redact } = openRedaction(["postgres://app:p%40ssword@db.example.com/customers"]);

  expect(redact("password authentication failed for p@ssword (p%40ssword) on /customers")).toBe(
    "password authentication failed for [redacted] ([redacted]) on /customers",
  );
});

test("of a secret address the path is a secret too, and so is a token in it", () => {
  const { redact } = openRedaction(["https://hooks.example.com/webhooks/12/AbCdEfGhIjKlMnOpQr"]);

  expect(redact("POST /webhooks/12/AbCdEfGhIjKlMnOpQr at hooks.example.com")).toBe(
    "POST [redacted] at hooks.example.com",
  );
  expect(redact('{"token":"AbCdEfGhIjKlMnOpQr"}')).toBe('{"token":"[redacted]"}');
});

test.each([
  "pb_live_0123456789abcdef",
  "pb_test_0123456789abcdef",
  `ghp_${"a1B2".repeat(9)}`,
  `github_pat_${"a1B2_".repeat(9)}`,
  "xoxb-123456789012-abcdefghijkl",
  "sk-proj-AbC123dEf456GhI789",
  "re_c1tpEyD8_NKFusih9vKVQknRAQfmFcWCv",
  "Bearer abcdef0123456789.abc",
])("what looks like a token is blanked though nobody knows it: %s", (token) => {
  expect(redactTokens(`token=${token}!`)).toBe("token=[redacted]!");
});

test.each([
  "Bearer authentication is required",
  "re_3MoKUTLkdIwHu7ix0RaSbLvD",
  "sk-learn",
  "the task is ask-me-anything-later-today",
  "pb_live",
])("what only begins like a token is left: %s", (text) => {
  expect(redactTokens(text)).toBe(text);
});
