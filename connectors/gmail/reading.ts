import * as z from "zod";
import { operation, rest } from "#connector";
import { GmailId } from "./gmail-id.ts";
import { Email, HEADERS, Summary } from "./message.ts";
import { READ } from "./scopes.ts";

export const read_profile = rest({
  summary: "Read whose mailbox this is. Returns its address and how many emails and threads it holds.",
  effect: "read",
  scopes: [READ],
  input: z.object({}),
  output: z.object({
    emailAddress: z.string(),
    messagesTotal: z.int().nullish(),
    threadsTotal: z.int().nullish(),
  }),
  request: "GET /profile",
});

const Found = z.object({
  messages: z.array(z.object({ id: z.string() })).nullish(),
  nextPageToken: z.string().nullish(),
});

export const search_inbox = operation({
  summary:
    "Search the mailbox, newest first. Returns id, thread, sender, subject, labels and the first words of each email; read_emails and read_thread show the whole.",
  effect: "read",
  scopes: [READ],
  input: z.object({
    query: z
      .string()
      .min(1)
      .max(2000)
      .default("in:inbox")
      .describe(
        "As in Gmail's search box: in:inbox is:unread from:ana@example.com subject:(plan) newer_than:7d has:attachment label:work; in:anywhere looks into spam and trash, too",
      ),
    maxResults: z.int().min(1).max(50).default(20).describe("How many at most"),
    pageToken: z.string().min(1).max(500).exactOptional().describe("nextPageToken of the page before"),
  }),
  output: z.object({
    messages: z.array(Summary),
    nextPageToken: z.string().nullish().describe("Where the list goes on; absent at its end"),
  }),
  async run({ query, ...page }, { http }) {
    const { messages, nextPageToken } = Found.parse(
      await http.request("GET", "/messages", { query: { q: query, ...page } }),
    );
    const summaries = (messages ?? []).map(({ id }) =>
      http.request("GET", `/messages/${encodeURIComponent(id)}`, {
        query: { format: "metadata", metadataHeaders: HEADERS },
      }),
    );
    return { messages: await Promise.all(summaries), nextPageToken };
  },
});

export const read_emails = operation({
  summary:
    "Read up to 20 emails as plain text, with sender, recipients, date and labels, and the names and sizes of attachments. Take ids from search_inbox.",
  effect: "read",
  scopes: [READ],
  input: z.object({ ids: z.array(GmailId).min(1).max(20).describe("Ids of emails, from search_inbox") }),
  output: z.object({ emails: z.array(Email) }),
  async run({ ids }, { http }) {
    const reading = ids.map((id) => http.request("GET", `/messages/${id}`, { query: { format: "full" } }));
    return { emails: await Promise.all(reading) };
  },
});

export const read_thread = rest({
  summary:
    "Read a whole conversation as plain text, the oldest email first, with the names of attachments. Take id from the threadId that search_inbox gave.",
  effect: "read",
  scopes: [READ],
  input: z.object({ id: GmailId.describe("The threadId of an email, from search_inbox") }),
  output: z.object({ id: z.string(), messages: z.array(Email) }),
  request: "GET /threads/{id}",
  send: () => ({ format: "full" }),
});
