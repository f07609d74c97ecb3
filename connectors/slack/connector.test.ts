import { expect, test } from "vitest";
import type { Notification } from "#connector";
import slack from "./connector.ts";

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

test("without a channel in the settings nobody is notified, and the error says how to set it", () => {
  expect(() => slack.channel?.send.toInput(notification, {})).toThrow(
    expect.objectContaining({
      code: "invalid_input",
      message: "Slack has no channel to notify: its setting notifyChannel is not set.",
      hint: "Set it with --config notifyChannel=#general.",
    }),
  );
});
