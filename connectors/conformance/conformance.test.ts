import { expect, test } from "vitest";
import { runOn } from "#testing";
import conformance from "./connector.ts";

// What the suite expects of the rest is what the suite tests: test/conformance.test.ts.
const run = (operation: string, input = {}) =>
  runOn("https://conformance.invalid", conformance, operation, input, { credentials: {} });

test("an answer is blocks", async () => {
  await expect(run("test_simple_text")).resolves.toEqual({
    content: [{ type: "text", text: "This is a simple text response for testing." }],
  });
});

test("an operation that fails fails as a service may", async () => {
  await expect(run("test_error_handling")).rejects.toMatchObject({ code: "service_failed" });
});

test.each([
  ["test_sampling", { prompt: "Hello?" }],
  ["test_logging_tool", {}],
  ["test_trigger_tool_change", {}],
  ["test_input_required_result_multi_round", {}],
])("%s says that it works over MCP only", async (operation, input) => {
  await expect(run(operation, input)).rejects.toMatchObject({
    code: "invalid_input",
    message: "This operation works with the MCP client that called it, and there is none.",
    hint: "Call it over MCP at /mcp/conformance.",
  });
});
