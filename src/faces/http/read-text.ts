import { HubError } from "../../errors.ts";

/** Reads a request's body. Where it is not said beforehand how long it is, it is counted as it comes. */
export async function readText(request: Request, limitBytes: number): Promise<string> {
  const length = request.headers.get("content-length");
  if (Number(length ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    if (length !== null) return decoder.decode(await request.arrayBuffer());
    let size = 0;
    let text = "";
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > limitBytes) throw tooLarge(limitBytes);
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof HubError) throw error;
    throw new HubError("invalid_input", "The body could not be read as UTF-8.", {
      hint: "Send it in UTF-8 and as it is: compressed bodies are not read.",
      cause: error,
    });
  }
}

function tooLarge(limitBytes: number): HubError {
  return new HubError("too_large", `The body is larger than ${limitBytes} bytes.`, {
    hint: "Send less. What the API and MCP take, the hub's owner can raise: server.limits.maxBodyBytes.",
  });
}
