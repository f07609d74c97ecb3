import { expect, test } from "vitest";
import { openTestApi } from "#testing";

test("no profile is named so that it could be taken for another by its id", async () => {
  const api = await openTestApi();
  const { id } = await api.data<{ id: string }>("POST /profiles", { body: { name: "coder" } });

  const refused = await api.send("POST /profiles", { body: { name: id } });

  expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining("like an id") } });
});
