import { expect, test } from "vitest";
import { inbound } from "./events.ts";

const ME = { id: "T1:U0BOT", name: "Acme (bot)" };

function read(event: object) {
  const whole = {
    type: "message",
    channel: "C1",
    channel_type: "channel",
    user: "U1",
    ts: "1795000000.000100",
    ...event,
  };
  return inbound.read({ headers: {}, body: { type: "event_callback", event_id: "Ev1", event: whole } }, ME)[0];
}

test("a person's words are told as they were written", () => {
  expect(read({ text: "a &lt; b &amp;&amp; &amp;lt; is an entity" })?.message?.text).toBe("a < b && &lt; is an entity");
});

test("files are named, also where nothing was written", () => {
  const files = [{ name: "log.txt" }, { id: "F2" }];

  expect(read({ subtype: "file_share", text: "The crash", files })?.message?.text).toBe(
    "The crash\n[file: log.txt]\n[file: unnamed]",
  );
  expect(read({ subtype: "file_share", text: "", files: [{ name: "log.txt" }] })?.message?.text).toBe(
    "[file: log.txt]",
  );
});

test.each([
  ["the bot itself", { user: "U0BOT", text: "Hi" }],
  ["another bot", { bot_id: "B2", text: "Hi" }],
  ["a bot without a user", { subtype: "bot_message", user: undefined, text: "Hi" }],
  ["nobody: an edit", { subtype: "message_changed", user: undefined, text: undefined, message: { text: "Hi" } }],
  ["nobody: somebody joined", { subtype: "channel_join", text: "<@U1> has joined the channel" }],
  ["nobody: there is nothing in it", { text: "" }],
])("what is said by %s is no message", (_, event) => {
  expect(read(event)).toEqual({ id: "Ev1", type: "message" });
});

test("in a channel only what mentions the bot is for it", () => {
  expect(read({ text: "<@U0BOT> ship it" })?.message).toMatchObject({
    isAddressed: true,
    thread: "C1:1795000000.000100",
  });
  expect(read({ text: "<@U0BOTTLE> ship it" })?.message).toMatchObject({ isAddressed: false });
  expect(read({ text: "&lt;@U0BOT&gt; ship it" })?.message).toMatchObject({ isAddressed: false });
});

test("an answer goes into the thread, and in a direct message only where there is one", () => {
  const direct = { channel: "D1", channel_type: "im", text: "Hi" };

  expect(read(direct)?.message).toMatchObject({ thread: "D1", isInThread: false, isAddressed: true });
  expect(read({ ...direct, thread_ts: "1.1" })?.message).toMatchObject({ thread: "D1:1.1", isInThread: true });
});
