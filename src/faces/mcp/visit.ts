import {
  inputRequired,
  type InputRequiredResult,
  inputResponse,
  type Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import * as z from "zod";
import type { Visit } from "../../actions/agent-tools.ts";
import { digest } from "../../digest.ts";
import { readElicitation, type StateCodec } from "./consent.ts";

/** The key of the one address that is shown. */
const VISIT = "visit";

const Kept = z.object({ visit: z.string() });

/** The user of a client that can open addresses. */
interface Visitor {
  /** Digest of the call for which it is shown one. */
  readonly binding: string;
  /** What it did about the address that this call has shown it; undefined before that. */
  readonly action: "accept" | "decline" | "cancel" | undefined;
}

/** Undefined where the client can't open addresses: https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation. */
export function findVisitor(server: Server, context: ServerContext, call: object): Visitor | undefined {
  if (!readElicitation(server, context)?.url) return undefined;
  const { mcpReq } = context;
  const binding = digest(call);
  const answer = inputResponse(mcpReq.inputResponses, VISIT);
  const kept = Kept.safeParse(mcpReq.requestState());
  const isAnswered = answer.kind === "elicit" && kept.data?.visit === binding;
  return { binding, action: isAnswered ? answer.action : undefined };
}

/** Has the client show its user an address, which the model does not need to pass on. */
export async function showWay(
  { url, message }: Visit,
  { binding }: Visitor,
  codec: StateCodec,
  context: ServerContext,
): Promise<InputRequiredResult> {
  return inputRequired({
    inputRequests: { [VISIT]: inputRequired.elicitUrl({ url, message }) },
    requestState: await codec.mint({ visit: binding }, context),
  });
}
