import * as z from "zod";
import { apiKey, defineConnector, operation, rest } from "#connector";

// What the compiler must accept and refuse in a connector: `tsc` fails where a line marked as an error is none.

const read_account = rest({
  summary: "Read the account.",
  effect: "read",
  input: z.object({}),
  output: z.object({ id: z.string() }),
  request: "GET /account",
});

const send_message = operation({
  summary: "Send a message.",
  effect: "write",
  input: z.object({ to: z.string(), text: z.string() }),
  output: z.object({ sent: z.boolean() }),
  run: async ({ to, text }, { http }) => http.request("POST", "/messages", { body: { to, text } }),
});

const parts = {
  id: "example",
  name: "Example",
  version: "1.0.0",
  category: "examples",
  capabilities: [],
  auth: [apiKey({ label: "Key", env: "EXAMPLE_KEY", header: "x-key" })],
  config: z.object({ recipient: z.string() }),
  operations: { read_account, send_message },
};

defineConnector({
  ...parts,
  verify: { operation: "read_account", account: ({ id }, { recipient }) => ({ id, label: recipient }) },
  channel: {
    send: { operation: "send_message", toInput: ({ message }, { recipient }) => ({ to: recipient, text: message }) },
  },
});

rest({
  summary: "A path field that the input lacks.",
  effect: "read",
  input: z.object({ id: z.string() }),
  output: z.object({}),
  // @ts-expect-error `{number}` is no field of the input
  request: "GET /items/{number}",
});

rest({
  summary: "A method that does not exist.",
  effect: "read",
  input: z.object({}),
  output: z.object({}),
  // @ts-expect-error FETCH is no method
  request: "FETCH /items",
});

// @ts-expect-error effect is missing
rest({
  summary: "An operation that does not say what it does to the world.",
  input: z.object({}),
  output: z.object({}),
  request: "GET /items",
});

operation({
  summary: "An effect that does not exist.",
  // @ts-expect-error it is read, write or destructive
  effect: "harmless",
  input: z.object({}),
  output: z.object({}),
  run: async () => ({}),
});

operation({
  summary: "A field that the input lacks.",
  effect: "read",
  input: z.object({ id: z.string() }),
  output: z.object({}),
  // @ts-expect-error the input has no name
  run: async ({ name }) => ({ name }),
});

defineConnector({
  ...parts,
  verify: {
    // @ts-expect-error no such operation
    operation: "read_user",
    account: () => ({ id: "1", label: "one" }),
  },
});

defineConnector({
  ...parts,
  verify: {
    operation: "read_account",
    // @ts-expect-error the output has no email
    account: ({ id, email }) => ({ id, label: email }),
  },
});

defineConnector({
  ...parts,
  verify: {
    operation: "read_account",
    // @ts-expect-error no such setting
    account: ({ id }, { team }) => ({ id, label: team }),
  },
});

defineConnector({
  ...parts,
  channel: {
    send: {
      // @ts-expect-error no such operation
      operation: "send_mail",
      toInput: ({ message }) => ({ to: "someone", text: message }),
    },
  },
});

defineConnector({
  ...parts,
  channel: {
    send: {
      operation: "send_message",
      // @ts-expect-error the text is missing
      toInput: (_notification, { recipient }) => ({ to: recipient }),
    },
  },
});

defineConnector({
  ...parts,
  channel: {
    send: {
      operation: "send_message",
      // @ts-expect-error no such setting
      toInput: ({ message }, { team }) => ({ to: team, text: message }),
    },
  },
});
