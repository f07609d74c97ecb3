import { expect, test } from "vitest";
import type { Notification } from "#connector";
import { runOn, startService } from "#testing";
import slack from "./connector.ts";
import { writeBlocks } from "./fields.ts";

const notification: Notification = {
  message: "Build 7 is <live> & well.",
  urgency: "normal",
  deliveryId: "dlv_1",
  createdAt: "2026-11-22T12:00:00.000Z",
  profile: "deployer",
};
const config = { notifyChannel: "#general" };

test("a notification goes to the channel of the settings, its marks escaped", () => {
  const input = slack.channel?.send.toInput(notification, config);

  expect(input).toEqual({
    channel: "#general",
    text: "Build 7 is &lt;live&gt; &amp; well.\n_deployer · normal urgency_",
  });
});

test("a title is bold and high urgency is seen at once", () => {
  const input = slack.channel?.send.toInput({ ...notification, title: "Done", urgency: "high" }, config);

  expect(input).toMatchObject({
    text: ":rotating_light: *Done*\nBuild 7 is &lt;live&gt; &amp; well.\n_deployer · high urgency_",
  });
});

test("a notification longer than a message is cut", () => {
  const input = slack.channel?.send.toInput({ ...notification, message: "x".repeat(50_000) }, config);

  expect(slack.operations.post_message.input.safeParse(input).error).toBe(undefined);
});

test("a notification's link is a button below its text", async () => {
  await using service = await startService({ "POST /chat.postMessage": { ok: true, channel: "C1", ts: "1.2" } });
  const link = { label: "Decide", url: "https://hub.example.com/approvals/apr_1?token=t" };
  const input = slack.operations.post_message.input.parse(
    slack.channel?.send.toInput({ ...notification, link }, config),
  );

  await runOn(service, slack, "post_message", input, { credentials: { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789" } });

  const { blocks, text, unfurl_links } = (service.exchanges[0]?.body ?? {}) as Record<string, string>;
  expect({ text, unfurl_links }).toEqual({
    text: "Build 7 is &lt;live&gt; &amp; well.\n_deployer · normal urgency_",
    unfurl_links: "false",
  });
  expect(JSON.parse(blocks ?? "")).toEqual([
    { type: "section", text: { type: "mrkdwn", text, verbatim: true } },
    {
      type: "actions",
      elements: [{ type: "button", text: { type: "plain_text", text: "Decide" }, url: link.url }],
    },
  ]);
});

test("a long text with buttons is whole, in sections that Slack takes", () => {
  const text = "\u{1f600}".repeat(2000);

  const blocks = writeBlocks(text, { links: [{ text: "Open", url: "https://example.com" }] });

  const pieces = blocks.flatMap((block) => (block.type === "section" ? (block.text?.text ?? "") : []));
  expect(pieces.join("")).toBe(text);
  expect(pieces.map(({ length }) => length)).toEqual([3000, 1000]);
});

test("without a channel in the settings nobody is notified, and the error says how to set it", () => {
  expect(() => slack.channel?.send.toInput(notification, {})).toThrow(
    expect.objectContaining({
      code: "invalid_input",
      message: "Slack has no channel to notify: its setting notifyChannel is not set.",
      hint: "Set it with --config notifyChannel=#general.",
    }),
  );
});
