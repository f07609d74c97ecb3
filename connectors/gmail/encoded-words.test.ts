import { expect, test } from "vitest";
import { decodeWords, encodeWords } from "./encoded-words.ts";

test.each(["", "Plan for Monday", 'Ana "A" <x> & (y), z: 100%', "x".repeat(66)])("%j stays as it is", (text) => {
  expect(encodeWords(text)).toBe(text);
});

test.each([
  "Grüße aus Köln",
  "日本語の件名がとても長いのでいくつもの語に分けて書かなければならない場合の例",
  "👨‍👩‍👧 family 😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
  "x".repeat(67),
  "words ".repeat(40),
  "looks encoded: =?UTF-8?B?eA==?=",
])("%j is written in short lines of ASCII that read back the same", (text) => {
  const written = encodeWords(text);

  expect(written).toMatch(/^[\x20-\x7e]{1,67}(\r\n [\x20-\x7e]{1,67})*$/);
  expect(written).not.toBe(text);
  expect(decodeWords(written)).toBe(text);
});

test.each(["one\ntwo", "one\rtwo", "one\r\nBcc: eve@example.com", "one\0two", "one\u007Ftwo"])(
  "%j can't end the line it is on",
  (text) => {
    const written = encodeWords(text);

    expect(written).toMatch(/^=\?UTF-8\?B\?[\w+/=]+\?=$/);
    expect(decodeWords(written)).toBe(text);
  },
);

test("half a character becomes a replacement character", () => {
  expect(decodeWords(encodeWords("\uD83D!"))).toBe("\uFFFD!");
});

test.each([
  ["=?iso-8859-1?Q?Hall=F6chen?=", "Hallöchen"],
  ["=?utf-8?q?Hall=C3=B6chen_du?= there", "Hallöchen du there"],
  ["=?UTF-8?B?SGFsbMO2Y2hlbg==?=", "Hallöchen"],
  ["=?UTF-8*de?B?SGFsbMO2?= =?UTF-8?B?Y2hlbg==?=", "Hallöchen"],
  ["=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本"],
  ["Re: =?windows-1252?Q?=80_5?=, please", "Re: € 5, please"],
  ["=?klingon?Q?Qapla=27?=", "=?klingon?Q?Qapla=27?="],
  ["no words, =? nor ?= this", "no words, =? nor ?= this"],
])("%s reads %s", (header, expected) => {
  expect(decodeWords(header)).toBe(expected);
});
