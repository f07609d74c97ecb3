import { expect, test } from "vitest";
import { openTestHub, startService } from "#testing";
import { list, set } from "./channels.ts";
import { channels } from "./profiles.ts";

const TOKEN = "ghp_sentinel0123456789";

test("notifications are sent only where they can go: to services that carry them, and accounts that are there", async () => {
  const github = await startService({ "GET /user": { id: 7, login: "octo" } });
  const hub = await openTestHub();
  const { id } = await hub.connect("github", github.url, { GITHUB_TOKEN: TOKEN });
  await hub.addProfile("coder");
  const context = hub.hub.contextOf(hub.hub.owner, new AbortController().signal);
  const wrong = ["github", "telegrm", `github:${id}`, `telegram:${id}`];

  const refused = await Promise.all(wrong.map((name) => set.run({ channels: [name] }, context).catch(String)));
  const ofProfile = channels.run({ profile: "coder", channels: ["telegram", "github"] }, context);

  await expect(ofProfile).rejects.toMatchObject({ code: "invalid_input", hint: expect.stringContaining("slack") });
  expect(refused).toEqual(wrong.map((name) => `HubError: No notification can go to ${name}.`));
  expect(await list.run({}, context)).toEqual([]);
  expect(await set.run({ channels: ["telegram"] }, context)).toEqual(["telegram"]);
});
