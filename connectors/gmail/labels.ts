import * as z from "zod";
import { operation, rest } from "#connector";
import { GmailId } from "./gmail-id.ts";
import { LABELS, MODIFY } from "./scopes.ts";

const Label = z.object({
  id: z.string(),
  name: z.string().nullish(),
  type: z.string().nullish().describe("system or user"),
});

const LabelId = z
  .string()
  .max(100)
  .regex(/^[^\s/]+$/);

export const list_labels = rest({
  summary: "List the labels of the mailbox: Gmail's own such as INBOX and UNREAD, and the user's. Returns id and name.",
  effect: "read",
  scopes: [LABELS],
  input: z.object({}),
  output: z.object({ labels: z.array(Label) }),
  request: "GET /labels",
});

export const create_label = rest({
  summary: "Create a label. Returns its id, which manage_labels takes.",
  effect: "write",
  scopes: [LABELS],
  input: z.object({ name: z.string().min(1).max(225).describe("A slash nests it under another: Work/Invoices") }),
  output: Label,
  request: "POST /labels",
});

export const manage_labels = operation({
  summary:
    "Put labels on emails and take others off: without INBOX an email is archived, without UNREAD it is read. Returns the ids of the emails. Take ids from search_inbox, labels from list_labels.",
  effect: "write",
  idempotent: true,
  scopes: [MODIFY],
  input: z
    .object({
      ids: z.array(GmailId).min(1).max(1000).describe("Ids of emails, from search_inbox; unknown ones are passed over"),
      addLabelIds: z
        .array(LabelId.regex(/^(?!TRASH$)/, "use trash_email for that"))
        .max(100)
        .default([])
        .describe("Labels to put on: ids from list_labels"),
      removeLabelIds: z.array(LabelId).max(100).default([]).describe("Labels to take off: ids from list_labels"),
    })
    .refine(({ addLabelIds, removeLabelIds }) => addLabelIds.length + removeLabelIds.length > 0, {
      error: "give addLabelIds, removeLabelIds or both",
    }),
  output: z.object({ ids: z.array(z.string()) }),
  async run(input, { http }) {
    await http.request("POST", "/messages/batchModify", { body: input, answer: "ignored" });
    return { ids: input.ids };
  },
});

export const delete_label = operation({
  summary:
    "Delete a label of the user's for good. The emails that had it stay. Returns its id. Take id from list_labels.",
  effect: "destructive",
  scopes: [LABELS],
  input: z.object({ id: LabelId.describe("The label's id, from list_labels") }),
  output: z.object({ id: z.string() }),
  async run({ id }, { http }) {
    await http.request("DELETE", `/labels/${encodeURIComponent(id)}`);
    return { id };
  },
});

export const trash_email = rest({
  summary:
    "Move an email to the trash, which Gmail empties after 30 days. Returns its id and labels. Take id from search_inbox.",
  effect: "destructive",
  scopes: [MODIFY],
  input: z.object({ id: GmailId.describe("The email's id, from search_inbox") }),
  output: z.object({ id: z.string(), labelIds: z.array(z.string()).nullish() }),
  request: "POST /messages/{id}/trash",
});
