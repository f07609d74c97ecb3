import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Attributes,
  type Context,
  context,
  type ContextManager,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanStatus,
  SpanStatusCode,
  type TextMapPropagator,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { onTestFinished } from "vitest";

export interface RecordedSpan {
  readonly name: string;
  /** The id of the trace that it is part of. */
  readonly traceId: string;
  readonly attributes: Attributes;
  status: SpanStatus;
  isEnded: boolean;
}

/** As an OpenTelemetry SDK that was loaded into this process; gone when the test ends. */
export function recordSpans(): readonly RecordedSpan[] {
  const spans: RecordedSpan[] = [];
  const startSpan: Tracer["startSpan"] = (name, { attributes = {} } = {}, parent = context.active()) => {
    const traceId = trace.getSpanContext(parent)?.traceId ?? "0".repeat(31).concat("1");
    const recorded: RecordedSpan = {
      name,
      traceId,
      attributes: { ...attributes },
      status: { code: SpanStatusCode.UNSET },
      isEnded: false,
    };
    spans.push(recorded);
    return toSpan(recorded);
  };
  const startActiveSpan = ((name: string, options: object, work: (span: Span) => unknown) => {
    const span = startSpan(name, options);
    return context.with(trace.setSpan(context.active(), span), work, undefined, span);
  }) as Tracer["startActiveSpan"];

  context.setGlobalContextManager(openContexts());
  propagation.setGlobalPropagator(traceparent);
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan }) });
  onTestFinished(() => {
    for (const api of [context, propagation, trace]) api.disable();
  });
  return spans;
}

function toSpan(recorded: RecordedSpan): Span {
  const spanContext: SpanContext = { traceId: recorded.traceId, spanId: "1".repeat(16), traceFlags: 1 };
  const span = {
    spanContext: () => spanContext,
    isRecording: () => !recorded.isEnded,
    setAttributes(more: Attributes) {
      Object.assign(recorded.attributes, more);
      return span;
    },
    setStatus(status: SpanStatus) {
      recorded.status = status;
      return span;
    },
    end: () => void (recorded.isEnded = true),
  };
  return span as unknown as Span;
}

function openContexts(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active: Context, work: (...args: unknown[]) => unknown, thisArg: unknown, ...args: unknown[]) =>
      storage.run(active, () => work.apply(thisArg, args)),
    bind: (_active: Context, target: unknown) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager as ContextManager;
}

/** https://www.w3.org/TR/trace-context/#traceparent-header, as far as a test needs it. */
const traceparent: TextMapPropagator = {
  inject: () => {},
  fields: () => ["traceparent"],
  extract(parent, carrier, getter) {
    const [, traceId, spanId] = /^00-(\w{32})-(\w{16})-01$/.exec(String(getter.get(carrier, "traceparent"))) ?? [];
    if (traceId === undefined || spanId === undefined) return parent;
    return trace.setSpanContext(parent, { traceId, spanId, traceFlags: 1, isRemote: true });
  },
};
