import type { OAuth2Auth } from "#connector";
import { type Confirmation, receiveCallback } from "../integrations/oauth-callback.ts";
import { readFlow, startFlow, type StartedFlow } from "../integrations/oauth-flows.ts";
import { setUpApp } from "./connect-by-oauth.ts";
import { type Answer, type Service, startService } from "./loopback-server.ts";
import { makeOauthConnector, type OauthKit, openOauthParts } from "./open-oauth-parts.ts";
import { makeSqliteDatabase } from "./stores.ts";

export const TOKENS = { access_token: "access-1", refresh_token: "refresh-1", token_type: "bearer", expires_in: 3600 };

/** A hub that has begun to connect an account of a service, and that service. */
export class FlowSetup {
  readonly parts: OauthKit;
  readonly service: Service;
  readonly owner: { workspaceId: string; actor: string };
  readonly flow: StartedFlow;

  constructor(parts: OauthKit, service: Service, owner: FlowSetup["owner"], flow: StartedFlow) {
    this.parts = parts;
    this.service = service;
    this.owner = owner;
    this.flow = flow;
  }

  get state(): string {
    return stateOf(this.flow);
  }

  /** The service's answer in the browser. */
  come(parameters: string | Record<string, string>, service = "demo", now = new Date()): Promise<Confirmation> {
    return receiveCallback(this.parts, service, new URLSearchParams(parameters), now);
  }

  comeWithCode(): Promise<Confirmation> {
    return this.come({ state: this.state, code: "code-1" });
  }

  readFlow(now?: Date) {
    return readFlow(this.parts.store.db, this.owner.workspaceId, "demo", this.flow.id, now);
  }

  /** What the hub keeps of accounts and of the flow's tokens. */
  async kept(): Promise<unknown[]> {
    const { db } = this.parts.store;
    const flows = db.selectFrom("oauth_flows").select("sealed_tokens").where("sealed_tokens", "is not", null);
    return [...(await db.selectFrom("integrations").selectAll().execute()), ...(await flows.execute())];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts[Symbol.asyncDispose]();
    await this.service[Symbol.asyncDispose]();
  }
}

export function stateOf({ url }: StartedFlow): string {
  return new URL(url).searchParams.get("state") ?? "";
}

interface Answers {
  readonly token?: Answer;
  readonly me?: Answer;
  readonly auth?: Partial<OAuth2Auth>;
}

export async function setUpFlow({ token = TOKENS, me = { sub: "ada" }, auth }: Answers = {}): Promise<FlowSetup> {
  const service = await startService({ "POST /token": token, "GET /me": me });
  const parts = await openOauthParts((await makeSqliteDatabase()).url, makeOauthConnector(service.url, auth));
  const owner = await setUpApp(parts);
  return new FlowSetup(parts, service, owner, await startFlow(parts, { ...owner, service: "demo" }));
}
