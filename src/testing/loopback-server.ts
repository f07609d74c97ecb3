import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { buffer } from "node:stream/consumers";

/** One request that a fake service was sent. */
export interface Exchange {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** A repeated parameter is a list. */
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly headers: Readonly<Record<string, string>>;
  /** The body's JSON or form fields; `undefined` for an empty or another body. */
  readonly body: unknown;
  readonly text: string;
  /** The client's end of the connection, which tells one connection from another. */
  readonly from: string;
  /** Breaks the connection without an answer. */
  cut(): void;
  /** Settles when the connection is gone, as it is when its client gives up. */
  readonly abandoned: Promise<void>;
}

/** An answer with its status or headers. Text and bytes go out as they are, everything else as JSON. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A `Reply`, or else the JSON body of a 200, or a function that gives one of these. */
export type Answer = ((exchange: Exchange) => unknown) | object | string | number | boolean | null;

export interface Service extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly url: string;
  /** `127.0.0.1:port`, as `allowPrivateHosts` takes it. */
  readonly host: string;
  /** What was asked, oldest first. */
  readonly exchanges: readonly Exchange[];
}

/** Starts a real server on the loopback that answers `"GET /path"` as told, everything else with 404. */
export async function startService(answers: Readonly<Record<string, Answer>>): Promise<Service> {
  const exchanges: Exchange[] = [];
  const server = createServer((request, response) => {
    answerRequest(request, response).catch((error: unknown) =>
      send(response, { status: 500, body: { message: String(error) } }),
    );
  });

  async function answerRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = await readExchange(request, closings.get(request.socket) ?? Promise.resolve());
    exchanges.push(exchange);
    const route = `${exchange.method} ${exchange.path}`;
    const answer = Object.hasOwn(answers, route) ? answers[route] : noSuchRoute(route);
    send(response, toReply(typeof answer === "function" ? await answer(exchange) : answer));
  }

  const closings = new WeakMap<Socket, Promise<void>>();
  server.on("connection", (socket) => {
    closings.set(socket, new Promise((resolve) => socket.on("close", () => resolve())));
  });

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    exchanges,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function readExchange(request: IncomingMessage, abandoned: Promise<void>): Promise<Exchange> {
  const text = (await buffer(request)).toString();
  const url = new URL(request.url ?? "/", "http://service");
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return {
    method: request.method ?? "",
    path: url.pathname,
    query: readFields(url.searchParams),
    headers: Object.fromEntries(headers),
    body: parseBody(text, request.headers["content-type"] ?? ""),
    text,
    from: `${request.socket.remoteAddress}:${request.socket.remotePort}`,
    cut: () => void request.socket.destroy(),
    abandoned,
  };
}

function readFields(fields: URLSearchParams): Record<string, string | readonly string[]> {
  const entries = [...new Set(fields.keys())].map((name) => {
    const [first = "", ...more] = fields.getAll(name);
    return [name, more.length === 0 ? first : [first, ...more]] as const;
  });
  return Object.fromEntries(entries);
}

function parseBody(text: string, type: string): unknown {
  if (text !== "" && type.includes("json")) {
    return JSON.parse(text);
  }
  return type.includes("x-www-form-urlencoded") ? readFields(new URLSearchParams(text)) : undefined;
}

function noSuchRoute(route: string): Reply {
  return { status: 404, body: { message: `Nothing answers ${route}.` } };
}

function toReply(answer: unknown): Reply {
  if (isReply(answer)) {
    return answer;
  }
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(answer) };
}

/** A JSON body may well have a `status` of its own; a reply has nothing but its three fields. */
function isReply(answer: unknown): answer is Reply {
  return (
    typeof answer === "object" &&
    answer !== null &&
    "status" in answer &&
    typeof answer.status === "number" &&
    Object.keys(answer).every((key) => key === "status" || key === "headers" || key === "body")
  );
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  response.writeHead(status, {
    ...(!isRaw && body !== undefined && { "content-type": "application/json" }),
    ...headers,
  });
  response.end(isRaw ? body : body === undefined ? "" : JSON.stringify(body));
}
