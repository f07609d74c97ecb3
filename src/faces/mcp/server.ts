import {
  createRequestStateCodec,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { callTool, knowsTool, listAllTools } from "../../actions/call-tool.ts";
import { parseToolName, toolName } from "../../catalog/tool-names.ts";
import type { Caller } from "../../call/open-calls.ts";
import { HubError } from "../../errors.ts";
import { joinTrace } from "../../telemetry/trace.ts";
import type { Hub } from "../../hub.ts";
import type { Conformance } from "./conformance.ts";
import { askUser, findUser, type StateCodec } from "./consent.ts";
import { offerMessages } from "./message-resource.ts";
import { toErrorResult, toToolResult } from "./results.ts";
import { findVisitor, showWay } from "./visit.ts";

const LIST_TTL_MS = 5_000;
/** Longer than the ten minutes that the SDK gives a person to answer. */
const STATE_TTL_SECONDS = 15 * 60;

const INSTRUCTIONS =
  "Patchbay gives you the tools its owner granted you. mcp__integrations__list shows which services there are, " +
  "mcp__integrations__request asks the owner for one, and the tool list changes when it is granted.";

/**
 * One profile's view of the hub, for one connection or one request.
 *
 * With a service, only that service's tools are listed, by their bare names. Both spellings can be called.
 */
export async function buildServer(hub: Hub, caller: Caller, service?: string): Promise<Server> {
  const codec: StateCodec = createRequestStateCodec({
    key: hub.signingKey,
    ttlSeconds: STATE_TTL_SECONDS,
    bind: () => `${caller.profileId} ${caller.actor}`,
  });
  const conformance = service === "conformance" ? await loadConformance(hub, caller, codec) : undefined;
  const server = new Server(
    { name: "patchbay", version: hub.version },
    {
      capabilities: { tools: { listChanged: true } },
      instructions: INSTRUCTIONS,
      cacheHints: { "tools/list": { ttlMs: LIST_TTL_MS, cacheScope: "private" } },
      requestState: { verify: codec.verify },
    },
  );
  if (conformance) conformance.equip(server);
  else offerMessages(server, hub, caller);

  server.setRequestHandler("tools/list", async () => {
    const tools = await listAllTools(hub, caller, service);
    return { tools: service === undefined ? tools : tools.map((tool) => ({ ...tool, name: bareName(tool.name) })) };
  });

  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const tool = qualify(params.name, service);
    if (!(await knowsTool(hub, tool))) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool ${params.name.slice(0, 128)}.`);
    }
    const lent = conformance?.lendClient(server, { name: params.name, arguments: params.arguments }, context);
    const user = findUser(server, context);
    const visitor = findVisitor(server, context, { tool, input: params.arguments });
    try {
      const result = await callInTrace(hub, params._meta, {
        caller,
        tool,
        input: params.arguments,
        signal: context.mcpReq.signal,
        onProgress: reportProgress(context),
        ...(lent && { client: lent.client }),
        ...(user && { user }),
        hasVisited: visitor?.action === "accept",
      });
      if (result.status === "consent_needed") return await askUser(result, codec, context);
      if (visitor && !visitor.action && "visit" in result) return await showWay(result.visit, visitor, codec, context);
      return lent?.asked() ?? toToolResult(result);
    } catch (error) {
      return toErrorResult(hub.asHubError(error));
    }
  });
  return server;
}

/** A caller names its trace as in https://modelcontextprotocol.io/seps/414-request-meta, which also reaches through stdio. */
function callInTrace(
  hub: Hub,
  meta: object | undefined,
  call: Parameters<typeof callTool>[1],
): ReturnType<typeof callTool> {
  return joinTrace(meta ?? {}, () => callTool(hub.contextOf(call.caller, call.signal), call));
}

async function loadConformance(hub: Hub, caller: Caller, codec: StateCodec): Promise<Conformance | undefined> {
  if (!hub.config.conformance) return undefined;
  const { openConformance } = await import("./conformance.ts");
  return openConformance(hub, caller, codec);
}

function bareName(name: string): string {
  return parseToolName(name)?.operation ?? name;
}

function qualify(name: string, service: string | undefined): string {
  return service === undefined || parseToolName(name) ? name : toolName(service, name);
}

/** Progress is only told to a client that asked for it. A client that has gone away is told by its signal. */
function reportProgress({ mcpReq }: ServerContext): (done: number, total?: number, message?: string) => void {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return () => {};
  return (progress, total, message) => {
    const params = {
      progressToken,
      progress,
      ...(total !== undefined && { total }),
      ...(message !== undefined && { message }),
    };
    mcpReq.notify({ method: "notifications/progress", params }).catch(() => {});
  };
}

/** A profile's key is needed, with the scope to call tools. */
export function requireCaller(principal: { profileId: string | null } & Omit<Caller, "profileId">): Caller {
  const { profileId } = principal;
  if (profileId !== null && principal.scopes.includes("tools")) return { ...principal, profileId };
  throw new HubError("not_granted", "This key can't be used by an agent.", {
    hint: 'Make one with "patchbay keys create --profile NAME".',
  });
}
