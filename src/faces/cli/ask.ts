import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { connect } from "../../actions/integrations.ts";
import { describe } from "../../actions/registry.ts";
import { HubError } from "../../errors.ts";
import type { Complete } from "./add-action.ts";
import { printNote } from "./output.ts";

/** Asks for the credentials that a service needs and the command did not name. What is typed is not shown. */
export const askForCredentials: Complete = async (input, run) => {
  const given = connect.input.parse(input);
  if (given.oauth_code !== undefined || !process.stdin.isTTY || !process.stderr.isTTY) return given;
  const { name, credentials } = await run(describe, { service: given.service });
  const missing = credentials.filter((field) => !(field.name in given.credentials));
  if (!missing.some(({ required }) => required)) return given;

  const answers: Record<string, string> = { ...given.credentials };
  for (const field of missing) {
    printNote(`${name}: ${field.label}${field.required ? "" : ", if you have one"}`);
    if (field.create_at !== null) printNote(`Make one at ${field.create_at}`);
    const answer = await askSecret(`${field.name} (not shown): `);
    if (answer !== "") answers[field.name] = answer;
  }
  return { ...given, credentials: answers };
};

/** One line, typed unseen. */
export async function askSecret(
  question: string,
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: unseen, terminal: true });
  // Not before the terminal has stopped showing what is typed.
  output.write(question);
  try {
    return await new Promise((resolve, reject) => {
      lines.once("line", (line) => resolve(line.trim()));
      // Ctrl-C and Ctrl-D.
      lines.once("close", () => reject(new HubError("cancelled", "Nothing was typed, and nothing was connected.")));
    });
  } finally {
    lines.close();
    output.write("\n");
  }
}
