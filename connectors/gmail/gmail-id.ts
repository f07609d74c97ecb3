import * as z from "zod";

export const GmailId = z
  .string()
  .max(64)
  .regex(/^[\w-]+$/);
