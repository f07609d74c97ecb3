import type * as z from "zod";
import type { Action } from "../../actions/action.ts";
import { isList } from "../../actions/page.ts";
import { openTransport, type Transport } from "../../client/open-transport.ts";
import { environment, readRemote } from "../../config.ts";
import { splitRequestLine } from "../../connector/request-line.ts";
import { HubError } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import type { HubChoice } from "./global-options.ts";
import { readStdin } from "./read-stdin.ts";

/** A person waits, and can end it. */
const TIMEOUT_MS = 10 * 60_000;

/** The hub elsewhere that a command is for; undefined where it is for the one on this machine. */
export async function openRemote(options: HubChoice): Promise<Transport | undefined> {
  const named = readRemote(environment());
  const url = options.url ?? named.url;
  if (url === undefined) {
    if (options.key === undefined) return undefined;
    throw new HubError("invalid_input", "--key is given, and no --url of a hub.", { hint: "Add --url." });
  }
  if (options.config !== undefined) {
    throw new HubError("invalid_input", "--config is about the hub here, and the command is for one elsewhere.", {
      hint: "Leave out --config, or --url and PATCHBAY_URL.",
    });
  }
  const key = options.key ?? named.key;
  if (key === undefined) {
    throw new HubError("unauthenticated", `The hub at ${url} wants a key.`, {
      hint: 'Make one there with "patchbay keys create", and give it as PATCHBAY_KEY, or on stdin with --key -.',
    });
  }
  const token = key === "-" ? (await readStdin()).trim() : key;
  if (options.test && !token.startsWith("pb_test_")) {
    throw new HubError("invalid_input", "--test is given, and the key is not one of the test world.", {
      hint: "Give a key that begins with pb_test_.",
    });
  }
  return openTransport({ url, key: token, timeoutMs: TIMEOUT_MS });
}

/** Runs an action on a hub elsewhere, and gives what it would give here. */
export async function runRemotely<In extends z.ZodObject, Out extends z.ZodType>(
  transport: Transport,
  action: Action<In, Out>,
  input: z.output<In>,
  signal: AbortSignal,
): Promise<z.output<Out>> {
  const document = await transport
    .send(action.route, input, { signal, isToldAll: true })
    .catch(async (error: unknown) => {
      throw (await explainUnknown(transport, action, error)) ?? error;
    });
  const parsed = action.output.safeParse(isList(action) ? document : document?.data);
  if (parsed.success) return parsed.data;
  const version = await readVersion(transport);
  throw new HubError(
    "conflict",
    `The hub at ${transport.url} is Patchbay ${version}, and answers otherwise than ${VERSION}.`,
    {
      hint: "Use the patchbay of the hub's version.",
      cause: parsed.error,
    },
  );
}

interface Description {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
}

/** Whether the hub refused because it is older than the command: then its description does not have the route. */
async function explainUnknown(transport: Transport, action: Action, error: unknown): Promise<HubError | undefined> {
  if (!(error instanceof HubError) || !["not_found", "method_not_allowed"].includes(error.code)) return undefined;
  const [method, path] = splitRequestLine(action.route);
  const description = await readDescription(transport);
  if (!description || description.paths[path]?.[method.toLowerCase()] !== undefined) return undefined;
  const { version } = description.info;
  return new HubError(
    "not_found",
    `The hub at ${transport.url} is Patchbay ${version} and does not know this command.`,
    {
      hint: `This is Patchbay ${VERSION}: upgrade the hub, or use the patchbay of its version.`,
      cause: error,
    },
  );
}

async function readVersion(transport: Transport): Promise<string> {
  return (await readDescription(transport))?.info.version ?? "of an unknown version";
}

/** Undefined where there is none to be had, and so nothing to be said. */
async function readDescription({ open }: Transport): Promise<Description | undefined> {
  const answer = await open("/openapi.json", "/openapi.json");
  if (!answer.ok) return undefined;
  const api: unknown = await answer.json().catch(() => undefined);
  return typeof api === "object" && api !== null && "info" in api && "paths" in api ? (api as Description) : undefined;
}
