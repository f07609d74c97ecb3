import * as z from "zod";

/** Bytes in base64. */
const Media = { data: z.string(), mimeType: z.string() };

const Document = { uri: z.string(), mimeType: z.string() };

const Block = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("image"), ...Media }),
  z.object({ type: z.literal("audio"), ...Media }),
  z.object({
    type: z.literal("resource"),
    resource: z.union([z.object({ ...Document, text: z.string() }), z.object({ ...Document, blob: z.string() })]),
  }),
]);

/**
 * The output of an operation whose answer is to be seen, heard or read rather than taken apart: a screenshot, a
 * recording, a file.
 *
 * An operation that has exactly this schema as its output shows its blocks to a model as they are. All others show JSON.
 */
export const Contents = z.object({ content: z.array(Block) });
export type Contents = z.infer<typeof Contents>;
