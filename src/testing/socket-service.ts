import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";

/** A client's WebSocket, as its service sees it. */
export interface Peer {
  /** Texts that the client sent, oldest first. */
  readonly received: readonly string[];
  /** How often the client asked whether the service is there. */
  readonly pings: number;
  send(message: object): void;
  /** Takes in nothing more and says nothing more, as behind a connection that was lost on the way. */
  freeze(): void;
  /** Breaks the connection, as a service does that crashes. */
  cut(): void;
  /** Resolves when the connection is gone. */
  readonly ended: Promise<void>;
}

export interface SocketService {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** Connections in the order in which they were made. */
  readonly peers: readonly Peer[];
  /** Takes no more connections. */
  refuse(): void;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A real server on the loopback that takes WebSockets, and answers everything else as told; closed when the test ends. */
export async function startSocketService(answer: Answer): Promise<SocketService> {
  const peers: Peer[] = [];
  const server = createServer(answer);
  let isRefusing = false;
  server.on("upgrade", (request, socket) => {
    if (isRefusing) socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    else peers.push(takePeer(request, socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const peer of peers) peer.cut();
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    peers,
    refuse: () => void (isRefusing = true),
  };
}

/** Without anything in it. */
const PONG = Buffer.from([138, 0]);
const MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** https://www.rfc-editor.org/rfc/rfc6455 as far as short texts in one piece need it. */
function takePeer({ headers }: IncomingMessage, socket: Duplex): Peer {
  const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}${MAGIC}`).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  const received: string[] = [];
  let buffered = Buffer.alloc(0);
  let isFrozen = false;
  let pings = 0;
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    if (isFrozen) return;
    buffered = Buffer.concat([buffered, chunk]);
    for (let frame = readFrame(buffered); frame; frame = readFrame(buffered)) {
      buffered = buffered.subarray(frame.size);
      if (frame.opcode === 1) received.push(frame.text);
      if (frame.opcode === 8) socket.end();
      if (frame.opcode !== 9) continue;
      pings += 1;
      socket.write(PONG);
    }
  });
  return {
    received,
    get pings() {
      return pings;
    },
    send: (message) => void socket.write(writeFrame(JSON.stringify(message))),
    freeze: () => void (isFrozen = true),
    cut: () => void socket.destroy(),
    ended: new Promise((resolve) => socket.once("close", () => resolve())),
  };
}

function readFrame(bytes: Buffer) {
  if (bytes.length < 2) return undefined;
  const short = bytes.readUInt8(1) & 127;
  const start = short === 126 ? 4 : 2;
  if (bytes.length < start) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  const size = start + 4 + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(start, start + 4);
  const text = Buffer.from(bytes.subarray(start + 4, size).map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return { opcode: bytes.readUInt8(0) & 15, text: text.toString(), size };
}

function writeFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const head =
    body.length < 126 ? Buffer.from([129, body.length]) : Buffer.from([129, 126, body.length >> 8, body.length & 255]);
  return Buffer.concat([head, body]);
}
