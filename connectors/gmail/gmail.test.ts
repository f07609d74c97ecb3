import { createEmulator } from "emulate";
import { afterAll, expect, test } from "vitest";
import * as z from "zod";
import { runOn } from "#testing";
import gmail from "./connector.ts";

const credentials = { access_token: "ya29.test-0123456789" };

const invoice = [
  "From: Billing <billing@example.com>",
  "To: ana@example.com",
  "Subject: Invoice",
  "Message-ID: <invoice-1@example.com>",
  'Content-Type: multipart/mixed; boundary="outer"',
  "",
  "--outer",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "Please pay.",
  "--outer",
  'Content-Type: application/pdf; name="invoice.pdf"',
  'Content-Disposition: attachment; filename="invoice.pdf"',
  "Content-Transfer-Encoding: base64",
  "",
  "JVBERi0xLjQ=",
  "--outer--",
].join("\r\n");

const emulator = await createEmulator({
  service: "google",
  port: 0,
  seed: {
    tokens: { [credentials.access_token]: { login: "ana@example.com", scopes: [] } },
    google: {
      users: [{ email: "ana@example.com", name: "Ana" }],
      messages: [
        {
          id: "m1",
          thread_id: "t1",
          from: '"Bob, Jr. <not@example.com>" <bob@example.com>',
          to: "ana@example.com",
          cc: "cy@example.com",
          subject: "Plan for Monday",
          body_text: "Shall we meet?",
          snippet: "Shall we meet? Say &quot;yes&quot;",
          date: "2026-11-20T10:00:00Z",
          message_id: "<plan-1@example.com>",
          label_ids: ["INBOX", "UNREAD"],
        },
        {
          id: "m2",
          thread_id: "t2",
          from: "news@example.com",
          to: "ana@example.com",
          subject: "News",
          body_html: "<style>p{}</style><p>First</p><p>Second <a href='https://example.com'>more</a></p>",
          date: "2026-11-19T10:00:00Z",
          label_ids: ["INBOX"],
        },
        { id: "m3", thread_id: "t3", raw: Buffer.from(invoice).toString("base64url"), label_ids: ["INBOX"] },
        {
          id: "m4",
          thread_id: "t4",
          from: "ana@example.com",
          to: "dee@example.com, Ed <ed@example.com>",
          reply_to: "ana+lists@example.com",
          subject: "Re: Budget",
          body_text: "Any news?",
          date: "2026-11-18T10:00:00Z",
          message_id: "<budget-2@example.com>",
          references: "<budget-0@example.com> <budget-1@example.com>",
          label_ids: ["SENT"],
        },
        {
          id: "m5",
          thread_id: "t5",
          from: "Reports (automatic)",
          to: "ana@example.com",
          subject: "Report",
          body_text: "All well.",
          label_ids: ["INBOX"],
        },
      ],
    },
  },
});
afterAll(() => emulator.close());

const run = (operation: string, input: Record<string, unknown>) =>
  runOn(`${emulator.url}/gmail/v1/users/me`, gmail, operation, input, { credentials });

const Sent = z.object({ id: z.string(), threadId: z.string() });
const Made = z.object({ id: z.string() });
const Page = z.object({ messages: z.array(Made), nextPageToken: z.string().optional() });

/** What an email looks like to those who get it. */
async function readSent(id: string) {
  const answer = await fetch(`${emulator.url}/gmail/v1/users/me/messages/${id}?format=raw`, {
    headers: { authorization: `Bearer ${credentials.access_token}` },
  });
  const { raw } = z.object({ raw: z.string() }).parse(await answer.json());
  return Buffer.from(raw, "base64url").toString();
}

test("a search tells enough of each email to choose from", async () => {
  const found = await run("search_inbox", { query: "subject:Monday" });

  expect(found).toEqual({
    messages: [
      {
        id: "m1",
        threadId: "t1",
        labelIds: ["INBOX", "UNREAD"],
        date: "2026-11-20T10:00:00.000Z",
        from: '"Bob, Jr. <not@example.com>" <bob@example.com>',
        to: "ana@example.com",
        cc: "cy@example.com",
        subject: "Plan for Monday",
        snippet: 'Shall we meet? Say "yes"',
      },
    ],
  });
});

test("a search goes on where the last page ended", async () => {
  const first = Page.parse(await run("search_inbox", { maxResults: 2 }));
  const second = Page.parse(await run("search_inbox", { maxResults: 2, pageToken: first.nextPageToken }));

  const ids = [...first.messages, ...second.messages].map(({ id }) => id);
  expect(new Set(ids).size).toBe(4);
  expect(second.nextPageToken).toBe(undefined);
});

test("emails are read as text, with attachments by name and size", async () => {
  const read = await run("read_emails", { ids: ["m2", "m3"] });

  expect(read).toMatchObject({
    emails: [
      { id: "m2", subject: "News", text: "First\n\nSecond more (https://example.com)", attachments: [] },
      {
        id: "m3",
        from: "Billing <billing@example.com>",
        text: "Please pay.",
        attachments: [{ filename: "invoice.pdf", mimeType: "application/pdf", size: 8 }],
      },
    ],
  });
  expect(JSON.stringify(read)).not.toContain("JVBERi0xLjQ");
});

test("an email that was sent arrives as it was written", async () => {
  const text = "Schöne Grüße,\n日本 😀";
  const input = {
    to: ["Zoë Ünal <zoe@example.com>", "yan@example.com"],
    cc: ["cy@example.com"],
    subject: "Grüße aus Köln — das ist ein langer Betreff mit vielen Wörtern",
    text,
    html: `<p>${text}</p>`,
  };

  const { id } = Sent.parse(await run("send_email", input));

  const read = await run("read_emails", { ids: [id] });
  expect(read).toMatchObject({
    emails: [
      {
        labelIds: ["SENT"],
        from: "ana@example.com",
        to: "Zoë Ünal <zoe@example.com>, yan@example.com",
        cc: "cy@example.com",
        subject: input.subject,
        text: text.replace("\n", "\r\n"),
      },
    ],
  });
});

test("an answer goes to the sender, under the same subject, in the same thread", async () => {
  const sent = Sent.parse(await run("send_email", { inReplyTo: "m1", text: "Yes." }));

  const raw = await readSent(sent.id);
  const thread = await run("read_thread", { id: "t1" });
  expect(sent.threadId).toBe("t1");
  expect(raw).toMatch(/^To: bob@example\.com\r\nSubject: Re: Plan for Monday\r\n/);
  expect(raw).toContain("\r\nIn-Reply-To: <plan-1@example.com>\r\nReferences: <plan-1@example.com>\r\n");
  expect(thread).toMatchObject({ id: "t1", messages: [{ id: "m1", text: "Shall we meet?" }, { id: sent.id }] });
});

test("an answer to one's own email goes to those who got it, and keeps the thread's references", async () => {
  const sent = Sent.parse(await run("send_email", { inReplyTo: "m4", text: "Still there?" }));

  const raw = await readSent(sent.id);
  expect(raw).toMatch(/^To: dee@example\.com,\r\n ed@example\.com\r\nSubject: Re: Budget\r\n/);
  expect(raw).toContain(
    [
      "In-Reply-To: <budget-2@example.com>",
      "References: <budget-0@example.com>",
      " <budget-1@example.com>",
      " <budget-2@example.com>",
      "",
    ].join("\r\n"),
  );
});

test("an answer to an email without an address asks for one", async () => {
  await expect(run("send_email", { inReplyTo: "m5", text: "Thanks." })).rejects.toMatchObject({
    code: "invalid_input",
    message: "The email m5 names no address that an answer could go to.",
    hint: "Give to.",
  });
});

test("a draft is written, replaced and sent", async () => {
  const drafted = Made.parse(
    await run("draft_email", { to: ["bob@example.com"], subject: "Draft", text: "First try." }),
  );
  const updated = await run("update_draft", { id: drafted.id, inReplyTo: "m1", text: "Second try." });

  const sent = Sent.parse(await run("send_draft", { id: drafted.id }));

  const read = await run("read_emails", { ids: [sent.id] });
  expect(updated).toMatchObject({ id: drafted.id, message: { id: sent.id } });
  expect(read).toMatchObject({
    emails: [{ labelIds: ["SENT"], subject: "Re: Plan for Monday", text: "Second try." }],
  });
});

test("a label is created, put on, found by, taken off and deleted", async () => {
  const label = Made.parse(await run("create_label", { name: "Work/Invoices" }));
  const listed = await run("list_labels", {});
  const managed = await run("manage_labels", { ids: ["m3"], addLabelIds: [label.id], removeLabelIds: ["INBOX"] });
  const found = await run("search_inbox", { query: "label:Work/Invoices" });
  const unlabelled = await run("manage_labels", { ids: ["m3"], addLabelIds: ["INBOX"], removeLabelIds: [label.id] });
  const deleted = await run("delete_label", { id: label.id });
  const left = await run("list_labels", {});

  expect(listed).toMatchObject({
    labels: expect.arrayContaining([
      { id: "UNREAD", name: "UNREAD", type: "system" },
      { id: label.id, name: "Work/Invoices", type: "user" },
    ]),
  });
  expect([managed, unlabelled]).toEqual([{ ids: ["m3"] }, { ids: ["m3"] }]);
  expect(found).toMatchObject({ messages: [{ id: "m3", labelIds: [label.id] }] });
  expect(deleted).toEqual({ id: label.id });
  expect(JSON.stringify(left)).not.toContain(label.id);
});

test("an email is moved to the trash", async () => {
  const sent = Sent.parse(await run("send_email", { to: ["bob@example.com"], subject: "Oops", text: "Oops." }));

  const trashed = await run("trash_email", { id: sent.id });

  expect(trashed).toMatchObject({ id: sent.id, labelIds: expect.arrayContaining(["TRASH"]) });
});

test.each([
  ["read_emails", { ids: ["nothing"] }],
  ["read_thread", { id: "nothing" }],
  ["send_draft", { id: "nothing" }],
  ["update_draft", { id: "nothing", text: "x" }],
  ["send_email", { inReplyTo: "nothing", text: "x" }],
  ["delete_label", { id: "nothing" }],
  ["trash_email", { id: "nothing" }],
])("%s of %o is not found", async (operation, input) => {
  await expect(run(operation, input)).rejects.toMatchObject({
    code: "service_rejected",
    details: { status: 404, serviceCode: "notFound" },
    hint: expect.stringContaining("search_inbox"),
  });
});

test.each([
  ["send_email", { to: ["bob@example.com"], text: "No subject." }, /give to and subject, or inReplyTo/],
  ["send_email", { subject: "Nobody", text: "To nobody." }, /give to and subject, or inReplyTo/],
  [
    "send_email",
    { to: ["bob@example.com"], subject: "a\nBcc: eve@example.com", text: "x" },
    /subject: must be one line/,
  ],
  ["draft_email", { to: ["bob@example.com\r\nBcc: eve@example.com"], text: "x" }, /to.0: write name@example.com/],
  ["draft_email", { to: ["Bob\n <bob@example.com>"], text: "x" }, /to.0: write name@example.com/],
  ["read_emails", { ids: ["../../settings"] }, /ids.0/],
  ["delete_label", { id: "a/b" }, /id/],
  ["manage_labels", { ids: ["m1"] }, /give addLabelIds, removeLabelIds or both/],
  ["manage_labels", { ids: ["m1"], addLabelIds: ["TRASH"] }, /use trash_email/],
])("%s does not take %o", async (operation, input, words) => {
  await expect(run(operation, input)).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringMatching(words),
  });
});
