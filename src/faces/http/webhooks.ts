import type { IncomingMessage, ServerResponse } from "node:http";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import { refuseMethod } from "./problem.ts";

const READ_MS = 10_000;

/** The integration to which a webhook is sent; undefined for all other addresses. */
export function readWebhookAddress(path: string): string | undefined {
  return /^\/v1\/hooks\/([^/]{1,128})$/.exec(path)?.[1];
}

/** Takes a webhook, for which there is no key: its signature is its key. */
export async function serveWebhook(
  hub: Hub,
  request: IncomingMessage,
  response: ServerResponse,
  integration: string,
): Promise<void> {
  if (request.method !== "POST") {
    throw refuseMethod("/v1/hooks", request.method, "POST");
  }
  await hub.inbound.admit(integration);
  const bytes = await readBody(request, hub.config.server.limits.maxBodyBytes);
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const);
  const { status, body } = await hub.inbound.receive(integration, {
    headers: Object.fromEntries(headers),
    bytes,
    url: `${hub.publicUrl()}${request.url}`,
  });
  response.writeHead(status, body === undefined ? {} : { "content-type": "application/json" });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

/** Reads no more than a stranger may send, and waits no longer for it than a service takes. */
async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const tooLarge = new HubError("too_large", `The webhook is larger than ${limitBytes} bytes.`, {
    hint: "Let the service send less, or raise limits.maxBodyBytes.",
  });
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) throw tooLarge;
  const timer = setTimeout(() => request.destroy(), READ_MS);
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limitBytes) throw tooLarge;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
  }
}
