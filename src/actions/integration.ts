import * as z from "zod";
import { settingsOf } from "../integrations/integrations.ts";
import type { IntegrationRow } from "../store/tables.ts";

export const IntegrationReference = z.string().describe("An id (int_…), a service, service:label or service:int_…");

export const Label = z
  .string()
  .max(60)
  .regex(/^(?!int_[0-9a-z]{26}$)[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u, "a name on one line that is no id")
  .describe("Tells this account from others of the service");

export const Simulated = z
  .boolean()
  .optional()
  .describe("Nothing was sent: this is the test world, and the answer is made up");

export const Settings = z.record(z.string(), z.unknown());

/** A connected account as every face shows it. */
export const Integration = z
  .object({
    id: z.string(),
    service: z.string(),
    label: z.string(),
    status: z.enum(["pending", "configured", "active", "error", "disconnected"]),
    status_reason: z.string().nullable(),
    account_id: z.string().nullable(),
    base_url: z.string().nullable(),
    config: Settings,
    connected_at: z.string().nullable(),
  })
  .meta({ id: "Integration" });

export function viewIntegration(row: IntegrationRow): z.input<typeof Integration> {
  return { ...row, config: settingsOf(row) };
}
