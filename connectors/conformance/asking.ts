import * as z from "zod";
import { type Client, type ClientRequest, Contents, operation, type Operation } from "#connector";
import { clientOf, text, tool } from "./tool.ts";

type Requests = Readonly<Record<string, ClientRequest>>;

/** What a proper answer to each kind of request is, and the words that tell it. */
const ANSWERS = {
  "elicitation/create": z
    .object({ action: z.enum(["accept", "decline", "cancel"]), content: z.record(z.string(), z.unknown()).optional() })
    .transform(({ action, content = {} }) => `action=${action}, content=${JSON.stringify(content)}`),
  "sampling/createMessage": z
    .object({ content: z.object({ text: z.string() }) })
    .transform(({ content }) => content.text),
  "roots/list": z
    .object({ roots: z.array(z.object({ uri: z.string() })) })
    .transform(({ roots }) => roots.map(({ uri }) => uri).join(", ")),
};

/** Puts the answers into words; `undefined` unless there is a proper one to each request. */
function tellAnswers({ answers }: Client, requests: Requests): string | undefined {
  const told = Object.entries(requests).map(([key, { method }]) => ANSWERS[method].safeParse(answers[key]).data);
  return told.every((words) => words !== undefined) ? told.join("; ") : undefined;
}

function elicit(message: string, properties: Readonly<Record<string, object>>): ClientRequest {
  const requestedSchema = { type: "object", properties, required: Object.keys(properties) };
  return { method: "elicitation/create", params: { mode: "form", message, requestedSchema } };
}

function sample(prompt: string): ClientRequest {
  const messages = [{ role: "user", content: { type: "text", text: prompt } }];
  return { method: "sampling/createMessage", params: { messages, maxTokens: 100 } };
}

const listRoots: ClientRequest = { method: "roots/list", params: {} };

interface Asking<In extends z.ZodObject> {
  readonly summary: string;
  readonly input: In;
  requests(input: z.output<In>, client: Client): Requests;
  /** Put before the answers. */
  readonly opening: string;
  /** Kept by the client meanwhile; without it, its answers don't count. */
  readonly state?: string;
}

/** An operation that asks the client something, again where it must, and tells what it answered. */
function asking<In extends z.ZodObject>(spec: Asking<In>): Operation<In, typeof Contents> {
  const { summary, input, opening, state } = spec;
  return operation({
    summary,
    effect: "read",
    input,
    output: Contents,
    async run(given, context) {
      const client = clientOf(context);
      const requests = spec.requests(given, client);
      const told = client.state === state ? tellAnswers(client, requests) : undefined;
      if (told !== undefined) return { content: text(`${opening} ${told}`) };
      await client.ask(requests, state);
      return { content: [] };
    },
  });
}

/** An operation that takes nothing and always asks the same. */
function askingFor(summary: string, requests: Requests, state?: string): Operation<z.ZodObject, typeof Contents> {
  const opening = state ?? "The client answered:";
  return asking({
    summary,
    input: z.object({}),
    opening,
    requests: () => requests,
    ...(state !== undefined && { state }),
  });
}

const string = { type: "string" };
const name = elicit("What is your name?", { name: string });
const confirmation = elicit("Please confirm", { ok: { type: "boolean" } });

export const test_sampling = asking({
  summary: "Have the client's model answer a prompt.",
  input: z.object({ prompt: z.string().describe("What the model is asked") }),
  requests: ({ prompt }) => ({ answer: sample(prompt) }),
  opening: "LLM response:",
});

export const test_elicitation = asking({
  summary: "Ask the client's user for a name and an address.",
  input: z.object({ message: z.string().describe("What the user is shown") }),
  requests: ({ message }) => ({
    answer: elicit(message, {
      username: { type: "string", description: "User's response" },
      email: { type: "string", description: "User's email address" },
    }),
  }),
  opening: "User response:",
});

export const test_elicitation_sep1034_defaults = askingFor("Ask the user with a default for every kind of value.", {
  form: elicit("Please check these values", {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  }),
});

const options = ["option1", "option2", "option3"];
const titled = ["First", "Second", "Third"].map((title, index) => ({ const: `value${index + 1}`, title }));

export const test_elicitation_sep1330_enums = askingFor("Ask the user to choose, in every way there is.", {
  form: elicit("Please choose", {
    untitledSingle: { type: "string", enum: options },
    titledSingle: { type: "string", oneOf: titled },
    legacyEnum: {
      type: "string",
      enum: ["opt1", "opt2", "opt3"],
      enumNames: ["Option One", "Option Two", "Option Three"],
    },
    untitledMulti: { type: "array", items: { type: "string", enum: options } },
    titledMulti: { type: "array", items: { anyOf: titled } },
  }),
});

export const test_streaming_elicitation = askingFor("Ask the user for a confirmation.", { confirmation });

export const test_missing_capability = askingFor("Ask for sampling, which a client may not offer.", {
  sampling: sample("Is anyone there?"),
});

export const test_input_required_result_elicitation = askingFor("Ask the user for a name.", { user_name: name });

export const test_input_required_result_sampling = askingFor("Have the client's model answer a question.", {
  capital_question: sample("What is the capital of France?"),
});

export const test_input_required_result_list_roots = askingFor("Ask the client for its roots.", {
  client_roots: listRoots,
});

export const test_input_required_result_request_state = askingFor(
  "Ask the user for a confirmation, and have the client keep state.",
  { confirm: confirmation },
  "state-ok",
);

export const test_input_required_result_tampered_state = askingFor(
  "Have the client keep state, which it must not change.",
  { confirm: confirmation },
  "state-ok",
);

export const test_input_required_result_multiple_inputs = askingFor(
  "Ask the client for three things at once, and have it keep state.",
  { user_name: name, greeting: sample("Generate a greeting"), client_roots: listRoots },
  "state-ok",
);

export const test_input_required_result_capabilities = asking({
  summary: "Ask the client only for what it can do.",
  input: z.object({}),
  requests: (_, { capabilities }) => ({
    ...("elicitation" in capabilities && { user_name: name }),
    ...("sampling" in capabilities && { greeting: sample("Generate a greeting") }),
    ...("roots" in capabilities && { client_roots: listRoots }),
  }),
  opening: "The client answered:",
});

const firstStep = { step1: elicit("Step 1: What is your name?", { name: string }) };
const secondStep = { step2: elicit("Step 2: What is your favorite color?", { color: string }) };

export const test_input_required_result_multi_round = tool(
  "Ask the user twice, one after the other.",
  async (context) => {
    const client = clientOf(context);
    const second = tellAnswers(client, secondStep);
    if (second !== undefined && typeof client.state === "string") return text(`${client.state}; ${second}`);

    const first = tellAnswers(client, firstStep);
    await (first === undefined ? client.ask(firstStep, "") : client.ask(secondStep, first));
    return [];
  },
);
