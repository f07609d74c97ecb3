import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  type InputRequiredResult,
  inputResponse,
  type RequestStateCodec,
  type Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import * as z from "zod";
import { showArguments } from "../../access/show-arguments.ts";
import type { ClientUser, ConsentNeeded, Question } from "../../call/seek-permit.ts";
import { cutText } from "../../connector/cut-text.ts";

/** Seals what a client keeps between two rounds of one call: nobody else can use it, and nobody can change it. */
export type StateCodec = RequestStateCodec;

/** The key of the one question that is asked. */
const CONSENT = "consent";

/** What a client of 2026-07-28 says with each request; older ones say it once, when they connect. */
const Envelope = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.object({
    elicitation: z.object({ form: z.unknown(), url: z.unknown() }).partial().optional(),
  }),
});

const Kept = z.object({ approval: z.string(), binding: z.string() });

/** What a client can put before its user. */
export function readElicitation(
  server: Server,
  { mcpReq }: ServerContext,
): { form?: unknown; url?: unknown } | undefined {
  const said = Envelope.safeParse(mcpReq.envelope).data?.[CLIENT_CAPABILITIES_META_KEY];
  return (said ?? server.getClientCapabilities())?.elicitation;
}

/** The user of the client that makes a call, if the client can show a form, and what it answered about the call. */
export function findUser(server: Server, context: ServerContext): ClientUser | undefined {
  const { mcpReq } = context;
  const elicitation = readElicitation(server, context);
  // One that says nothing of forms and addresses means forms.
  if (!elicitation || (elicitation.url && !elicitation.form)) return undefined;
  const answer = inputResponse(mcpReq.inputResponses, CONSENT);
  const kept = Kept.safeParse(mcpReq.requestState());
  if (answer.kind !== "elicit" || !kept.success) return {};
  return { answered: { ...kept.data, isGiven: answer.action === "accept" } };
}

/** Has the client ask its user. The SDK puts it as a request of the server to clients of 2025-11-25 and older. */
export async function askUser(
  { question, binding }: ConsentNeeded,
  codec: StateCodec,
  context: ServerContext,
): Promise<InputRequiredResult> {
  const form = inputRequired.elicit({
    message: writeQuestion(question),
    requestedSchema: { type: "object", properties: {} },
  });
  return inputRequired({
    inputRequests: { [CONSENT]: form },
    requestState: await codec.mint({ approval: question.approval, binding }, context),
  });
}

const TEXT_LIMIT = 5_000;

function writeQuestion({ profile, operation, account, argumentsPreview }: Question): string {
  const { text, isWhole } = showArguments(argumentsPreview);
  const more = isWhole && text.length <= TEXT_LIMIT ? "" : "\n\nThis is not all that it would send.";
  return `${profile} wants to run ${operation} as ${account.label} (${account.service}), once, with:\n${cutText(text, TEXT_LIMIT)}${more}`;
}
