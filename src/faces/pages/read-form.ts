import { HubError } from "../../errors.ts";
import { readText } from "../http/read-text.ts";

/** What was sent with a page's form. */
export type Fields = Readonly<Record<string, string>>;

const FORM_BYTES = 16 * 1024;

/** A page of another site could send a form, too; every browser of today says where it comes from. */
export async function readForm(request: Request): Promise<Fields> {
  const site = request.headers.get("sec-fetch-site") ?? "same-origin";
  const type = request.headers.get("content-type") ?? "";
  if (site !== "same-origin" || !type.startsWith("application/x-www-form-urlencoded")) {
    throw new HubError("not_granted", "This can only be decided on its own page.", { hint: "Open the link again." });
  }
  return Object.fromEntries(new URLSearchParams(await readText(request, FORM_BYTES)));
}
