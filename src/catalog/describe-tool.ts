import * as z from "zod";
import type { Operation } from "../connector/operation.ts";

/** A tool as an MCP client lists it. */
export interface ToolDescription {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: { readonly type: "object"; readonly [keyword: string]: unknown };
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
}

type Described = Pick<Operation, "summary" | "effect" | "idempotent" | "input">;

/**
 * What an agent is told of an operation.
 *
 * There is no output schema: any call may instead answer that it awaits approval, or with the first page of a result,
 * and a client that holds a schema would refuse those answers.
 */
export function describeTool(name: string, title: string, operation: Described): ToolDescription {
  return {
    name,
    title,
    description: operation.summary,
    inputSchema: inputSchema(operation.input),
    annotations: {
      readOnlyHint: operation.effect === "read",
      destructiveHint: operation.effect === "destructive",
      idempotentHint: operation.idempotent ?? operation.effect === "read",
      openWorldHint: true,
    },
  };
}

/** The same tool for a profile that holds several accounts of the service: it must say which it means. */
export function withAccount(tool: ToolDescription, accounts: readonly string[]): ToolDescription {
  const { properties = {}, required = [], ...rest } = tool.inputSchema as ObjectSchema;
  const account = { type: "string", enum: accounts, description: "The account to act as" };
  return {
    ...tool,
    inputSchema: {
      ...rest,
      type: "object",
      properties: { account, ...properties },
      required: ["account", ...required],
    },
  };
}

interface ObjectSchema {
  readonly type: "object";
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

function inputSchema(input: z.ZodObject): ToolDescription["inputSchema"] {
  const { $schema: _, ...schema } = z.toJSONSchema(input.strict(), { io: "input" });
  return { ...schema, type: "object" };
}
