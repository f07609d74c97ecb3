import { expect, test } from "vitest";
import { inbound } from "./events.ts";

const ME = { id: "111", name: "@One_Bot" };
const person = { id: 7, is_bot: false, first_name: "Ana", last_name: "Diaz" };
const group = { id: -5, type: "supergroup", title: "Team" };

const read = (message: object, more: object = {}) =>
  inbound.read(
    { headers: {}, body: { update_id: 1, message: { message_id: 3, date: 1_795_000_000, ...message }, ...more } },
    ME,
  )[0];

const inGroup = (text: string, more: object = {}) => read({ from: person, chat: group, text, ...more })?.message;

test("what a person says to the bot is a message", () => {
  expect(read({ from: person, chat: { id: 7, type: "private" }, text: "Ship it" })).toEqual({
    id: "1",
    type: "message",
    message: {
      text: "Ship it",
      person: { id: "7", name: "Ana Diaz" },
      chat: "7",
      thread: "7",
      isInThread: false,
      isAddressed: true,
      at: "2026-11-18T11:06:40.000Z",
    },
  });
});

test.each([
  ["@one_bot ship it", true],
  ["ship it, @One_Bot!", true],
  ["@one_bottle ship it", false],
  ["one_bot ship it", false],
  ["/ship", true],
  ["/ship@one_bot", true],
  ["/ship@other_bot", false],
  ["and/or", false],
])("in a group, whether %s is for the bot: %s", (text, isAddressed) => {
  expect(inGroup(text)).toMatchObject({ isAddressed });
});

test("an answer to the bot is for it, and one to somebody else is not", () => {
  expect(inGroup("Yes", { reply_to_message: { from: { id: 111 } } })).toMatchObject({ isAddressed: true });
  expect(inGroup("Yes", { reply_to_message: { from: { id: 8 } } })).toMatchObject({ isAddressed: false });
});

test("a topic of a group is a thread, and an ordinary answer in a group is none", () => {
  const topic = { message_thread_id: 9, is_topic_message: true };

  expect(inGroup("Hi", topic)).toMatchObject({ thread: "-5:9", chat: "-5", isInThread: true });
  expect(inGroup("Hi", { message_thread_id: 9 })).toMatchObject({ thread: "-5", isInThread: false });
});

test.each([
  [{ photo: [{ file_id: "a" }] }, "[photo]"],
  [{ photo: [{ file_id: "a" }], caption: "The crash" }, "The crash\n[photo]"],
  [{ voice: { file_id: "a", duration: 3 } }, "[voice]"],
  [{ document: { file_id: "a", file_name: "log.txt" } }, "[document: log.txt]"],
  [{ animation: { file_id: "a" }, document: { file_id: "a" } }, "[animation]"],
])("what is no text is named: %j", (held, text) => {
  expect(read({ from: person, chat: { id: 7, type: "private" }, ...held })?.message).toMatchObject({ text });
});

test.each([
  ["another bot", { from: { ...person, is_bot: true }, chat: group, text: "Hi" }],
  ["a channel, which has no author", { chat: { id: -6, type: "channel" }, text: "Hi" }],
  ["the service, as when somebody joins", { from: person, chat: group, new_chat_members: [person] }],
])("what %s says is no message", (_, message) => {
  expect(read(message)).toEqual({ id: "1", type: "update" });
});

test("a group that becomes a supergroup has another id from then on", () => {
  const event = read({ from: person, chat: { id: -5, type: "group" }, migrate_to_chat_id: -1005 });

  expect(event).toEqual({ id: "1", type: "message", renamed: { from: "-5", to: "-1005" } });
});

test("an edit is no message", () => {
  const body = { update_id: 1, edited_message: { message_id: 3, date: 1, from: person, chat: group, text: "Hi" } };

  expect(inbound.read({ headers: {}, body }, ME)).toEqual([{ id: "1", type: "update" }]);
});

test("whoever presses a button sees at once that it was pressed", () => {
  const callback_query = { id: "77", from: person, data: "yes", message: { message_id: 3, date: 1, chat: group } };

  expect(inbound.answer?.({ headers: {}, body: { update_id: 1, callback_query } })).toEqual({
    status: 200,
    body: { method: "answerCallbackQuery", callback_query_id: "77" },
  });
  expect(inbound.answer?.({ headers: {}, body: { update_id: 1 } })).toBe(undefined);
});
