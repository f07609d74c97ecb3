import { openAsBlob } from "node:fs";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { callerOf } from "../../actions/reach.ts";
import type { ProxyResult } from "../../call/proxy.ts";
import { HubError, serviceError } from "../../errors.ts";
import type { GlobalOptions } from "./global-options.ts";
import { isTerminal, print, printBytes, printJson, printNote } from "./output.ts";
import { toPlain } from "./table.ts";
import { withHub } from "./with-hub.ts";

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
  const { integration, path, data, profile } = options;
  return withHub(options, async (hub, signal) => {
    const body = data === undefined ? {} : await readData(data);
    const result = await hub.calls.proxy({
      ...body,
      integration,
      caller: await callerOf(hub.contextOf(hub.owner, signal), profile),
      method: options.method ?? (data === undefined ? "GET" : "POST"),
      target: /^[/?]/.test(path) || path === "" ? path : `/${path}`,
      headers: readHeaders(options.headers, data !== undefined),
      signal,
    });
    return show(result, options.json);
  });
}

async function readData(data: string): Promise<{ body: ReadableStream<Uint8Array>; bodyBytes?: number }> {
  if (data === "-") return { body: ReadableStream.from<Uint8Array>(process.stdin) };
  const blob = data.startsWith("@") ? await openFile(data.slice(1)) : new Blob([data]);
  return { body: blob.stream(), bodyBytes: blob.size };
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

async function show(result: ProxyResult, json: boolean): Promise<number> {
  if (result.status === "approval_pending") {
    const { expiresAt, ...pending } = result;
    if (json) printJson({ ...pending, expires_at: expiresAt });
    else {
      printNote(`The owner must approve this call first: ${pending.url}`);
      printNote(`Then run the same command again. To approve it: patchbay approvals approve ${pending.approval}`);
    }
    return 1;
  }
  const { status, headers, body } = result.answer;
  if (json) printJson({ status, headers: Object.fromEntries(headers), body: await readAnswer(body) });
  else if (body && isTerminal()) print(toPlain(await text(Readable.fromWeb(body))));
  else if (body) await printBytes(Readable.fromWeb(body));
  if (status < 400) return 0;
  const { exitCode } = serviceError(result.account.service, { status });
  if (!json) printNote(`${result.account.service} answered with the status ${status}.`);
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
