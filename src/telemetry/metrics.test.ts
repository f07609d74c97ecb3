import { expect, test } from "vitest";
import { openMetrics } from "./metrics.ts";

function fail(message: string): never {
  throw new Error(message);
}

test("counts are kept by their labels", async () => {
  const metrics = openMetrics(fail);
  const count = metrics.count("calls_total", "Calls.");

  count({ service: "github", outcome: "done" });
  count({ service: "github", outcome: "done" });
  count({ service: "slack", outcome: "denied" });

  expect(await metrics.render()).toBe(
    [
      "# HELP calls_total Calls.",
      "# TYPE calls_total counter",
      'calls_total{service="github",outcome="done"} 2',
      'calls_total{service="slack",outcome="denied"} 1',
      "",
    ].join("\n"),
  );
});

test("a histogram counts a value under each bound that is no smaller", async () => {
  const metrics = openMetrics(fail);
  const observe = metrics.observe("seconds", "Durations.", [0.1, 1]);

  for (const value of [0.1, 0.5, 7]) observe({ service: "github" }, value);

  expect((await metrics.render()).split("\n").slice(2)).toEqual([
    'seconds_bucket{service="github",le="0.1"} 1',
    'seconds_bucket{service="github",le="1"} 2',
    'seconds_bucket{service="github",le="+Inf"} 3',
    'seconds_sum{service="github"} 7.6',
    'seconds_count{service="github"} 3',
    "",
  ]);
});

test("a value that is watched is looked up at each reading", async () => {
  const metrics = openMetrics(fail);
  let depth = 0;
  metrics.watch("gauge", "depth", "Depth.", () => Promise.resolve([{ value: (depth += 1) }]));

  const readings = [await metrics.render(), await metrics.render()];

  expect(readings).toEqual([expect.stringContaining("\ndepth 1\n"), expect.stringContaining("\ndepth 2\n")]);
});

test("a value that can't be looked up is left out, with a word to the log, and the others are told", async () => {
  const faults: string[] = [];
  const metrics = openMetrics((message, error) => faults.push(`${message} ${String(error)}`));
  metrics.watch("gauge", "depth", "Depth.", () => Promise.reject(new Error("The database is away.")));
  metrics.watch("gauge", "memory", "Memory.", () => [{ value: 7 }]);

  expect(await metrics.render()).toBe("# HELP memory Memory.\n# TYPE memory gauge\nmemory 7\n");
  expect(faults).toEqual(["The metric depth could not be read. Error: The database is away."]);
});

test("a label may hold anything", async () => {
  const metrics = openMetrics(fail);
  metrics.count("odd_total", "Odd.")({ name: 'a "b"\\\nc' });

  expect(await metrics.render()).toContain('odd_total{name="a \\"b\\"\\\\\\nc"} 1\n');
});
