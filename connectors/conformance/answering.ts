import { HubError } from "#connector";
import { clientOf, text, tool } from "./tool.ts";

/** One red pixel. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";
/** The header of a recording without a sample. */
const WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";

/** What is sent one after the other should also arrive so. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

const image = { type: "image" as const, data: PNG, mimeType: "image/png" };

export const test_simple_text = tool("Answer with one block of text.", () =>
  text("This is a simple text response for testing."),
);

export const test_image_content = tool("Answer with an image of one pixel.", () => [image]);

export const test_audio_content = tool("Answer with a recording of nothing.", () => [
  { type: "audio", data: WAV, mimeType: "audio/wav" },
]);

export const test_embedded_resource = tool("Answer with a document.", () => [
  {
    type: "resource",
    resource: {
      uri: "test://embedded-resource",
      mimeType: "text/plain",
      text: "This is an embedded resource content.",
    },
  },
]);

export const test_multiple_content_types = tool("Answer with text, an image and a document.", () => [
  ...text("Multiple content types test:"),
  image,
  {
    type: "resource",
    resource: {
      uri: "test://mixed-content-resource",
      mimeType: "application/json",
      text: '{"test":"data","value":123}',
    },
  },
]);

export const test_error_handling = tool("Fail, as a service may.", () => {
  throw new HubError("service_failed", "This tool intentionally returns an error for testing.");
});

export const test_tool_with_progress = tool("Tell how far it is, three times.", async ({ progress }) => {
  progress(0, 100);
  await pause();
  progress(50, 100);
  await pause();
  progress(100, 100);
  return text("Told how far it was.");
});

export const test_tool_with_logging = tool("Write three lines to the client's log.", async (context) => {
  const client = clientOf(context);
  await client.log("Tool execution started");
  await pause();
  await client.log("Tool processing data");
  await pause();
  await client.log("Tool execution completed");
  return text("Wrote three lines.");
});

export const test_logging_tool = tool("Write a line to the log of a client that asked for it.", async (context) => {
  await clientOf(context).log("A line");
  return text("Wrote a line, if it was wanted.");
});

export const test_trigger_tool_change = tool("Tell every client that the tools have changed.", async (context) => {
  await clientOf(context).changeTools();
  return text("Told everyone.");
});
