import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createKey } from "../access/keys.ts";
import { PROFILE_SCOPES } from "../access/principal.ts";
import { createProfile } from "../access/profiles.ts";
import { setGrant } from "../access/grants.ts";
import type { Policy } from "../access/policy.ts";
import type { Mode } from "../access/workspaces.ts";
import type { Caller, CallResult } from "../call/open-calls.ts";
import { readConfig } from "../config.ts";
import { type Hub, openHub } from "../hub.ts";
import { connect } from "../integrations/connect.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { makeFolder } from "./make-folder.ts";

export interface TestHubOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The contents of its config file. */
  readonly file?: object;
  /** The world that it is used in. */
  readonly mode?: Mode;
}

/** A real hub in a folder of its own that may reach loopback; closed and removed when the test ends. */
export async function openTestHub({ env = {}, file = {}, mode }: TestHubOptions = {}): Promise<TestHub> {
  const home = makeFolder();
  writeFileSync(join(home, "mcp.config.json"), JSON.stringify(file));
  const whole = {
    PATCHBAY_HOME: home,
    PATCHBAY_PORT: "0",
    PATCHBAY_LOG_LEVEL: "silent",
    PATCHBAY_MASTER_KEY: "00".repeat(32),
    PATCHBAY_ALLOW_PRIVATE_HOSTS: "127.0.0.1",
    ...env,
  };
  const hub = await openHub(readConfig({ env: whole }), mode);
  onTestFinished(() => hub.close());
  return new TestHub(hub, home, whole);
}

/** What tests ask of a hub again and again, in one word each. */
export class TestHub {
  readonly hub: Hub;
  readonly home: string;
  /** With it another process opens the same hub. */
  readonly env: Record<string, string>;

  constructor(hub: Hub, home: string, env: Record<string, string>) {
    this.hub = hub;
    this.home = home;
    this.env = env;
  }

  get workspaceId(): string {
    return this.hub.owner.workspaceId;
  }

  async addProfile(name: string): Promise<Caller> {
    const { id } = await createProfile(this.hub.store.db, this.workspaceId, name);
    return { workspaceId: this.workspaceId, profileId: id, actor: "test", scopes: PROFILE_SCOPES };
  }

  /** A bearer token of the profile. */
  async addKey(caller: Caller): Promise<string> {
    const { workspaceId, profileId } = caller;
    return (await createKey(this.hub.store.db, { workspaceId, profileId, mode: "live" })).token;
  }

  async connect(
    service: string,
    baseUrl: string,
    credentials: Readonly<Record<string, string>>,
    more: { readonly label?: string; readonly config?: Readonly<Record<string, unknown>> } = {},
  ): Promise<IntegrationRow> {
    const spec = { workspaceId: this.workspaceId, actor: "test", service, baseUrl, credentials, ...more };
    return (await connect(this.hub, spec)).integration;
  }

  async grant(caller: Caller, integration: IntegrationRow, policy?: Policy): Promise<void> {
    const { workspaceId, profileId } = caller;
    const change = { workspaceId, profileId, integrationId: integration.id, ...(policy && { policy }) };
    await setGrant(this.hub, "test", change);
  }

  call(caller: Caller, tool: string, input: unknown): Promise<CallResult> {
    return this.hub.calls.call({ caller, tool, input, signal: new AbortController().signal });
  }
}
