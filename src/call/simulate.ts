import * as z from "zod";
import { digest } from "../digest.ts";
import { findOperation } from "../egress/run-operation.ts";
import { HubError } from "../errors.ts";
import type { Connector } from "../connector/connector.ts";
import { type JsonSchema, narrowSchema } from "./narrow-schema.ts";

interface Simulated {
  readonly connector: Connector;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * Makes up what an operation would answer: the same for the same input, with the input's values where the answer has
 * fields for them, and parsed by the output schema like a service's own answer.
 */
export async function simulate({ connector, operation, input }: Simulated): Promise<unknown> {
  const { output } = findOperation(connector, operation);
  // Loaded when it is needed: most hubs simulate nothing.
  const { generateSync } = await import("json-schema-faker");
  const seed = digest([connector.id, operation, input]);
  const shape = z.toJSONSchema(output, { io: "input", unrepresentable: "any" }) as JsonSchema;
  for (const said of [input, {}]) {
    const made = generateSync(narrowSchema(shape, { said, seed }), {
      ...OPTIONS,
      seed: Number.parseInt(seed.slice(0, 8), 16),
    });
    const parsed = output.safeParse(made);
    if (parsed.success) return parsed.data;
  }
  throw new HubError("conflict", `${connector.id}.${operation} can't be simulated: nothing made up fits its output.`, {
    hint: "Connect it with the base URL of a test server of your own.",
  });
}

const OPTIONS = { alwaysFakeOptionals: true, fixedProbabilities: true } as const;
