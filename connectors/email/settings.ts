import * as z from "zod";

/** An address with or without a name in front, as mail headers write it. */
export const Address = z
  .string()
  .max(320)
  .regex(/^([^<>@]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/, "write name@example.com or Name <name@example.com>")
  .describe("An address as name@example.com or Name <name@example.com>");

/** The settings of an email integration. */
export const Settings = z.object({
  from: Address.optional().describe("The sender of mail that names none, at a domain that is verified at Resend"),
  to: Address.optional().describe("Who gets notifications"),
});
