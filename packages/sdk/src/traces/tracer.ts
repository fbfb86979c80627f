import { currentContext, LocalTrace, runIn, type Context } from "../context.ts";
import type { Attribute, Attributes, SpanData, SpanKind } from "../export/otlp.ts";
import { textOf } from "../errors/exception.ts";
import { Allowance } from "./allowance.ts";
import { newSpanId } from "./ids.ts";
import type { TraceParent } from "./w3c.ts";

/** Where finished spans go. */
export interface SpanSink {
  push(span: SpanData): void;
}

export interface Sampling {
  /** Ordinary traces kept in a second. */
  readonly perSecond: number;
  /** From this duration on a trace is kept for being slow, in milliseconds. */
  readonly slowMs: number;
}

/** How many times as many are kept for having failed, being slow, or because the caller asked. */
const notableFactor = 10;

/** What is told of a span at its end. */
export interface SpanEnd {
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds into the process. */
  readonly startedAt: number;
  readonly attributes: Attributes;
  readonly error: string | undefined;
}

/** A span while it lasts. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  set(name: string, value: Attribute): void;
}

export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** What asked for this work, when that was another process: as `traceparent` gave it. */
  readonly parent?: TraceParent | undefined;
}

/**
 * Decides which traces are kept, and hands their spans on. The decision is made at the end of a
 * trace, when it is known whether it failed or was slow; the spans are held until then.
 */
export class Tracer {
  readonly #sink: SpanSink | undefined;
  readonly #sampling: Sampling;
  readonly #ordinary: Allowance;
  readonly #notable: Allowance;

  /** @param sink undefined when traces go nowhere; ids are made and passed on all the same. */
  constructor(sink: SpanSink | undefined, sampling: Sampling) {
    this.#sink = sink;
    this.#sampling = sampling;
    this.#ordinary = new Allowance(sampling.perSecond);
    this.#notable = new Allowance(sampling.perSecond * notableFactor);
  }

  /** Whether a trace that begins now is kept whatever happens in it. */
  sample(parent: TraceParent | undefined): boolean {
    if (this.#sink === undefined) return parent?.sampled ?? false;
    return parent?.sampled === true ? this.#notable.take() : this.#ordinary.take();
  }

  /** Decides about a trace at its end; what is not kept is let go. */
  keeps(trace: LocalTrace, failed: boolean, milliseconds: number): boolean {
    const notable = failed || trace.failed || milliseconds >= this.#sampling.slowMs;
    const kept = this.#sink !== undefined && (trace.sampled || (notable && this.#notable.take()));
    trace.kept = kept;
    if (!kept) trace.take();
    return kept;
  }

  /** Hands on a trace that is kept, with what its first span was. */
  keep(trace: LocalTrace, end: SpanEnd): void {
    const now = performance.now();
    this.#sink?.push(spanData(trace, trace.spanId, trace.parentSpanId, end, now));
    for (const span of trace.take()) this.#sink?.push(span);
  }

  /** Adds a span below `context`, for work that somebody else started and has now ended. */
  record(context: Context, spanId: string, end: SpanEnd): void {
    if (this.#sink === undefined) return;
    const { trace } = context;
    if (end.error !== undefined) trace.failed = true;
    if (trace.kept === false) return;
    const span = spanData(trace, spanId, context.spanId, end, performance.now());
    if (trace.kept === true) this.#sink.push(span);
    else trace.add(span);
  }

  /**
   * Runs `action` as a span of the current trace, or of a new one. Passes on what it returns or
   * throws; a promise's span lasts until it is settled.
   */
  run<T>(name: string, action: (span: Span) => T, options: SpanOptions = {}): T {
    const above = options.parent === undefined ? currentContext() : undefined;
    const place =
      above === undefined
        ? new LocalTrace(undefined, options.parent, this.sample(options.parent))
        : below(above);
    const attributes: Record<string, Attribute | undefined> = { ...options.attributes };
    const startedAt = performance.now();
    const end = (error: string | undefined) => {
      const ended: SpanEnd = {
        name,
        kind: options.kind ?? "internal",
        startedAt,
        attributes,
        error,
      };
      if (above !== undefined) this.record(above, place.spanId, ended);
      else if (this.keeps(place.trace, error !== undefined, performance.now() - startedAt))
        this.keep(place.trace, ended);
    };
    const span: Span = {
      traceId: place.traceId,
      spanId: place.spanId,
      set: (attribute, value) => {
        attributes[attribute] = value;
      },
    };
    return settle(() => runIn(place, () => action(span)), end);
  }
}

/** Calls `end` when what `action` returns or throws is known, with the error's text if it failed. */
function settle<T>(action: () => T, end: (error: string | undefined) => void): T {
  let result: T;
  try {
    result = action();
  } catch (error) {
    end(textOf(error));
    throw error;
  }
  if (!(result instanceof Promise)) {
    end(undefined);
    return result;
  }
  // The caller gets what follows ours: a rejection that nobody handles must stay one.
  return result.then(
    (value: unknown) => {
      end(undefined);
      return value;
    },
    (error: unknown) => {
      end(textOf(error));
      throw error;
    },
  ) as T;
}

function below(above: Context): Context {
  const { requestId, traceId, trace } = above;
  return { requestId, traceId, trace, spanId: newSpanId() };
}

function spanData(
  trace: LocalTrace,
  spanId: string,
  parentSpanId: string | undefined,
  end: SpanEnd,
  endedAt: number,
): SpanData {
  const { name, kind, attributes, error } = end;
  // The process's clock does not jump; the wall's is asked once, at the end.
  const epoch = Date.now() - performance.now();
  return {
    traceId: trace.traceId,
    spanId,
    parentSpanId,
    name,
    kind,
    start: epoch + end.startedAt,
    end: epoch + endedAt,
    attributes,
    error,
  };
}
