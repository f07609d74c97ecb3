import type { Command } from "commander";
import type { Finish } from "./add-action.ts";
import { addGlobalOptions } from "./global-options.ts";

/** Adds the commands that do what an agent may do, as one profile. */
export function addAgentCommands(program: Command, finish: Finish): void {
  program.commandsGroup("As a profile:");
  addProxy(program, finish);
  addExec(program, finish);
  addLayers(program, finish);
}

interface ProxyFlags {
  readonly profile: string;
  readonly method?: string;
  readonly header?: readonly string[];
  readonly data?: string;
}

function addProxy(program: Command, finish: Finish): void {
  const command = program
    .command("proxy")
    .description("Call a service's own API with its credential, which stays in the hub.")
    .argument("<integration>", "an id (int_…), a service, or service:label")
    .argument("<path>", "path and query below the integration's base URL, e.g. /repos/acme/web")
    .requiredOption("--profile <profile>", "as which profile")
    .option("-X, --method <method>", "GET unless given, and POST with --data")
    .option("--header <header>", "as in 'accept: text/plain' (may be repeated)", collect)
    .option(
      "--data <data>",
      "the body, JSON unless a header says otherwise (@file reads it from a file, - from stdin)",
    );
  const readOptions = addGlobalOptions(command, "json", "config", "test", "url", "key");
  command.action(async (integration: string, path: string, flags: ProxyFlags) => {
    const { proxy } = await import("./proxy.ts");
    const { profile, method, header: headers = [], data } = flags;
    finish(await proxy({ ...readOptions(), integration, path, profile, method, headers, data }));
  });
}

function addExec(program: Command, finish: Finish): void {
  const command = program
    .command("exec")
    .description("Run a command with the environment variables that the profile was allowed.")
    .argument("<command>", "what to run; -- before it keeps its options apart")
    .argument("[args...]", "its arguments")
    .requiredOption("--profile <profile>", "whose variables")
    .passThroughOptions();
  const readOptions = addGlobalOptions(command, "json", "config", "test", "url", "key");
  command.action(async (name: string, args: readonly string[], { profile }: { profile: string }) => {
    const { exec } = await import("./exec.ts");
    finish(await exec({ profile, command: name, args, ...readOptions() }));
  });
}

function addLayers(program: Command, finish: Finish): void {
  const command = program
    .command("layers")
    .description("Print the lines of a Dockerfile that the profile's services want.")
    .requiredOption("--profile <profile>", "whose services");
  const readOptions = addGlobalOptions(command, "json", "config", "test", "url", "key");
  command.action(async ({ profile }: { profile: string }) => {
    const { layers } = await import("./layers.ts");
    finish(await layers({ ...readOptions(), profile }));
  });
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
