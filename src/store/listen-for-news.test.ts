import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { sql } from "kysely";
import { expect, onTestFinished, test, vi } from "vitest";
import { onPostgres } from "#testing";
import { openStore } from "./open.ts";
import { listenForNews } from "./listen-for-news.ts";

/** Takes connections, and never says a word; `allowHalfOpen` doesn't even end those that the other side has ended. */
async function startSilent(allowHalfOpen: boolean) {
  const connections: Socket[] = [];
  const server = createServer({ allowHalfOpen }, (socket) => {
    connections.push(socket.on("error", () => {}).resume());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const connection of connections) connection.destroy();
    server.close();
  });
  return { url: `postgres://hub@127.0.0.1:${(server.address() as AddressInfo).port}/hub`, connections };
}

const SILENT = [
  ["says nothing", false],
  ["does not even let go", true],
] as const;

test.each(SILENT)("listening can end where a server %s", async (_, allowHalfOpen) => {
  const { url, connections } = await startSilent(allowHalfOpen);
  // No connection gives up because nobody answers it.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const stop = listenForNews(url, () => Promise.resolve());
  await expect.poll(() => connections.length).toBe(1);

  await stop();

  await expect.poll(() => connections.every(({ readableEnded }) => readableEnded)).toBe(true);
  expect(connections).toHaveLength(1);
});

await onPostgres((makeDatabase) => {
  test("a store that is closed while it begins to listen leaves no connection behind", async () => {
    const database = await makeDatabase();
    const watcher = await database.open();
    const others = sql<{ pid: number }>`
      select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
    `;
    const before = (await others.execute(watcher.db)).rows.length;

    for (let turns = 0; turns < 20; turns += 1) {
      const store = await openStore(database.url);
      store.changes.subscribe(() => {});
      // From before a connection is begun until one has listened for a while.
      for (let ticks = 0; ticks < turns; ticks += 1) await new Promise(setImmediate);
      await store.close();
    }

    const left = async () => (await others.execute(watcher.db)).rows.length;
    await expect.poll(left).toBe(before);
  });
});
