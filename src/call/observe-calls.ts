import type { Catalog } from "../catalog/open-catalog.ts";
import { parseToolName } from "../catalog/tool-names.ts";
import type { Effect } from "../connector/operation.ts";
import { PROXIED_METHODS } from "../egress/proxied-target.ts";
import { HubError } from "../errors.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { runSpan } from "../telemetry/trace.ts";
import type { CallResult, Calls } from "./open-calls.ts";
import type { ProxyResult } from "./proxy.ts";

/** What a call is of, without what identifies anybody; only what the catalog knows, so that nobody can invent labels. */
interface Subject {
  readonly service: string;
  readonly effect: Effect | "unknown";
  /** For traces only: as a label, there would be too many. */
  readonly operation: string;
}

const UNKNOWN: Subject = { service: "unknown", effect: "unknown", operation: "unknown" };

/** Most services answer within a second; the last bound is beyond every timeout by default. */
const BOUNDS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

interface ObserverParts {
  readonly catalog: Catalog;
  readonly metrics: Metrics;
}

/** Measures and traces each call. Who called, as which account and with what is in the ledger alone. */
export function observeCalls(calls: Calls, { catalog, metrics }: ObserverParts): Calls {
  const count = metrics.count("patchbay_calls_total", "Calls, by what became of them.");
  const measure = metrics.observe("patchbay_call_duration_seconds", "How long calls took.", BOUNDS_SECONDS);

  async function observe<Result>(
    subject: Subject,
    run: () => Promise<Result>,
    nameOutcome: (result: Result) => string,
  ): Promise<Result> {
    const { service, effect, operation } = subject;
    const startedAt = performance.now();
    const attributes = { "patchbay.service": service, "patchbay.effect": effect, "patchbay.operation": operation };
    return runSpan(`call ${operation}`, attributes, async (end) => {
      const finish = (outcome: string, isError: boolean): void => {
        count({ service, effect, outcome });
        measure({ service, effect }, (performance.now() - startedAt) / 1000);
        end({ "patchbay.outcome": outcome }, isError);
      };
      try {
        const result = await run();
        finish(nameOutcome(result), false);
        return result;
      } catch (error) {
        finish(error instanceof HubError ? error.code : "internal", true);
        throw error;
      }
    });
  }

  return {
    ...calls,
    call: async (made) => observe(await readTool(catalog, made.tool), () => calls.call(made), outcomeOf),
    perform(errand) {
      const { connector, operation } = errand;
      const effect = connector.operations[operation]?.effect ?? "unknown";
      const subject: Subject = { service: connector.id, effect, operation: `${connector.id}.${operation}` };
      return observe(
        subject,
        () => calls.perform(errand),
        () => "done",
      );
    },
    proxy(proxied) {
      const { integration, method } = proxied;
      // An id does not say of which service it is.
      const service = catalog.services.find((known) => known === integration.replace(/:.*/s, "")) ?? "unknown";
      const effect = PROXIED_METHODS[method] ?? "unknown";
      const subject: Subject = { service, effect, operation: `${service}.proxy` };
      return observe(subject, () => calls.proxy(proxied), outcomeOf);
    },
  };
}

async function readTool(catalog: Catalog, tool: string): Promise<Subject> {
  const { service = "", operation = "" } = parseToolName(tool) ?? {};
  if (!catalog.services.includes(service)) return UNKNOWN;
  const { operations } = await catalog.connector(service);
  const known = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
  return known
    ? { service, effect: known.effect, operation: `${service}.${operation}` }
    : { ...UNKNOWN, service, operation: `${service}.unknown` };
}

/** Whether a call was made or waits; the form in which its result is given says nothing about it. */
function outcomeOf({ status }: CallResult | ProxyResult): string {
  return status === "approval_pending" || status === "consent_needed" ? status : "done";
}
