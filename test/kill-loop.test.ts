import { expect, test } from "vitest";
import { onEachStore } from "#testing";
import { runKillLoop } from "./kill-loop/kill-loop.ts";

const KILLS = 12;

await onEachStore((makeDatabase) => {
  test(
    "whatever was acknowledged is delivered, however often the process is killed",
    { timeout: 300_000 },
    async () => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      console.log(`node test/kill-loop/run.ts --kills ${KILLS} --seed ${seed}`);

      const outcome = await runKillLoop({ databaseUrl: (await makeDatabase()).url, kills: KILLS, seed });

      expect(outcome).toMatchObject({ lost: [], renamed: [], undelivered: 0, isLedgerWhole: true });
      expect(outcome.acknowledged).toBeGreaterThan(KILLS);
      expect(outcome.duplicates).toBeLessThanOrEqual(KILLS);
    },
  );
});
