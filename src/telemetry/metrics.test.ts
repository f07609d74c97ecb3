import { expect, test } from "vitest";
import { openMetrics } from "./metrics.ts";

test("counts are kept by their labels", async () => {
  const metrics = openMetrics();
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
  const metrics = openMetrics();
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
  const metrics = openMetrics();
  let depth = 0;
  metrics.watch("gauge", "depth", "Depth.", () => Promise.resolve([{ value: (depth += 1) }]));

  const readings = [await metrics.render(), await metrics.render()];

  expect(readings).toEqual([expect.stringContaining("\ndepth 1\n"), expect.stringContaining("\ndepth 2\n")]);
});

test("a label may hold anything", async () => {
  const metrics = openMetrics();
  metrics.count("odd_total", "Odd.")({ name: 'a "b"\\\nc' });

  expect(await metrics.render()).toContain('odd_total{name="a \\"b\\"\\\\\\nc"} 1\n');
});
