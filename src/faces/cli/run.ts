import { parseArgs } from "node:util";
import { endWithReader } from "./output.ts";
import type { ServeProfileOptions } from "./serve-profile.ts";

/** Runs the command line and returns its exit code. */
export async function runCli(argv: readonly string[]): Promise<number> {
  try {
    const options = argv[0] === "mcp" ? readMcpOptions(argv.slice(1)) : undefined;
    if (options) {
      const { serveProfile } = await import("./serve-profile.ts");
      return await serveProfile(options);
    }
    endWithReader();
    const { runProgram } = await import("./program.ts");
    return await runProgram(argv, wantsJson(argv));
  } catch (error) {
    const { reportError } = await import("./report-error.ts");
    return reportError(error, wantsJson(argv));
  }
}

/** What stands behind `--` is for another program. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? argv.length : end).includes("--json");
}

/**
 * The options of a well-formed `mcp`; with anything else the program knows better what to say.
 *
 * A host starts `mcp` and waits for it, so it is spared what only people need: loading the parser and every action's help
 * would take longer than opening the hub.
 */
function readMcpOptions(args: string[]): ServeProfileOptions | undefined {
  const text = { type: "string" } as const;
  try {
    const { profile, service, config, test } = parseArgs({
      args,
      options: { profile: text, service: text, config: text, test: { type: "boolean", default: false } },
    }).values;
    return profile === undefined ? undefined : { profile, service, config, test };
  } catch {
    return undefined;
  }
}
