import { type Attributes, context, propagation, SpanStatusCode, trace } from "@opentelemetry/api";

/**
 * Runs work in the trace that a caller's `traceparent` names, unless an SDK already records a span of it.
 *
 * Like all tracing here, it does nothing in a process that has loaded no OpenTelemetry SDK.
 */
export function joinTrace<Result>(carrier: object, work: () => Result): Result {
  const active = context.active();
  return context.with(trace.getSpan(active)?.isRecording() ? active : propagation.extract(active, carrier), work);
}

type EndSpan = (attributes: Attributes, isError: boolean) => void;

/** Runs work as one span, which the work ends with what became of it. An error's text is never told. */
export function runSpan<Result>(
  name: string,
  attributes: Attributes,
  work: (end: EndSpan) => Promise<Result>,
): Promise<Result> {
  // Asked for each time, since an SDK may have come meanwhile.
  return trace.getTracer("patchbay").startActiveSpan(name, { attributes }, (span) =>
    work((more, isError) => {
      span.setAttributes(more);
      if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    }),
  );
}
