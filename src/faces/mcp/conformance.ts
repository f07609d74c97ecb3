import {
  type GetPromptResult,
  inputRequired,
  inputResponse,
  type InputRequests,
  type InputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
  type Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { Caller } from "../../call/open-calls.ts";
import type { Client } from "../../connector/client.ts";
import { digest } from "../../digest.ts";
import type { Hub } from "../../hub.ts";
import type { StateCodec } from "./consent.ts";

/** What the conformance suite wants of a server and no agent wants of a hub. Loaded only by a hub that is under test. */
export interface Conformance {
  /** Serves prompts, resources, completions and a log level. */
  equip(server: Server): void;
  /** Lends the calling client to one call of a tool. */
  lendClient(server: Server, call: object, context: ServerContext): Lent;
}

interface Lent {
  readonly client: Client;
  /** What the client was asked during the call, which then is the call's answer. */
  asked(): InputRequiredResult | undefined;
}

/** What a client keeps between two rounds of one call. */
interface Kept {
  /** Digest of the call, for no other. */
  readonly call: string;
  readonly state: unknown;
}

export function openConformance(hub: Hub, caller: Caller, codec: StateCodec): Conformance {
  return {
    equip,
    lendClient(server, call, context) {
      const { mcpReq } = context;
      const kept = mcpReq.requestState<Kept>();
      if (kept && kept.call !== digest(call)) {
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, "The requestState is another call's.");
      }
      let asked: InputRequiredResult | undefined;
      const client: Client = {
        capabilities: { ...server.getClientCapabilities() },
        answers: mcpReq.inputResponses ?? {},
        state: kept?.state,
        async ask(requests, state) {
          const requestState =
            state === undefined ? undefined : await codec.mint({ call: digest(call), state }, context);
          asked = inputRequired({
            inputRequests: requests as InputRequests,
            ...(requestState !== undefined && { requestState }),
          });
        },
        log: (message) => mcpReq.log("info", message),
        changeTools: () => changeTools(hub, caller),
      };
      return { client, asked: () => asked };
    },
  };
}

/** Nothing has changed, but every client of the profile hears what it hears when something has. */
async function changeTools({ store }: Hub, { workspaceId, profileId }: Caller): Promise<void> {
  const change = { workspace_id: workspaceId, profile_id: profileId };
  await store.transaction((db) => store.changes.record(db, change));
  await store.changes.catchUp();
}

function equip(server: Server): void {
  server.registerCapabilities({ prompts: {}, resources: { subscribe: true }, completions: {}, logging: {} });

  server.setRequestHandler("prompts/list", () => ({ prompts: PROMPTS }));
  server.setRequestHandler("prompts/get", ({ params }, { mcpReq }) =>
    getPrompt(params.name, params.arguments ?? {}, mcpReq.inputResponses),
  );
  server.setRequestHandler("completion/complete", ({ params }) => ({
    completion: { values: ["paris", "park", "party"].filter((word) => word.startsWith(params.argument.value)) },
  }));

  server.setRequestHandler("resources/list", () => ({ resources: RESOURCES.map(({ listed }) => listed) }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: [TEMPLATE] }));
  server.setRequestHandler("resources/read", ({ params }) => readResource(params.uri));
  // They never change, so nobody has to be told.
  server.setRequestHandler("resources/subscribe", () => ({}));
  server.setRequestHandler("resources/unsubscribe", () => ({}));
}

/** One blue pixel. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNgYPgPAAEDAQA2dBFAAAAAAElFTkSuQmCC";

const PROMPTS = [
  { name: "test_simple_prompt", description: "A prompt that is always the same" },
  {
    name: "test_prompt_with_arguments",
    description: "A prompt that repeats its arguments",
    arguments: [
      { name: "arg1", description: "The first", required: true },
      { name: "arg2", description: "The second", required: true },
    ],
  },
  {
    name: "test_prompt_with_embedded_resource",
    description: "A prompt with a document",
    arguments: [{ name: "resourceUri", description: "The document's address", required: true }],
  },
  { name: "test_prompt_with_image", description: "A prompt with an image" },
  { name: "test_input_required_result_prompt", description: "A prompt that asks the user first" },
];

type Message = GetPromptResult["messages"][number];

function say(text: string): Message {
  return { role: "user", content: { type: "text", text } };
}

function getPrompt(
  name: string,
  { arg1, arg2, resourceUri = "" }: Readonly<Record<string, string>>,
  answers: Record<string, unknown> | undefined,
): GetPromptResult | InputRequiredResult {
  switch (name) {
    case "test_simple_prompt":
      return { messages: [say("This is a simple prompt for testing.")] };
    case "test_prompt_with_arguments":
      return { messages: [say(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] };
    case "test_prompt_with_embedded_resource": {
      const resource = { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." };
      const content = { type: "resource" as const, resource };
      return { messages: [{ role: "user", content }, say("Please process the embedded resource above.")] };
    }
    case "test_prompt_with_image": {
      const content = { type: "image" as const, data: PNG, mimeType: "image/png" };
      return { messages: [{ role: "user", content }, say("Please analyze the image above.")] };
    }
    case "test_input_required_result_prompt":
      return promptAfterAsking(answers);
    default:
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no prompt ${name.slice(0, 128)}.`);
  }
}

function promptAfterAsking(answers: Record<string, unknown> | undefined): GetPromptResult | InputRequiredResult {
  const answer = inputResponse(answers, "user_context");
  if (answer.kind === "elicit")
    return { messages: [say(`The user's context: ${JSON.stringify(answer.content ?? {})}`)] };
  const question = inputRequired.elicit({
    message: "What context should the prompt use?",
    requestedSchema: { type: "object", properties: { context: { type: "string" } }, required: ["context"] },
  });
  return inputRequired({ inputRequests: { user_context: question } });
}

const RESOURCES = [
  {
    listed: { uri: "test://static-text", name: "static-text", description: "A text", mimeType: "text/plain" },
    body: { text: "This is the content of the static text resource." },
  },
  {
    listed: { uri: "test://static-binary", name: "static-binary", description: "An image", mimeType: "image/png" },
    body: { blob: PNG },
  },
  {
    listed: { uri: "test://watched-resource", name: "watched", description: "A text to watch", mimeType: "text/plain" },
    body: { text: "Nothing has happened." },
  },
];

const TEMPLATE = {
  uriTemplate: "test://template/{id}/data",
  name: "template",
  description: "A document of each id",
  mimeType: "application/json",
};

function readResource(uri: string): ReadResourceResult {
  const [, id] = /^test:\/\/template\/([^/]+)\/data$/.exec(uri) ?? [];
  if (id !== undefined) {
    const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
    return { contents: [{ uri, mimeType: TEMPLATE.mimeType, text }] };
  }
  const found = RESOURCES.find(({ listed }) => listed.uri === uri);
  if (!found) throw new ResourceNotFoundError(uri);
  return { contents: [{ uri, mimeType: found.listed.mimeType, ...found.body }] };
}
