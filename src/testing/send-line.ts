export interface Sent {
  readonly key?: string;
  /** Sent as JSON, unless it is text. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Sends one request to the REST API of the hub at `url`, e.g. `"GET /profiles?limit=1"`, below `/v1`. */
export async function sendLine(url: string, line: string, sent: Sent = {}): Promise<ApiAnswer> {
  const { key = "", body, headers = {} } = sent;
  const [method = "GET", path = ""] = line.split(" ");
  const answer = await fetch(`${url}/v1${path}`, {
    method,
    headers: {
      ...(key !== "" && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === "" ? undefined : JSON.parse(text) };
}

/** The `data` of an answer that must be a success. */
export function dataOf(line: string, { status, body }: ApiAnswer): unknown {
  if (status >= 300) throw new Error(`${line} was answered ${status}: ${JSON.stringify(body)}`);
  return (body as { data: unknown }).data;
}
