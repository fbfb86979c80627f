/**
 * Joins the OpenTelemetry that an application has set up itself. Its API keeps what is registered in
 * one global object, whatever copy of `@opentelemetry/api` put it there, so that this works without
 * depending on that package.
 */
import type { Attributes } from "../export/otlp.ts";
import type { TraceParent } from "./w3c.ts";

/** A context of OpenTelemetry's. */
interface ForeignContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): ForeignContext;
}

interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly isRemote?: boolean;
}

interface ForeignSpan {
  spanContext(): SpanContext;
  updateName(name: string): unknown;
  setAttributes(attributes: Attributes): unknown;
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  recordException(error: unknown): void;
  end(): void;
}

interface Api {
  readonly trace?: {
    getTracer(name: string): {
      startSpan(name: string, options: object, context: ForeignContext): ForeignSpan;
    };
  };
  readonly context?: {
    active(): ForeignContext;
    with<T>(context: ForeignContext, action: () => T): T;
  };
}

const apiKey = Symbol.for("opentelemetry.js.api.1");
const spanKey = Symbol.for("OpenTelemetry Context Key SPAN");
const serverKind = 1;
const errorStatus = 2;

/** A request's place in the application's own traces. */
export interface Joined {
  /** The application's own span, or the one made for it. */
  readonly place: { readonly traceId: string; readonly spanId: string; readonly sampled: boolean };
  run<T>(action: () => T): T;
  end(name: string, attributes: Attributes, error: unknown, failed: boolean): void;
}

/**
 * A span of the application's provider for a request that begins now, or the one that its own
 * instrumentation has made already; undefined when the application has no OpenTelemetry.
 */
export function joinOpenTelemetry(
  method: string,
  parent: TraceParent | undefined,
): Joined | undefined {
  const api = (globalThis as { readonly [apiKey]?: Api })[apiKey];
  if (api?.trace === undefined || api.context === undefined) return undefined;
  const { trace, context } = api;
  const active = context.active();
  const theirs = active.getValue(spanKey) as ForeignSpan | undefined;
  if (theirs !== undefined)
    return { place: placeOf(theirs), run: (action) => action(), end: () => {} };
  const span = trace
    .getTracer("@seaworthy/sdk")
    .startSpan(
      method,
      { kind: serverKind },
      parent === undefined ? active : remote(active, parent),
    );
  const inside = active.setValue(spanKey, span);
  return {
    place: placeOf(span),
    run: (action) => context.with(inside, action),
    end(name, attributes, error, failed) {
      span.updateName(name);
      span.setAttributes(attributes);
      if (error !== undefined) span.recordException(error);
      if (failed) span.setStatus({ code: errorStatus });
      span.end();
    },
  };
}

function placeOf(span: ForeignSpan): Joined["place"] {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, sampled: (traceFlags & 1) === 1 };
}

/** A context whose span is the caller's. */
function remote(context: ForeignContext, parent: TraceParent): ForeignContext {
  const { traceId, spanId, sampled } = parent;
  const place: SpanContext = { traceId, spanId, traceFlags: sampled ? 1 : 0, isRemote: true };
  return context.setValue(spanKey, { spanContext: () => place });
}
