import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { startService } from "../testing/loopback-server.ts";
import { makeTarget } from "../testing/make-target.ts";
import { openEgress } from "./open-egress.ts";

function open(url: string) {
  const egress = openEgress({ allowPrivateHosts: ["127.0.0.1"], sleep: () => Promise.resolve() });
  return egress.session(makeTarget(url)).context;
}

test("a read whose answer broke off is tried again", async () => {
  const short = { status: 200, headers: { "content-length": "100", connection: "close" }, body: "short" };
  const answers = [short, "whole"];
  await using service = await startService({ "GET /": () => answers.shift() });
  const { fetch, baseUrl } = open(service.url);

  const answer = await fetch(baseUrl);

  expect(await answer.json()).toBe("whole");
});

test.each([
  ["gzip", gzipSync],
  ["br", brotliCompressSync],
  ["deflate", deflateSync],
  ["identity", (text: string) => text],
])("an answer in %s is read", async (encoding, encode) => {
  const answer = { status: 200, headers: { "content-encoding": encoding }, body: encode("something") };
  await using service = await startService({ "GET /": answer });
  const { fetch, baseUrl } = open(service.url);

  expect(await (await fetch(baseUrl)).text()).toBe("something");
  expect(service.exchanges[0]?.headers["accept-encoding"]).toBe("gzip, br");
});

test("an answer that is not encoded as it says is the service's failure", async () => {
  const answer = { status: 200, headers: { "content-encoding": "gzip" }, body: "plain" };
  await using service = await startService({ "GET /": answer });
  const { fetch, baseUrl } = open(service.url);

  await expect(fetch(baseUrl)).rejects.toMatchObject({ code: "service_failed" });
});

test("a header that is not ASCII is read byte by byte, as the platform does", async () => {
  const written = Buffer.from("Grüße 日本").toString("latin1");
  await using service = await startService({ "GET /": { status: 200, headers: { "x-words": written } } });
  const { fetch, baseUrl } = open(service.url);

  const answer = await fetch(baseUrl);

  expect(answer.headers.get("x-words")).toBe(written);
});

test.each([204, 205, 304])("an answer of %i has no body", async (status) => {
  await using service = await startService({ "GET /": { status } });
  const { fetch, baseUrl } = open(service.url);

  const answer = await fetch(baseUrl);

  expect(answer.body).toBe(null);
});
