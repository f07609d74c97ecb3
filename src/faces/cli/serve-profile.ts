import { findProfile } from "../../access/profiles.ts";
import { PROFILE_SCOPES } from "../../access/principal.ts";
import { AGENT_TOOLS } from "../../actions/agent-tools.ts";
import { environment, readConfig } from "../../config.ts";
import { HubError } from "../../errors.ts";
import { type Hub, openHub } from "../../hub.ts";
import { nearest } from "../../nearest.ts";
import { serveMcpStdio } from "../mcp/stdio.ts";
import { hasHub } from "./with-hub.ts";

export interface ServeProfileOptions {
  readonly profile: string;
  /** Only this service's tools, by their bare names. */
  readonly service: string | undefined;
  /** A config file; the one in the working directory never counts, since a host starts this wherever it happens to be. */
  readonly config: string | undefined;
  readonly test: boolean;
}

/** Speaks MCP on stdin and stdout as one profile, until stdin ends or the process is told to stop. */
export async function serveProfile({ profile, service, config: file, test }: ServeProfileOptions): Promise<number> {
  const config = readConfig({ env: environment(), ignoreIntegrations: true, ...(file !== undefined && { file }) });
  // A host that has another home in mind would otherwise be given a new and empty hub.
  if (!hasHub(config.server.databaseUrl)) {
    throw new HubError("not_found", `There is no hub in ${config.home}.`, {
      hint: 'Make one with "patchbay start" or "patchbay profiles create NAME", or set PATCHBAY_HOME to where it is.',
    });
  }
  const hub = await openHub(config, test ? "test" : "live");
  try {
    if (service !== undefined) checkService(hub, service);
    const { id } = await findProfile(hub.store.db, hub.owner.workspaceId, profile);
    const caller = { ...hub.owner, profileId: id, actor: "stdio", scopes: PROFILE_SCOPES };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void process.stdin.destroy());
    hub.outbox.start();
    await serveMcpStdio(hub, caller, service);
    return 0;
  } finally {
    await hub.close();
  }
}

function checkService({ catalog }: Hub, service: string): void {
  const services = [...catalog.services, ...Object.keys(AGENT_TOOLS)];
  if (services.includes(service)) return;
  throw new HubError("not_found", `Patchbay has no connector for ${service}.`, {
    hint: `The nearest are ${nearest(service, services).join(", ")}.`,
  });
}
