import type { KnownBlock } from "@slack/web-api";
import * as z from "zod";

export const ChannelId = z
  .string()
  .regex(/^[CDG][A-Z0-9]{2,}$/)
  .max(30)
  .describe("The channel's id, from list_channels or post_message");

export const UserId = z
  .string()
  .regex(/^[UW][A-Z0-9]{2,}$/)
  .max(30);

/** Slack names a message by the time it was posted. */
export const MessageTs = z.string().regex(/^\d{1,16}\.\d{1,6}$/);

export const cursorField = {
  cursor: z.string().min(1).max(1000).exactOptional().describe("next_cursor of the previous answer"),
};

export const nextCursorField = {
  next_cursor: z.string().optional().describe("Where the list goes on; absent at its end"),
};

/** Slack ends a list with an empty cursor, or with none. */
export function findNextCursor(metadata: { readonly next_cursor?: string } | undefined): { next_cursor?: string } {
  return metadata?.next_cursor ? { next_cursor: metadata.next_cursor } : {};
}

/** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
export const LinkButtons = z
  .array(z.object({ text: z.string().min(1).max(75), url: z.url({ protocol: /^https?$/ }).max(3000) }))
  .min(1)
  .max(5);

export const ChoiceButtons = z
  .array(z.object({ text: z.string().min(1).max(75), value: z.string().min(1).max(2000) }))
  .min(1)
  .max(5);

interface Buttons {
  readonly links?: z.output<typeof LinkButtons> | undefined;
  readonly choices?: z.output<typeof ChoiceButtons> | undefined;
}

/** A message's text with buttons below it: Slack shows blocks in the place of the text. A section has 3,000 UTF-16 units. */
export function writeBlocks(text: string, { links = [], choices = [] }: Buttons): KnownBlock[] {
  const pieces = text.match(/.{1,1500}/gsu) ?? [];
  return [
    ...pieces.map((piece) => ({
      type: "section" as const,
      text: { type: "mrkdwn" as const, text: piece, verbatim: true },
    })),
    {
      type: "actions",
      elements: [
        ...choices.map(({ text: label, value }, index) => ({
          type: "button" as const,
          text: { type: "plain_text" as const, text: label },
          action_id: `choice_${index}`,
          value,
        })),
        ...links.map(({ text: label, url }) => ({
          type: "button" as const,
          text: { type: "plain_text" as const, text: label },
          url,
        })),
      ],
    },
  ];
}
