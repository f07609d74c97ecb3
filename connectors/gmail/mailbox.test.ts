import { expect, test } from "vitest";
import { decodeWords } from "./encoded-words.ts";
import { findAddresses, Mailbox, writeMailbox } from "./mailbox.ts";

test.each([
  ["ana@example.com", "ana@example.com"],
  ["Ana Silva <ana@example.com>", '"Ana Silva" <ana@example.com>'],
  ['"Silva, Ana" <ana@example.com>', '"Silva, Ana" <ana@example.com>'],
  ["Silva, Ana <ana@example.com>", '"Silva, Ana" <ana@example.com>'],
  ['Ana "A" Silva <ana@example.com>', '"Ana \\"A\\" Silva" <ana@example.com>'],
  ['"Ana \\"A\\" Silva" <ana@example.com>', '"Ana \\"A\\" Silva" <ana@example.com>'],
  ["<ana+x@mail.example.com>", "ana+x@mail.example.com"],
  ["eve@evil.example Ana <ana@example.com>", '"eve@evil.example Ana" <ana@example.com>'],
])("%s is written %s", (mailbox, expected) => {
  expect(Mailbox.parse(mailbox)).toBe(mailbox);
  expect(writeMailbox(mailbox)).toBe(expected);
});

test("a name that is not ASCII is encoded, and its address is not", () => {
  const written = writeMailbox("José Müller <jose@example.com>");

  expect(written).toMatch(/^=\?UTF-8\?B\?[\w+/=]+\?=\r\n <jose@example\.com>$/);
  expect(decodeWords(written)).toBe("José Müller\r\n <jose@example.com>");
});

test.each([
  "ana",
  "ana@",
  "ana@example.com, bob@example.com",
  "ana@example.com\nBcc: eve@example.com",
  "Ana\r\nBcc: eve@example.com <ana@example.com>",
  "Ana <ana@example.com>\r\n",
  "Ana <ana@example.com> <eve@example.com>",
  "Ana <ana@exa mple.com>",
  "ana@exämple.com",
])("%j is not a mailbox", (text) => {
  expect(Mailbox.safeParse(text).success).toBe(false);
});

test.each([
  ["ana@example.com", ["ana@example.com"]],
  ["Ana Silva <ana@example.com>, bob@example.com", ["ana@example.com", "bob@example.com"]],
  ['"eve@evil.example, <mallory@evil.example>" <ana@example.com>', ["ana@example.com"]],
  ["Ana (eve@evil.example, home) <ana@example.com>", ["ana@example.com"]],
  ["ana@example.com (Ana Silva)", ["ana@example.com"]],
  ['"unended <eve@evil.example>', []],
  ["undisclosed-recipients:;", []],
  ["", []],
])("the addresses in %s are %j", (header, expected) => {
  expect(findAddresses(header)).toEqual(expected);
});
