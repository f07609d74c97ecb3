import { expect, test } from "vitest";
import * as z from "zod";
import { action } from "../../actions/action.ts";
import { readInput } from "./read-input.ts";
import type { RestRoute } from "./routes.ts";

const sample = action({
  summary: "Test.",
  effect: "read",
  scope: "tools",
  who: "owner",
  route: "GET /samples/{sample}",
  input: z.object({
    sample: z.string(),
    count: z.int().max(9).default(5),
    ratio: z.number().optional(),
    on: z.boolean().optional(),
    tags: z.array(z.string()).optional(),
    text: z.string().optional(),
  }),
  output: z.unknown(),
  run: () => Promise.resolve({}),
});

function routeOf(method: RestRoute["method"]): RestRoute {
  const rest = method === "GET" ? "query" : "body";
  return {
    name: "samples",
    noun: "samples",
    action: sample,
    method,
    path: "/samples/{sample}",
    inPath: ["sample"],
    rest,
  };
}

function get(query: string, path = "s"): Promise<object> {
  return readInput(routeOf("GET"), new Request(`http://hub/v1/samples/s?${query}`), { sample: path }, 1000);
}

function post(body: string | Uint8Array<ArrayBuffer>, type = "application/json", query = ""): Promise<object> {
  const request = new Request(`http://hub/v1/samples/s${query}`, {
    method: "POST",
    body,
    headers: { "content-type": type },
  });
  return readInput(routeOf("POST"), request, { sample: "s" }, 1000);
}

test("a query's texts become what the fields are", async () => {
  const input = await get("count=7&ratio=-0.5&on=false&tags=a&tags=b&text=3");

  expect(input).toEqual({ sample: "s", count: 7, ratio: -0.5, on: false, tags: ["a", "b"], text: "3" });
});

test("a single tag is a list, and what is absent has its default", async () => {
  const input = await get("tags=a");

  expect(input).toEqual({ sample: "s", count: 5, tags: ["a"] });
});

test.each([
  ["count=x", "count"],
  ["count=", "count"],
  ["count=1e3", "count"],
  ["count=0x5", "count"],
  ["count=10", "count"],
  ["on=yes", "on"],
  ["on=", "on"],
  ["text=a&text=b", "text"],
  ["colour=red", "colour"],
  ["sample=other", "sample"],
  ["text=a%00b", "text"],
])("the query %s is refused, and the field is named", async (query, field) => {
  await expect(get(query)).rejects.toMatchObject({ code: "invalid_input", message: expect.stringContaining(field) });
});

test("a path with a NUL is refused", async () => {
  await expect(get("", "a\0b")).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("NUL"),
  });
});

test.each(["application/json", "application/json; charset=utf-8", "Application/JSON"])(
  "a body of %s is read",
  async (type) => {
    const input = await post('{"count": 2, "tags": ["é"]}', type);

    expect(input).toEqual({ sample: "s", count: 2, tags: ["é"] });
  },
);

test("no body is an empty one", async () => {
  const input = await post("", "");

  expect(input).toEqual({ sample: "s", count: 5 });
});

test.each([
  ["not JSON", "{count: 2}"],
  ["a list", "[]"],
  ["null", "null"],
  ["a text", '"a"'],
  ["a field of another type", '{"count": "2"}'],
  ["an unknown field", '{"colour": "red"}'],
  ["a field that the path gives", '{"sample": "other"}'],
  ["a NUL", '{"text": "a\\u0000b"}'],
  ["nested too deeply", `{"text": ${"[".repeat(100)}${"]".repeat(100)}}`],
])("a body that is %s is refused", async (_what, body) => {
  await expect(post(body)).rejects.toMatchObject({ code: "invalid_input", status: 400 });
});

test("a body that is not UTF-8 is refused", async () => {
  await expect(post(Uint8Array.of(0x7b, 0xff, 0x7d))).rejects.toMatchObject({ code: "invalid_input" });
});

test.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])(
  "a body that is said to be %j is refused",
  async (type) => {
    await expect(post("{}", type)).rejects.toMatchObject({ code: "unsupported_type", status: 415 });
  },
);

test("fields in the query of a POST are refused", async () => {
  await expect(post("{}", "application/json", "?count=2")).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("count"),
  });
});

test("a body that is larger than allowed is refused, whether or not it says so", async () => {
  const large = JSON.stringify({ text: "a".repeat(1000) });
  const stream = new Request("http://hub/v1/samples/s", {
    method: "POST",
    body: new Blob([large]).stream(),
    duplex: "half",
  });

  await expect(post(large)).rejects.toMatchObject({ code: "too_large", status: 413 });
  await expect(readInput(routeOf("POST"), stream, { sample: "s" }, 1000)).rejects.toMatchObject({ code: "too_large" });
});
