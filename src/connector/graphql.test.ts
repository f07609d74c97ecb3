import { expect, test } from "vitest";
import * as z from "zod";
import { makeConnector, runOn, startService } from "#testing";
import { graphql } from "./graphql.ts";

const credentials = { DEMO_TOKEN: "token-0123456789" };

const RENAME = "mutation ($id: ID!, $patch: Patch!) { thingUpdate(id: $id, patch: $patch) { thing { name } } }";

const rename = graphql({
  summary: "Rename a thing.",
  effect: "write",
  input: z.object({ id: z.string(), name: z.string() }),
  output: z.object({ name: z.string() }),
  document: RENAME,
  variables: ({ id, name }) => ({ id, patch: { name } }),
  at: "thingUpdate.thing",
});

const look = graphql({
  summary: "Look at everything.",
  effect: "read",
  input: z.object({ first: z.int() }),
  output: z.object({ me: z.string(), things: z.array(z.string()) }),
  document: "query ($first: Int) { me things(first: $first) }",
  path: "/api/graphql",
});

const demo = makeConnector({ operations: { rename, look } });

test("the document goes out with variables made from the input, and the result is found where it lies", async () => {
  await using service = await startService({ "POST /graphql": { data: { thingUpdate: { thing: { name: "New" } } } } });

  const renamed = await runOn(service, demo, "rename", { id: "1", name: "New" }, { credentials });

  expect(renamed).toEqual({ name: "New" });
  expect(service.exchanges[0]?.body).toEqual({
    query: RENAME,
    variables: { id: "1", patch: { name: "New" } },
  });
});

test("without a rule for them the variables are the input, and without a place the result is all the data", async () => {
  const data = { me: "ana", things: ["a"] };
  await using service = await startService({ "POST /api/graphql": { data } });

  const seen = await runOn(service, demo, "look", { first: 1 }, { credentials });

  expect(seen).toEqual(data);
  expect(service.exchanges[0]?.body).toMatchObject({ variables: { first: 1 } });
});

test.each([{ data: { thingUpdate: null } }, { data: null }, {}, null])(
  "%j is an unknown shape, not a crash",
  async (answer) => {
    await using service = await startService({ "POST /graphql": answer });

    const renaming = runOn(service, demo, "rename", { id: "1", name: "New" }, { credentials });

    await expect(renaming).rejects.toMatchObject({
      code: "service_failed",
      message: "Demo answered in an unknown shape: the answer itself should be object.",
    });
  },
);

test("an answer with errors is a refusal by the service, with its code and words", async () => {
  const errors = [{ message: "No such thing.", extensions: { code: "NOT_FOUND" } }];
  await using service = await startService({ "POST /graphql": { data: null, errors } });

  const renaming = runOn(service, demo, "rename", { id: "1", name: "New" }, { credentials });

  await expect(renaming).rejects.toMatchObject({
    code: "service_rejected",
    message: "Demo rejected the call: NOT_FOUND (status 422).",
    serviceWords: "No such thing.",
  });
});
