import { expect, test } from "vitest";
import { openRedaction } from "./redact.ts";

const SECRET = "s3cret/Sentinel+0123456789";
const redaction = openRedaction([SECRET, 'pä"ss\nwörd-0123', "https://user:passw0rd-xyz@db.example/name"]);

const TEXTS = [
  "nothing to see",
  "",
  SECRET,
  `before ${SECRET} after`,
  `${SECRET}${SECRET}`,
  `{"token":"${SECRET}","next":"${SECRET.slice(0, 12)}"}`,
  `s3cs3cret/s3cret/Sentinel${SECRET}s3`,
  Buffer.from(SECRET).toString("base64"),
  JSON.stringify({ password: 'pä"ss\nwörd-0123' }),
  "at https://user:passw0rd-xyz@db.example/name and passw0rd-xyz",
  `token pb_live_${"a".repeat(43)} and ghp_${"b".repeat(36)}, task-0123456789abcdef01`,
  `Bearer ${"c".repeat(20)}1 Bearer   ${"d".repeat(20)}2\nBearer`,
  `{"authorization":"Bearer ${SECRET}"}`,
  `pb_test_${"e".repeat(60)}`,
];

/** Passes the pieces on one by one, and gives all that came out. */
async function pass(pieces: readonly Uint8Array[], { redactStream } = redaction, isText = true): Promise<Buffer> {
  const out: Uint8Array[] = [];
  const stream = ReadableStream.from(pieces).pipeThrough(redactStream(isText));
  for await (const chunk of stream) out.push(chunk);
  return Buffer.concat(out);
}

const splits = TEXTS.flatMap((whole) => {
  const bytes = Buffer.from(whole);
  const halves = Array.from(bytes, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)]);
  return [...halves, Array.from(bytes, (byte) => Uint8Array.of(byte))].map((pieces) => ({ whole, pieces }));
});

test("wherever a text is split, it is redacted as if it had come whole", async () => {
  const passed = await Promise.all(splits.map(async ({ pieces }) => (await pass(pieces)).toString()));

  expect(splits.length).toBeGreaterThan(500);
  expect(passed).toEqual(splits.map(({ whole }) => redaction.redact(whole)));
});

test("of what is no text only the secret itself is redacted", async () => {
  const bytes = Buffer.from(`\u00ff ghp_${"b".repeat(36)} ${SECRET}`, "latin1");

  const ofSecret = await pass([bytes], openRedaction([SECRET]), false);
  const ofNothing = await pass([bytes], openRedaction([]), false);

  expect(ofSecret.toString("latin1")).toBe(`\u00ff ghp_${"b".repeat(36)} [redacted]`);
  expect(ofNothing.equals(bytes)).toBe(true);
});

test("bytes that are no secret are passed on as they are, whatever they mean", async () => {
  const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7) % 256));

  const passed = await pass([bytes.subarray(0, 1000), bytes.subarray(1000)]);

  expect(passed.equals(bytes)).toBe(true);
});

test.each(["data: one\n\n", "one word", '{"a":1}\n', "A sentence. "])(
  "%j is passed on before anything follows",
  async (event) => {
    const { readable, writable } = redaction.redactStream(true);
    const writer = writable.getWriter();
    const reader = readable.getReader();

    void writer.write(Buffer.from(event));
    const { value } = await reader.read();

    expect(Buffer.from(value ?? []).toString()).toBe(event);
  },
);

test("a token without an end is redacted while it comes, and what follows it is passed on", async () => {
  const piece = Buffer.from("a".repeat(3000));
  const pieces = [Buffer.from("x pb_live_"), ...Array.from({ length: 100 }, () => piece), Buffer.from(" end")];

  const passed = await pass(pieces);

  expect(passed.toString()).toBe("x [redacted] end");
});

test("a long word is not kept back", async () => {
  const { readable, writable } = redaction.redactStream(true);
  const writer = writable.getWriter();
  const reader = readable.getReader();

  void writer.write(Buffer.from("A".repeat(100_000)));
  const { value } = await reader.read();

  expect(value?.byteLength).toBeGreaterThan(99_900);
});

test.each([
  ["heads", "sk-"],
  ["schemes", "Bearer "],
  ["beginnings of the secret", SECRET.slice(0, -1)],
])("a text of nothing but %s takes no longer than it is long", async (_what, repeated) => {
  const piece = Buffer.from(repeated.repeat(2000));

  const passed = await pass(Array.from({ length: 50 }, () => piece));

  expect(passed.toString()).not.toContain(SECRET);
});
