import { Command, CommanderError } from "commander";
import { ALL_ACTIONS } from "../../actions/all-actions.ts";
import { connect } from "../../actions/integrations.ts";
import { verify } from "../../actions/audit.ts";
import { HubError } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import type { Action } from "../../actions/action.ts";
import { type ActionCommand, addAction, type Finish } from "./add-action.ts";
import { addAgentCommands } from "./agent-commands.ts";
import { askForCredentials } from "./ask.ts";
import { addAuditExport, readAnchorFile } from "./audit-commands.ts";
import { addDatabaseCommands } from "./database-commands.ts";
import { addGlobalOptions, type GlobalOptions } from "./global-options.ts";
import { print, printNote } from "./output.ts";
import { addVault } from "./vault-commands.ts";

/** Runs one command and returns its exit code. */
export async function runProgram(argv: readonly string[], json: boolean): Promise<number> {
  let exitCode = 0;
  const program = buildProgram((code) => (exitCode = code), json);
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    throw toUsageError(error);
  }
}

/** Every command: those about this machine by hand, and those about the hub rendered from the actions. */
export function buildProgram(finish: Finish, json = false): Command {
  const program = new Command("patchbay")
    .description("Connect your services once, and give each agent exactly the tools it should have.")
    .version(VERSION)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => print(text.trimEnd()),
      // Help in the place of a command that is missing.
      writeErr: (text) => (json ? undefined : printNote(text.trimEnd())),
      outputError: () => undefined,
    });
  addGlobalOptions(program, "json", "config", "test", "url", "key");
  program.commandsGroup("To begin with:");
  addStart(program, finish);
  addAction(program, "connect", { action: connect, complete: askForCredentials, instead: BY_OAUTH }, finish);
  addClientConfig(program, finish);
  addMcp(program, finish);
  addDoctor(program, finish);
  addDatabaseCommands(program, finish);
  addAgentCommands(program, finish);
  program.commandsGroup("What the hub knows, by noun and verb:");
  for (const [noun, verbs] of Object.entries(ALL_ACTIONS)) {
    const parent = program.command(noun).helpCommand(false).description(Object.keys(verbs).join(", "));
    addGlobalOptions(parent, "json", "test", "url", "key");
    for (const [verb, action] of Object.entries(verbs)) {
      const own = SPECIAL.get(action) ?? {};
      addAction(parent, verb, { action, ...own, isDefault: noun === "notify" && verb === "send" }, finish);
    }
    if (noun === "audit") addAuditExport(parent, finish);
  }
  addVault(program, finish);
  return program;
}

const BY_OAUTH = {
  name: "oauth",
  help: "allow access in the browser rather than give credentials; needs the running hub and your OAuth app",
  async run(input: object, options: GlobalOptions): Promise<number> {
    const { connectByOauth } = await import("./connect-by-oauth.ts");
    return connectByOauth(input, options);
  },
};

/** What some actions have on a command line besides their inputs. */
const SPECIAL = new Map<Action, Pick<ActionCommand, "complete" | "instead">>([
  [connect, { complete: askForCredentials, instead: BY_OAUTH }],
  [verify, { complete: readAnchorFile }],
]);

function addStart(program: Command, finish: Finish): void {
  const command = program.command("start").description("Run the hub, and show how to connect to it.");
  const readOptions = addGlobalOptions(command, "json", "config");
  command.action(async () => {
    const { start } = await import("./start.ts");
    finish(await start(readOptions()));
  });
}

function addClientConfig(program: Command, finish: Finish): void {
  const command = program
    .command("client-config")
    .description("Show what makes Claude Desktop, Claude Code, Cursor and VS Code know the hub.")
    .option("--profile <profile>", "whose tools the client gets; needed where there are several")
    .option("--client <name>", "only this client");
  const readOptions = addGlobalOptions(command, "json", "config");
  command.action(async (options: { profile?: string; client?: string }) => {
    const { showClientConfig } = await import("./show-client-config.ts");
    finish(await showClientConfig(readOptions(), options));
  });
}

/** Here for its help and its errors; what a host runs takes the short way in `run.ts`. */
function addMcp(program: Command, finish: Finish): void {
  const command = program
    .command("mcp")
    .description("Speak MCP on stdin and stdout as one profile: what MCP clients start.")
    .requiredOption("--profile <profile>", "whose tools the client gets")
    .option("--service <service>", "only this service's tools, by their bare names");
  const readOptions = addGlobalOptions(command, "json", "config", "test");
  command.action(async ({ profile, service }: { profile: string; service?: string }) => {
    const { serveProfile } = await import("./serve-profile.ts");
    finish(await serveProfile({ ...readOptions(), profile, service }));
  });
}

function addDoctor(program: Command, finish: Finish): void {
  const command = program
    .command("doctor")
    .description("Check that everything works, and say how to mend what does not.");
  const readOptions = addGlobalOptions(command, "json", "config");
  command.action(async () => {
    const { doctor } = await import("./doctor.ts");
    finish(await doctor(readOptions()));
  });
}

/** What was typed may hold a secret, so no value of it is repeated. */
function toUsageError({ code, message }: CommanderError): HubError {
  if (code === "commander.help")
    return new HubError("invalid_input", "A command is missing.", { hint: "Add --help to see them." });
  const [fact = "", guess] = message.replace(/^error: /, "").split("\n");
  const said = fact.replace(/( but got \d+): .*$/, "$1").replace(/(--[\w-]+)=.*'$/, "$1'");
  return new HubError("invalid_input", `${said.charAt(0).toUpperCase()}${said.slice(1).replace(/\.$/, "")}.`, {
    hint: guess?.replaceAll(/[()]/g, "") ?? "Add --help to see what it takes.",
  });
}
