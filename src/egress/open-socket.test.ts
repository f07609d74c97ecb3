import { expect, test } from "vitest";
import { startSocketService } from "#testing";
import { openEgress } from "./open-egress.ts";
import type { Socket, SocketTarget } from "./open-socket.ts";

const startService = () => startSocketService((_, response) => response.writeHead(404).end());

function open(target: Partial<SocketTarget>, allowPrivateHosts: readonly string[] = ["127.0.0.1"]) {
  return openEgress({ allowPrivateHosts }).openSocket({
    service: "Demo",
    address: "wss://demo.example.com/link",
    hosts: ["demo.example.com"],
    baseUrl: "https://demo.example.com/api",
    signal: new AbortController().signal,
    ...target,
  });
}

async function framesOf({ frames }: Socket): Promise<string[]> {
  const all: string[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

test("what the service sends comes in order, what is sent to it arrives, and its end is the end", async () => {
  const service = await startService();
  const socket = await open({ address: service.url.replace("http", "ws"), baseUrl: service.url });
  const [peer] = service.peers;

  peer?.send({ number: 1 });
  peer?.send({ number: 2, long: "x".repeat(1000) });
  socket.send("receipt");
  await expect.poll(() => peer?.received).toEqual(["receipt"]);
  peer?.cut();
  const frames = await framesOf(socket);

  expect(frames.map((frame) => JSON.parse(frame) as unknown)).toMatchObject([{ number: 1 }, { number: 2 }]);
});

test("who gives up is not kept by a service that goes on", async () => {
  const service = await startService();
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const socket = await open({ address: service.url.replace("http", "ws"), baseUrl: service.url, signal });

  giveUp.abort();

  expect(await framesOf(socket)).toEqual([]);
});

test("a connection on which the service answers stays, and one that was lost on the way is ended", async () => {
  const service = await startService();
  const socket = await open({ address: service.url.replace("http", "ws"), baseUrl: service.url, beatMs: 1_000 });
  const [peer] = service.peers;
  const frames = framesOf(socket);

  // It is asked a second time only if it has answered.
  await expect.poll(() => peer?.pings).toBe(2);
  peer?.freeze();

  expect(await frames).toEqual([]);
});

test.each([
  ["of another host", "wss://elsewhere.example.com/link"],
  ["of a host whose name only ends the same", "wss://evil-demo.example.com/link"],
  ["of a private network", "wss://127.0.0.1/link"],
  ["without encryption", "ws://demo.example.com/link"],
  ["with a password", "wss://user:secret@demo.example.com/link"],
])("an address %s is refused", async (_, address) => {
  await expect(open({ address }, [])).rejects.toMatchObject({ code: "address_refused" });
});

test("a private address is refused although the service's own host leads there", async () => {
  const own = { address: "ws://127.0.0.1:9/link", baseUrl: "http://127.0.0.1:9" };

  await expect(open(own, [])).rejects.toMatchObject({ code: "address_refused" });
});

test.each(["https://demo.example.com", "not an address", ""])("%j is no address of a WebSocket", async (address) => {
  await expect(open({ address })).rejects.toMatchObject({ code: "service_failed" });
});

test("a service that takes no WebSocket is a failure", async () => {
  const service = await startSocketService((_, response) => response.writeHead(200).end());
  service.refuse();

  const opening = open({ address: service.url.replace("http", "ws"), baseUrl: service.url });

  await expect(opening).rejects.toMatchObject({ code: "service_failed", message: "Demo did not take a WebSocket." });
});
