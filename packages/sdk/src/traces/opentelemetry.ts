/**
 * Joins the OpenTelemetry that an application has set up itself. Its API keeps what is registered in
 * one global object, whatever copy of `@opentelemetry/api` put it there, so that this works without
 * depending on that package.
 */
import type { Attributes, SpanKind } from "../export/otlp.ts";
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
/** On the context manager that is the kit's own (see provider.ts), which is nothing to join. */
export const ownContextKey = Symbol.for("seaworthy.opentelemetry");
const spanKey = Symbol.for("OpenTelemetry Context Key SPAN");
/** https://github.com/open-telemetry/opentelemetry-js: `SpanKind`, which is not numbered as in OTLP. */
const kinds: Readonly<Record<SpanKind, number>> = {
  internal: 0,
  server: 1,
  client: 2,
  producer: 3,
  consumer: 4,
};
const errorStatus = 2;

/** A piece of work's place in the application's own traces. */
export interface Joined {
  /** The application's own span, or the one made for it. */
  readonly place: { readonly traceId: string; readonly spanId: string; readonly sampled: boolean };
  run<T>(action: () => T): T;
  end(name: string, attributes: Attributes, error: unknown, failed: boolean): void;
}

/**
 * The place of a request that begins now: the span that the application's own instrumentation has
 * made already, or one of its provider's; undefined when the application has no OpenTelemetry.
 */
export function joinOpenTelemetry(
  method: string,
  parent: TraceParent | undefined,
): Joined | undefined {
  const theirs = activeSpan();
  if (theirs !== undefined)
    return { place: placeOf(theirs), run: (action) => action(), end: () => {} };
  return openTelemetrySpan(method, "server", parent);
}

/**
 * A new span of the application's provider, below the active one or what another process has asked
 * for; undefined when the application has no OpenTelemetry.
 */
export function openTelemetrySpan(
  name: string,
  kind: SpanKind,
  parent: TraceParent | undefined,
): Joined | undefined {
  const { trace, context } = api() ?? {};
  if (trace === undefined || context === undefined) return undefined;
  const active = context.active();
  const above = parent === undefined ? active : remote(active, parent);
  const span = trace.getTracer("@seaworthy/sdk").startSpan(name, { kind: kinds[kind] }, above);
  const inside = active.setValue(spanKey, span);
  return {
    place: placeOf(span),
    run: (action) => context.with(inside, action),
    end(finalName, attributes, error, failed) {
      span.updateName(finalName);
      span.setAttributes(attributes);
      if (error !== undefined) span.recordException(error);
      if (failed) span.setStatus({ code: errorStatus });
      span.end();
    },
  };
}

/** The place that the calling code has in the application's own traces, if any. */
export function activePlace(): Joined["place"] | undefined {
  const span = activeSpan();
  return span === undefined ? undefined : placeOf(span);
}

/** Whether what is registered with OpenTelemetry's API is the kit's own. */
export function isOwnContext(): boolean {
  const context = (globalThis as { readonly [apiKey]?: Api })[apiKey]?.context;
  return context !== undefined && ownContextKey in context;
}

function api(): Api | undefined {
  const found = (globalThis as { readonly [apiKey]?: Api })[apiKey];
  return found === undefined || isOwnContext() ? undefined : found;
}

function activeSpan(): ForeignSpan | undefined {
  const { trace, context } = api() ?? {};
  // Without a provider there are no spans, only the ids of somebody else's.
  if (trace === undefined || context === undefined) return undefined;
  return context.active().getValue(spanKey) as ForeignSpan | undefined;
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
