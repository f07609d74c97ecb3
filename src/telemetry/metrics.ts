type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

type ReadSamples = () => readonly Sample[] | Promise<readonly Sample[]>;

/** What the hub measures of itself, for Prometheus. Labels never hold what identifies anybody. */
export interface Metrics {
  /** The returned function adds one. */
  count(name: string, help: string): (labels: Labels) => void;
  /** The returned function puts a value among the others; `bounds` are the upper ends of what is counted together. */
  observe(name: string, help: string, bounds: readonly number[]): (labels: Labels, value: number) => void;
  /** A value that is looked up whenever somebody reads the metrics. */
  watch(kind: "counter" | "gauge", name: string, help: string, read: ReadSamples): void;
  /** All that can be read, in the text format: https://prometheus.io/docs/instrumenting/exposition_formats/. */
  render(): Promise<string>;
}

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

interface Family {
  readonly name: string;
  readonly head: string;
  lines(): readonly string[] | Promise<readonly string[]>;
}

/** One that can't be looked up, as while the database is away, is left out: the others are wanted most then. */
export function openMetrics(onFault: (message: string, error: unknown) => void): Metrics {
  const families: Family[] = [];

  function add(kind: string, name: string, help: string, lines: Family["lines"]): void {
    families.push({ name, head: `# HELP ${name} ${help}\n# TYPE ${name} ${kind}`, lines });
  }

  async function tell({ name, head, lines }: Family): Promise<string[]> {
    try {
      return [head, ...(await lines())];
    } catch (error) {
      onFault(`The metric ${name} could not be read.`, error);
      return [];
    }
  }

  return {
    count(name, help) {
      const counts = new Map<string, number>();
      add("counter", name, help, () => [...counts].map(([labels, value]) => `${name}${labels} ${value}`));
      return (labels) => {
        const key = writeLabels(labels);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      };
    },
    observe(name, help, bounds) {
      const histograms = new Map<string, Histogram>();
      add("histogram", name, help, () =>
        [...histograms.values()].flatMap((histogram) => describeHistogram(name, bounds, histogram)),
      );
      return (labels, value) => {
        const key = writeLabels(labels);
        const histogram = histograms.get(key) ?? { labels, sum: 0, counts: [...bounds, Infinity].map(() => 0) };
        histograms.set(key, histogram);
        histogram.sum += value;
        for (const [index, bound] of [...bounds, Infinity].entries()) {
          if (value <= bound) histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
        }
      };
    },
    watch(kind, name, help, read) {
      add(kind, name, help, async () =>
        (await read()).map(({ labels = {}, value }) => `${name}${writeLabels(labels)} ${value}`),
      );
    },
    async render() {
      return `${(await Promise.all(families.map(tell))).flat().join("\n")}\n`;
    },
  };
}

interface Histogram {
  readonly labels: Labels;
  sum: number;
  /** For each bound, how many values were no larger; for the infinite one, all. */
  readonly counts: number[];
}

function describeHistogram(name: string, bounds: readonly number[], { labels, sum, counts }: Histogram): string[] {
  const buckets = counts.map((count, index) => {
    const le = index < bounds.length ? String(bounds[index]) : "+Inf";
    return `${name}_bucket${writeLabels({ ...labels, le })} ${count}`;
  });
  const all = writeLabels(labels);
  return [...buckets, `${name}_sum${all} ${sum}`, `${name}_count${all} ${counts.at(-1)}`];
}

function writeLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
