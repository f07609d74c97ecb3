import * as z from "zod";
import type { ServiceFailure } from "#connector";

/** The fields of grammY's `GrammyError`, read by shape so that grammY is not loaded before it is used. */
const Refusal = z.object({
  name: z.literal("GrammyError"),
  error_code: z.int(),
  description: z.string(),
  parameters: z.object({ retry_after: z.number().optional(), migrate_to_chat_id: z.int().optional() }),
});

/** grammY could not read an answer: the connection broke, or what came back was no JSON. */
const Unreadable = z.object({ name: z.literal("HttpError") });

/** What Telegram or the way to it did wrong, from an error that grammY throws. */
export function readFailure(error: unknown): ServiceFailure | undefined {
  if (Unreadable.safeParse(error).success) {
    return { status: 502, code: "unreadable_answer" };
  }
  const { data: refusal } = Refusal.safeParse(error);
  if (refusal === undefined) {
    return undefined;
  }
  const { error_code: code, description, parameters } = refusal;
  const hint = adviseOn(description, parameters.migrate_to_chat_id);
  return {
    // Every method this connector calls exists, so Telegram's 404 can only mean that the token is no bot's.
    status: code === 404 ? 401 : code,
    words: description,
    ...(parameters.retry_after !== undefined && { retryAfterMs: parameters.retry_after * 1000 }),
    ...(hint !== undefined && { hint }),
  };
}

function adviseOn(description: string, newChatId: number | undefined): string | undefined {
  if (newChatId !== undefined) {
    return `The group has become a supergroup: use chat_id ${newChatId} from now on.`;
  }
  return ADVICE.find(([pattern]) => pattern.test(description))?.[1];
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /chat not found/i,
    "Check chat_id: a person must have written to the bot once, and a group or channel must have added it.",
  ],
  [/blocked by the user|can't initiate conversation/i, "Ask the person to open the bot in Telegram and press Start."],
  [/not a member|was kicked/i, "Ask an administrator to add the bot to the group or channel."],
  [
    /not enough rights|have no rights|need administrator/i,
    "Ask an administrator to give the bot this right in the chat.",
  ],
  [
    /terminated by other getUpdates/i,
    "Another program asks for this bot's messages: stop it, or set hear=false to leave them to it.",
  ],
  [/can't parse entities/i, "Escape the text as parse_mode demands, or leave parse_mode out."],
];
