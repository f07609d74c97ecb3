import { openAsBlob } from "node:fs";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { callerOf } from "../../actions/reach.ts";
import { proxy as proxyRemotely } from "../../client/proxy.ts";
import { HubError, serviceError } from "../../errors.ts";
import type { GlobalOptions } from "./global-options.ts";
import { isTerminal, print, printBytes, printJson, printNote } from "./output.ts";
import { toPlain } from "./table.ts";
import { reachHub, type Reached } from "./reach-hub.ts";

export interface ProxyOptions extends GlobalOptions {
  readonly integration: string;
  readonly path: string;
  readonly profile: string;
  readonly method: string | undefined;
  /** Each as `name: value`. */
  readonly headers: readonly string[];
  /** A text, `@file`, or `-` for stdin. */
  readonly data: string | undefined;
}

/** Calls a service's own API as a profile, prints what it answers, and returns the exit code. */
export function proxy(options: ProxyOptions): Promise<number> {
  const { data, key, json } = options;
  if (data === "-" && key === "-") {
    throw new HubError("invalid_input", "Only one value can be read from stdin.");
  }
  return reachHub(options, async (reached) => {
    const asked = {
      method: options.method ?? (data === undefined ? "GET" : "POST"),
      headers: readHeaders(options.headers, data !== undefined),
      body: data === undefined ? null : await readData(data),
    };
    return show(await (reached.hub ? askHere(reached, options, asked) : askElsewhere(reached, options, asked)), json);
  });
}

interface Asked {
  readonly method: string;
  readonly headers: [string, string][];
  readonly body: Blob | ReadableStream<Uint8Array> | null;
}

/** What the proxy answered: a call that waits, or the service's own words. */
type Proxied =
  | { readonly pending: { readonly approval: string; readonly url: string; readonly expires_at: string } }
  | {
      readonly service: string;
      readonly status: number;
      readonly headers: Iterable<readonly [string, string]>;
      readonly body: ReadableStream<Uint8Array> | null;
    };

type Here = Extract<Reached, { remote: undefined }>;
type Elsewhere = Extract<Reached, { hub: undefined }>;

async function askHere({ hub, signal }: Here, options: ProxyOptions, { body, ...asked }: Asked): Promise<Proxied> {
  const { integration, path, profile } = options;
  const result = await hub.calls.proxy({
    ...asked,
    ...(body && (body instanceof Blob ? { body: body.stream(), bodyBytes: body.size } : { body })),
    integration,
    caller: await callerOf(hub.contextOf(hub.owner, signal), profile),
    target: /^[/?]/.test(path) || path === "" ? path : `/${path}`,
    signal,
  });
  if (result.status !== "approval_pending") return { service: result.account.service, ...result.answer };
  const { expiresAt, ...pending } = result;
  return { pending: { ...pending, expires_at: expiresAt } };
}

/** These are about the connection with the hub, not the service's. */
const OF_HUB = ["connection", "keep-alive", "transfer-encoding", "patchbay-integration"];

async function askElsewhere({ remote, signal }: Elsewhere, options: ProxyOptions, asked: Asked): Promise<Proxied> {
  const { integration, path, profile } = options;
  const answer = await proxyRemotely(remote, integration, path, { ...asked, profile, signal });
  const { status, headers, body } = answer;
  if (!headers.has("patchbay-integration")) {
    const { data } = (await answer.json()) as { data: Extract<Proxied, { pending: object }>["pending"] };
    return { pending: data };
  }
  const own = [...headers].filter(([name]) => !OF_HUB.includes(name));
  return { service: integration.replace(/:.*$/, ""), status, headers: own, body };
}

function readData(data: string): Blob | ReadableStream<Uint8Array> | Promise<Blob> {
  if (data === "-") return ReadableStream.from<Uint8Array>(process.stdin);
  return data.startsWith("@") ? openFile(data.slice(1)) : new Blob([data]);
}

async function openFile(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path);
  } catch (cause) {
    throw new HubError("invalid_input", `The file ${path} can't be read.`, {
      hint: "Name a file that may be read.",
      cause,
    });
  }
}

/** A body is JSON unless a header says otherwise. */
function readHeaders(written: readonly string[], hasBody: boolean): [string, string][] {
  const headers = written.map((line): [string, string] => {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e]*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) return [name.toLowerCase(), value];
    // What was typed may be a secret, so it is not repeated.
    throw new HubError("invalid_input", "--header takes NAME: VALUE.", {
      hint: "Give it as --header 'accept: text/plain'.",
    });
  });
  const hasType = headers.some(([name]) => name === "content-type");
  return hasBody && !hasType ? [["content-type", "application/json"], ...headers] : headers;
}

async function show(proxied: Proxied, json: boolean): Promise<number> {
  if ("pending" in proxied) {
    const { pending } = proxied;
    if (json) printJson(pending);
    else {
      printNote(`The owner must approve this call first: ${pending.url}`);
      printNote(`Then run the same command again. To approve it: patchbay approvals approve ${pending.approval}`);
    }
    return 1;
  }
  const { service, status, headers, body } = proxied;
  if (json) printJson({ status, headers: Object.fromEntries(headers), body: await readAnswer(body) });
  else if (body && isTerminal()) print(toPlain(await text(Readable.fromWeb(body))));
  else if (body) await printBytes(Readable.fromWeb(body));
  if (status < 400) return 0;
  const { exitCode } = serviceError(service, { status });
  if (!json) printNote(`${service} answered with the status ${status}.`);
  return exitCode;
}

/** As JSON where it is, else as text. */
async function readAnswer(body: ReadableStream<Uint8Array> | null): Promise<unknown> {
  const answer = body ? await text(Readable.fromWeb(body)) : "";
  try {
    return JSON.parse(answer);
  } catch {
    return answer;
  }
}
