import * as z from "zod";
import type { Page } from "../store/page.ts";
import type { Action } from "./action.ts";

/** What every list takes. */
export const PageFields = {
  limit: z.int().min(1).max(200).default(50).describe("How many at most"),
  cursor: z.string().min(1).max(128).optional().describe("The next_cursor of the page before"),
};

/** What every list answers: a page of rows. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({ data: z.array(row), next_cursor: z.string().nullable().describe("Null where the list ends") });
}

/** What an action answers, as one document: a list's page is one already. */
export function toDocument(action: Action, answer: unknown): { data: unknown; next_cursor?: string | null } {
  return asDocument(action, action.output.parse(answer));
}

/** The document of an answer that was parsed. */
export function asDocument(action: Action, answer: unknown): { data: unknown; next_cursor?: string | null } {
  return isList(action) ? (answer as Page<unknown>) : { data: answer };
}

/** Whether an action answers a page of a list. */
export function isList({ output }: Action): boolean {
  return output instanceof z.ZodObject && "next_cursor" in output.shape;
}
