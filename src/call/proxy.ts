import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import type { Granted, Holdings } from "../access/grants.ts";
import { type Decision, decideProxied } from "../access/policy.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import type { Connector } from "../connector/connector.ts";
import { cutText } from "../connector/cut-text.ts";
import type { Effect } from "../connector/operation.ts";
import { digest } from "../digest.ts";
import { countBody, limitBody, readWhole } from "../egress/body.ts";
import { forwardCall, type ProxiedAnswer } from "../egress/forward.ts";
import { filterSent } from "../egress/proxied-headers.ts";
import { loosenPath, PROXIED_METHODS, type ProxiedTarget, readMethod, readTarget } from "../egress/proxied-target.ts";
import { redactTokens } from "../egress/redact.ts";
import { type Destination, requireService } from "../egress/sandbox.ts";
import { HubError } from "../errors.ts";
import type { Loan } from "../integrations/open-credentials.ts";
import { destinationOf, isMeant, pickIntegration, settingsOf } from "../integrations/integrations.ts";
import type { PerformParts } from "./perform.ts";
import { recordCall, type Recorded } from "./record-call.ts";
import {
  type AccountShown,
  type ApprovalPending,
  type Caller,
  type PermitParts,
  recordRefusal,
  seekPermit,
} from "./seek-permit.ts";
import { checkOn } from "./surface.ts";

export interface ProxyParts extends PerformParts, PermitParts {
  readonly catalog: Catalog;
  /** How large a body may be, which is held in memory where it has to be approved. */
  readonly maxBodyBytes: number;
}

/** A call of a service's own API, as it came in. */
export interface ProxyCall {
  readonly caller: Caller;
  /** An integration's id, a service, or `service:label`. */
  readonly integration: string;
  readonly method: string;
  /** Path and query below the integration's base URL. */
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: ReadableStream<Uint8Array>;
  /** How long the body says it is. */
  readonly bodyBytes?: number;
  readonly signal: AbortSignal;
}

export type ProxyResult =
  | { readonly status: "answered"; readonly answer: ProxiedAnswer; readonly account: AccountShown }
  | (ApprovalPending & { readonly account: AccountShown });

/** The road of every call, for one that a service's own documentation describes rather than a connector. */
export async function proxyCall(parts: ProxyParts, holdings: Holdings, call: ProxyCall): Promise<ProxyResult> {
  const { caller } = call;
  const judged = await judge(parts, holdings, call).catch(async (error: unknown) => {
    await recordRefusal(parts, caller, nameCall(call.integration, call.method, call.target), error);
    throw error;
  });
  const { granted, decision, operation } = judged;
  const { service, label, id } = granted.integration;
  const account = { service, label, integration: id };
  const asks = decision === "ask";
  const body = asks && call.body ? await readApproved(call.body, judged, parts.maxBodyBytes) : call.body;
  const permit = await seekPermit(parts, {
    caller,
    profile: holdings.profile.name,
    operation,
    chosen: { granted, decision },
    account,
    input: asks ? describeCall(call, judged, body instanceof Uint8Array ? body : undefined) : {},
    user: undefined,
  });
  if (permit.status === "approval_pending") return { ...permit, account };
  if (permit.status === "consent_needed") throw new Error("nobody was there to be asked");
  const answer = await send(parts, { ...call, body }, judged, permit.approval);
  return { status: "answered", answer, account };
}

interface Judged extends Destination {
  readonly granted: Granted;
  readonly connector: Connector;
  readonly method: string;
  readonly target: ProxiedTarget;
  readonly effect: Effect;
  readonly decision: Decision;
  /** As people and the ledger are told of it. */
  readonly operation: string;
}

/** Reads the call, finds its account and asks the policy. */
async function judge(parts: ProxyParts, holdings: Holdings, call: ProxyCall): Promise<Judged> {
  const granted = findGranted(holdings, call.integration);
  const connector = await parts.catalog.connector(granted.integration.service);
  const method = readMethod(call.method);
  const target = readTarget(call.target);
  checkBody(call, method, connector.name, parts.maxBodyBytes);
  const effect = effectOf(connector, method, target.path);
  // What may be read may be asked for, and the other way round.
  const proxied = { method: method === "HEAD" ? "GET" : method, path: target.path };
  const decision = decideProxied(granted.policy, proxied, effect);
  const operation = nameCall(connector.id, method, target.path);
  if (decision !== "hidden") {
    // What can't be sent is not asked about. There is no schema either, by which an answer could be made up.
    const destination = await destinationOf(parts.store, granted.integration);
    requireService(destination, connector);
    return { ...destination, granted, connector, method, target, effect, decision, operation };
  }
  throw new HubError("not_granted", `The profile ${holdings.profile.name} has not been granted ${operation}.`, {
    hint: `Ask the owner to allow it: "${proxied.method} ${proxied.path}", or a pattern with *.`,
  });
}

/** Among what the profile was granted, on or off: a switch must not make a name mean another account. */
function findGranted({ profile, grants }: Holdings, meant: string): Granted {
  const named = grants.filter(({ integration }) => isMeant(integration, meant));
  checkOn(profile.name, meant, named);
  const { id } = pickIntegration(
    named.map(({ integration }) => integration),
    meant,
  );
  const granted = named.find(({ integration }) => integration.id === id);
  if (!granted) throw new Error("what was picked was among them");
  return granted;
}

function checkBody({ body, bodyBytes = 0 }: ProxyCall, method: string, service: string, limitBytes: number): void {
  if (body && (method === "GET" || method === "HEAD")) {
    throw new HubError("invalid_input", `A ${method} has no body.`, { hint: "Use another method, or the query." });
  }
  if (bodyBytes > limitBytes) throw tooLarge(service, limitBytes);
}

function tooLarge(service: string, limitBytes: number): HubError {
  return new HubError("too_large", `The request to ${service} is larger than ${limitBytes} bytes.`, {
    hint: "Send less at a time.",
  });
}

/** A method says what a call does, except where all calls are alike in it. */
function effectOf({ rpc = false }: Connector, method: string, path: string): Effect {
  const effect = PROXIED_METHODS[method] ?? "destructive";
  const isGraphql = effect !== "read" && loosenPath(path).some((reading) => reading.endsWith("/graphql"));
  return rpc || isGraphql ? "destructive" : effect;
}

const NAME_LIMIT = 200;

function nameCall(meant: string, method: string, target: string): string {
  return cutText(redactTokens(`${meant} ${method} ${target.replace(/\?.*$/s, "")}`), NAME_LIMIT);
}

function readApproved(body: ReadableStream<Uint8Array>, { connector }: Judged, limitBytes: number) {
  const limits = {
    limitBytes,
    tooLarge: () => tooLarge(connector.name, limitBytes),
    translate: (error: unknown) => error,
  };
  return readWhole(limitBody(body, limits));
}

/** They differ between two tries of one call, and change nothing about it. */
const UNBOUND = ["accept", "accept-language", "date", "traceparent", "tracestate", "user-agent", "x-request-id"];

/** What is decided about: all that the service will see, the body by its digest and, where it is text, its words. */
function describeCall({ headers }: ProxyCall, { method, target, connector }: Judged, body?: Uint8Array) {
  const bound = [...filterSent(headers, connector)].filter(([name]) => !UNBOUND.includes(name));
  return {
    method,
    path: target.path + target.query,
    ...(bound.length > 0 && { headers: Object.fromEntries(bound) }),
    ...(body && { body: { bytes: body.byteLength, sha256: hash("sha256", body), text: readText(body) } }),
  };
}

function readText(body: Uint8Array): string | null {
  return isUtf8(body) ? Buffer.from(body).toString() : null;
}

type Sent = Omit<ProxyCall, "body"> & {
  readonly body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | undefined;
};

/** Intent on record, credential opened, call passed on; the outcome is known when the answer's last byte is. */
async function send(parts: ProxyParts, call: Sent, judged: Judged, approval?: string): Promise<ProxiedAnswer> {
  const { integration } = judged.granted;
  const { method, target, operation } = judged;
  const { call: id, recordOutcome } = await recordCall(parts, {
    actor: call.caller.actor,
    profileId: call.caller.profileId,
    integration,
    operation,
    ...(approval !== undefined && { approval }),
    facts: { input: digest({ method, ...target }) },
  });
  let loan: Loan | undefined;
  try {
    loan = await parts.lend(integration);
    const { body, bodyBytes, headers, signal } = call;
    const answer = await forwardCall(parts.egress, {
      ...judged,
      headers,
      signal,
      idempotencyKey: id,
      config: settingsOf(integration),
      credentials: loan.credentials,
      renew: loan.renew,
      ...(body && { body }),
      ...(bodyBytes !== undefined && { bodyBytes }),
    });
    if (answer.status < 400) loan.succeed();
    return recordAtEnd(answer, recordOutcome);
  } catch (error) {
    const told = loan ? await loan.fail(error) : error;
    recordOutcome(failure(told));
    throw told;
  }
}

function recordAtEnd(answer: ProxiedAnswer, recordOutcome: Recorded["recordOutcome"]): ProxiedAnswer {
  const { status: httpStatus, body } = answer;
  const record = (bytes: number, error?: unknown): void =>
    recordOutcome({ ...(error === undefined ? { status: "done" } : failure(error)), httpStatus, bytes });
  if (!body) record(0);
  return { ...answer, body: body && countBody(body, record) };
}

function failure(error: unknown): { readonly status: "failed"; readonly code: string } {
  return { status: "failed", code: error instanceof HubError ? error.code : "internal" };
}
