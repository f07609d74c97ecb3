/** What was measured of the hub, and of what it is held against. */
export interface Measured {
  readonly value: number;
  readonly floor: number;
}

/** A measured budget, as `--json` prints it. */
export interface Row extends Measured {
  readonly ratio: number;
  readonly budget: string;
  readonly holds: boolean;
}

interface Budget {
  readonly what: string;
  readonly unit: string;
  readonly limit: `${"<=" | ">="} ${number}.${number}`;
  ratio(measured: Measured): number;
}

const quotient = ({ value, floor }: Measured): number => value / floor;
/** A difference from the floor, as a share of what may be added. */
const addedTo =
  (allowed: number) =>
  ({ value, floor }: Measured): number =>
    (value - floor) / allowed;

/** Every budget by its name, in the order in which they are told. */
export const BUDGETS = {
  call_p50_added: { what: "tools/call over HTTP, p50", unit: "ms", limit: "<= 1.0", ratio: addedTo(1) },
  calls_per_second: { what: "calls at 16 connections", unit: "/s", limit: ">= 0.6", ratio: quotient },
  stdio_first_list: { what: "stdio: spawn to first list", unit: "ms", limit: "<= 1.0", ratio: quotient },
  memory_stdio: { what: "memory after start, stdio", unit: "MB", limit: "<= 1.0", ratio: addedTo(40) },
  memory_http: { what: "memory after start, HTTP", unit: "MB", limit: "<= 1.0", ratio: addedTo(40) },
  list_100_tools: { what: "tools/list of 100 tools, p50", unit: "ms", limit: "<= 1.5", ratio: quotient },
  list_at_scale: { what: "list, 10,000 x 100 : 10 x 10", unit: "ms", limit: "<= 1.2", ratio: quotient },
  call_at_scale: { what: "call, 10,000 x 100 : 10 x 10", unit: "ms", limit: "<= 1.2", ratio: quotient },
  install_size: { what: "production install", unit: "MB", limit: "<= 1.0", ratio: quotient },
} satisfies Readonly<Record<string, Budget>>;

export type BudgetName = keyof typeof BUDGETS;

export function judge(name: BudgetName, measured: Measured): Row {
  const { limit, ratio: ratioOf } = BUDGETS[name];
  const ratio = ratioOf(measured);
  const bound = Number(limit.slice(3));
  return { ...measured, ratio, budget: limit, holds: limit.startsWith("<=") ? ratio <= bound : ratio >= bound };
}
