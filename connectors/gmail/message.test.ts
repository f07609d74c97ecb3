import { expect, test } from "vitest";
import { Email } from "./message.ts";

const encode = (text: string) => Buffer.from(text).toString("base64url");
const plain = (text: string) => ({ mimeType: "text/plain", filename: "", body: { data: encode(text) } });
const html = (text: string) => ({ mimeType: "text/html", filename: "", body: { data: encode(text) } });
const multi = (kind: string, ...parts: object[]) => ({ mimeType: `multipart/${kind}`, filename: "", parts });
const file = (filename: string, mimeType = "text/plain") => ({
  mimeType,
  filename,
  body: { attachmentId: "a1", size: 5, data: encode("bytes") },
});

test.each([
  ["plain text", plain("Grüße 😀\r\n"), "Grüße 😀"],
  ["HTML", html("<p>Hi &amp; bye</p>"), "Hi & bye"],
  ["plain text rather than HTML", multi("alternative", html("<p>rich</p>"), plain("plain")), "plain"],
  ["HTML where the plain text is empty", multi("alternative", plain(" \n"), html("<p>rich</p>")), "rich"],
  [
    "HTML with pictures",
    multi("related", multi("alternative", plain(""), html("rich")), file("a.png", "image/png")),
    "rich",
  ],
  ["all texts of a mixture", multi("mixed", plain("above"), file("a.txt"), plain("below")), "above\n\nbelow"],
  [
    "a forwarded email",
    multi("mixed", plain("see"), { mimeType: "message/rfc822", parts: [plain("this")] }),
    "see\n\nthis",
  ],
  ["nothing for readers", multi("mixed", file("a.pdf", "application/pdf")), ""],
  ["a part without a body", { mimeType: "text/plain" }, ""],
])("of an email is read %s", (_case, payload, text) => {
  expect(Email.parse({ id: "m1", payload })).toMatchObject({ text });
});

test("attachments are listed by name, type and size, however deep", () => {
  const payload = multi("mixed", plain("x"), file("a.txt"), multi("related", file("b.png", "image/png")));

  expect(Email.parse({ id: "m1", payload })).toEqual({
    id: "m1",
    text: "x",
    attachments: [
      { filename: "a.txt", mimeType: "text/plain", size: 5 },
      { filename: "b.png", mimeType: "image/png", size: 5 },
    ],
  });
});

test("headers are found in any case and decoded, and the date is the one that Google gives", () => {
  const headers = [
    { name: "SUBJECT", value: "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=" },
    { name: "from", value: "=?utf-8?B?Wm/Dqw==?= <zoe@example.com>" },
    { name: "Date", value: "Thu, 1 Jan 1970 00:00:00 +0000" },
  ];

  expect(Email.parse({ id: "m1", internalDate: "1795341600000", payload: { headers } })).toMatchObject({
    subject: "Grüße",
    from: "Zoë <zoe@example.com>",
    date: "2026-11-22T10:00:00.000Z",
  });
});

test.each([undefined, null, "soon", "9".repeat(30)])("a date of %j is none", (internalDate) => {
  expect(Email.parse({ id: "m1", internalDate }).date).toBe(undefined);
});
