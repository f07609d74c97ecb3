import { expect, test } from "vitest";
import { composeMessage, type Letter } from "./compose.ts";

const letter: Letter = {
  to: ["ana@example.com"],
  cc: [],
  bcc: [],
  subject: "Plan",
  text: "Good morning.",
  references: [],
};

test("a plain email is its headers, an empty line and its text in base64", () => {
  expect(composeMessage(letter)).toBe(
    [
      "To: ana@example.com",
      "Subject: Plan",
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: base64",
      "",
      "R29vZCBtb3JuaW5nLg==",
    ].join("\r\n"),
  );
});

test("recipients and references stand on lines of their own, and the last reference is what is answered", () => {
  const message = composeMessage({
    ...letter,
    to: ["Ana Silva <ana@example.com>", "bob@example.com"],
    cc: ["cy@example.com"],
    bcc: ["dee@example.com"],
    references: ["<1@example.com>", "<2@example.com>"],
  });

  expect(message.split("\r\nMIME-Version")[0]).toBe(
    [
      'To: "Ana Silva" <ana@example.com>,',
      " bob@example.com",
      "Cc: cy@example.com",
      "Bcc: dee@example.com",
      "Subject: Plan",
      "In-Reply-To: <2@example.com>",
      "References: <1@example.com>",
      " <2@example.com>",
    ].join("\r\n"),
  );
});

test("HTML is the second of two alternatives", () => {
  const message = composeMessage({ ...letter, html: "<p>Good morning.</p>" });

  expect(message.split("MIME-Version: 1.0\r\n")[1]).toBe(
    [
      'Content-Type: multipart/alternative; boundary="=-alternative"',
      "",
      "--=-alternative",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: base64",
      "",
      "R29vZCBtb3JuaW5nLg==",
      "--=-alternative",
      "Content-Type: text/html; charset=utf-8",
      "Content-Transfer-Encoding: base64",
      "",
      "PHA+R29vZCBtb3JuaW5nLjwvcD4=",
      "--=-alternative--",
      "",
    ].join("\r\n"),
  );
});

test("whatever is written, lines are short ASCII and end in CRLF", () => {
  const text = "Schöne Grüße 😀 ".repeat(200);

  const message = composeMessage({
    ...letter,
    to: ["Jürgen Groß-Schönenberg der Ältere von und zu Hohenlohe <j@example.com>"],
    subject: text,
    text,
    html: text,
  });

  expect(message.replaceAll("\r\n", "")).toMatch(/^[\x20-\x7e]*$/);
  expect(Math.max(...message.split("\r\n").map((line) => line.length))).toBe(76);
});

test("every kind of line end in a text becomes CRLF", () => {
  const message = composeMessage({ ...letter, text: "a\nb\r\nc\rd\r\n" });

  const body = message.split("\r\n\r\n")[1] ?? "";
  expect(Buffer.from(body, "base64").toString()).toBe("a\r\nb\r\nc\r\nd\r\n");
});

test("a line break in a subject begins no header", () => {
  const message = composeMessage({ ...letter, subject: "Plan\r\nBcc: eve@example.com" });

  expect(message).not.toMatch(/^Bcc:/m);
});
