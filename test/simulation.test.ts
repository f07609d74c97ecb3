import { globSync } from "node:fs";
import { expect, test } from "vitest";
import * as z from "zod";
import type { Connector } from "#connector";
import { simulate } from "../src/call/simulate.ts";

const folder = new URL("../connectors/", import.meta.url);

const operations = await Promise.all(
  globSync("*/connector.ts", { cwd: folder }).map(async (file) => {
    const { default: connector } = (await import(new URL(file, folder).href)) as { readonly default: Connector };
    return Object.keys(connector.operations).map((operation) => ({ service: connector.id, operation, connector }));
  }),
);

test.each(operations.flat())("$service $operation can be simulated", async ({ connector, operation }) => {
  const input = { title: "Broken", text: "It is broken.", id: "7d9c25f5-6b1c-4a3c-9d0f-1f5b6c1c5a11" };

  const answer = await simulate({ connector, operation, input });
  const again = await simulate({ connector, operation, input });

  const output = connector.operations[operation]?.output ?? z.never();
  const seen = z.fromJSONSchema(z.toJSONSchema(output, { io: "output", unrepresentable: "any" }));
  expect(seen.safeParse(JSON.parse(JSON.stringify(answer))).error, "It is what agents would see.").toBe(undefined);
  expect(output.safeParse(answer).error, "What was parsed can be parsed again.").toBe(undefined);
  expect(again).toEqual(answer);
});
