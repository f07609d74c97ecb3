import { findProfile, listProfiles } from "../../access/profiles.ts";
import { HubError } from "../../errors.ts";
import { type Hub, publicUrl } from "../../hub.ts";
import type { ClientConfig } from "./client-config.ts";
import type { GlobalOptions } from "./global-options.ts";
import { localClientConfigs } from "./local-clients.ts";
import { paint, print, printJson } from "./output.ts";
import { withHub } from "./with-hub.ts";

interface Wish {
  readonly profile?: string;
  readonly client?: string;
}

/** Prints what each MCP client must be told, for a profile. */
export async function showClientConfig(options: GlobalOptions, { profile, client }: Wish): Promise<number> {
  const configs = await withHub(options, async (hub) =>
    localClientConfigs(hub.config, { profile: await chooseProfile(hub, profile), url: publicUrl(hub.config) }),
  );
  const chosen = client === undefined ? configs : chooseClient(configs, client);
  if (options.json) printJson(chosen);
  else print(chosen.map(describe).join("\n\n"));
  return 0;
}

async function chooseProfile({ store, owner }: Hub, name: string | undefined): Promise<string> {
  if (name !== undefined) return (await findProfile(store.db, owner.workspaceId, name)).name;
  const names = (await listProfiles(store.db, owner.workspaceId)).map((profile) => profile.name);
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw new HubError("invalid_input", only === undefined ? "There is no profile yet." : "There are several profiles.", {
    hint:
      only === undefined
        ? 'Make one with "patchbay profiles create NAME".'
        : `Add --profile with one of ${names.join(", ")}.`,
  });
}

function chooseClient(configs: readonly ClientConfig[], name: string): readonly ClientConfig[] {
  const chosen = configs.filter(({ client }) => toKey(client) === toKey(name));
  if (chosen.length > 0) return chosen;
  const clients = new Set(configs.map(({ client }) => client));
  throw new HubError("not_found", `Patchbay does not know the client ${name}.`, {
    hint: `It knows ${[...clients].join(", ")}.`,
  });
}

/** `vscode` and `vs-code` mean VS Code, too. */
function toKey(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, "");
}

function describe({ client, transport, where, text }: ClientConfig): string {
  return `${paint("bold", `${client} (${transport})`)}\n${paint("dim", `Put this into ${where}:`)}\n${text}`;
}
