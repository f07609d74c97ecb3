import { expect, test } from "vitest";
import { startService } from "#testing";
import { openCli } from "./open-cli.ts";

test("an owner lets a person talk to an agent by a code, and adds the secret by which webhooks are checked", async () => {
  const bot = { id: 111, is_bot: true, first_name: "Bot", username: "one_bot" };
  const telegram = await startService({ "POST /bot111:aaa/getMe": { ok: true, result: bot } });
  const slack = await startService({ "POST /auth.test": { ok: true, team_id: "T1", user_id: "U0BOT" } });
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: "127.0.0.1" });
  await cli.data(["connect", "telegram", "--credential", "TELEGRAM_BOT_TOKEN=111:aaa", "--base-url", telegram.url]);
  await cli.data(["connect", "slack", "--credential", "SLACK_BOT_TOKEN=xoxb-0123456789", "--base-url", slack.url]);
  await cli.data(["profiles", "create", "coder"]);

  const code = await cli.data(["messages", "link", "coder", "telegram"]);
  const assigned = await cli.data(["messages", "assign", "coder", "telegram"]);
  const listed = await cli.data<unknown[]>(["messages", "links"]);
  await cli.run(["messages", "unlink", String(assigned["id"])]);
  const added = await cli.data([
    "credentials",
    "add",
    "slack",
    "--credential",
    "SLACK_SIGNING_SECRET=0123456789abcdef",
  ]);
  const refused = await cli.error(["credentials", "add", "slack", "--credential", "SLACK_BOT_TOKEN=xoxb-9876543210"]);
  const silent = await cli.error(["messages", "link", "coder", "gmail"]);

  expect(code).toMatchObject({
    code: expect.stringMatching(/^[0-9A-Z]{10}$/),
    url: `https://t.me/one_bot?start=${String(code["code"])}`,
  });
  expect(listed).toMatchObject([{ id: assigned["id"], thread: "" }]);
  expect(await cli.data<unknown[]>(["messages", "links"])).toEqual([]);
  expect(added).toMatchObject({ service: "slack", status: "active" });
  expect(refused).toMatchObject({ message: "SLACK_BOT_TOKEN can't be added to an account of Slack." });
  expect(silent).toMatchObject({ code: "not_found" });
});
