import { currentContext, LocalTrace, runIn, type Context, type SpanOwner } from "../context.ts";
import type { Attribute, Attributes, SpanData, SpanEnd, SpanKind } from "../export/otlp.ts";
import { textOf } from "../errors/exception.ts";
import { Allowances } from "./allowance.ts";
import { newSpanId } from "./ids.ts";
import { joinOpenTelemetry, openTelemetrySpan, type Joined } from "./opentelemetry.ts";
import { SpanAttributes } from "./span-attributes.ts";
import type { TraceParent } from "./w3c.ts";

/** Where finished spans go. */
export interface SpanSink {
  push(span: SpanData): void;
  /** Told of spans that a trace had no room for. */
  lost?(count: number): void;
}

export interface Sampling {
  /** Ordinary traces kept in a second. */
  readonly perSecond: number;
  /** From this duration on a trace is kept for being slow, in milliseconds. */
  readonly slowMs: number;
}

/** A span that somebody else makes and ends. */
export interface OpenSpan {
  readonly place: Context;
  end(ended: SpanEnd): void;
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
export class Tracer implements SpanOwner {
  readonly #sink: SpanSink | undefined;
  readonly #sampling: Sampling;
  readonly #allowances: Allowances;
  readonly #caught: (error: unknown) => void;
  #joined: (() => void) | undefined;
  #left: Set<string> | undefined;

  /**
   * @param sink undefined when traces go nowhere; ids are made and passed on all the same.
   * @param caught is told what went wrong with a span while the work itself goes on.
   */
  constructor(
    sink: SpanSink | undefined,
    sampling: Sampling,
    caught: (error: unknown) => void = () => {},
  ) {
    this.#caught = caught;
    this.#sink = sink;
    this.#sampling = sampling;
    this.#allowances = new Allowances(sampling.perSecond);
  }

  /** Whether a trace that begins `now`, in milliseconds, is kept whatever happens in it. */
  sample(parent: TraceParent | undefined, now = performance.now()): boolean {
    if (this.#sink === undefined) return parent?.sampled ?? false;
    return this.#allowances.sample(parent?.sampled === true, now);
  }

  /** Sets who is told, once, when the application turns out to have an OpenTelemetry of its own. */
  onJoined(listener: () => void): void {
    this.#joined = listener;
  }

  /** The place of a request in the application's own traces, if it has any. */
  join(method: string, parent: TraceParent | undefined): Joined | undefined {
    return this.#joining(joinOpenTelemetry(method, parent));
  }

  #joining(joined: Joined | undefined): Joined | undefined {
    if (joined === undefined || this.#joined === undefined) return joined;
    this.#joined();
    this.#joined = undefined;
    return joined;
  }

  /** Decides about a trace at its end; what is not kept is let go. */
  keeps(trace: LocalTrace, failed: boolean, milliseconds: number): boolean {
    const notable = failed || trace.failed || milliseconds >= this.#sampling.slowMs;
    const kept =
      this.#sink !== undefined && (trace.sampled || (notable && this.#allowances.notable.take()));
    trace.kept = kept;
    if (!kept) trace.take();
    return kept;
  }

  /** Hands on a trace that is kept, with what its first span was. */
  keep(trace: LocalTrace, end: SpanEnd): void {
    const now = performance.now();
    this.#sink?.push(spanData(trace, trace.spanId, trace.parentSpanId, end, now));
    for (const span of trace.take()) this.#sink?.push(span);
    if (trace.lost > 0) this.#sink?.lost?.(trace.lost);
  }

  /** Leaves the spans of a database, by its `db.system.name`, to an instrumentation of others. */
  leave(system: string): void {
    this.#left ??= new Set();
    this.#left.add(system);
  }

  /** Begins a span below `above`, below what another process has asked for, or of a trace of its own. */
  open(above: Context | undefined, parent: TraceParent | undefined): OpenSpan {
    const place = this.#place(above, undefined, parent);
    return { place, end: (ended) => this.#ended(above, place, ended) };
  }

  #ended(above: Context | undefined, place: Context, ended: SpanEnd): void {
    if (above !== undefined) this.#record(above, place.spanId, ended);
    else if (
      this.keeps(place.trace, ended.error !== undefined, performance.now() - ended.startedAt)
    )
      this.keep(place.trace, ended);
  }

  /** Adds a span below `context`, for work that somebody else started and has now ended. */
  record(context: Context, spanId: string, end: SpanEnd): void {
    const system = this.#left === undefined ? undefined : end.attributes["db.system.name"];
    if (typeof system === "string" && this.#left?.has(system) === true) return;
    this.#record(context, spanId, end);
  }

  #record(context: Context, spanId: string, end: SpanEnd): void {
    const { trace } = context;
    if (trace.owner !== this) {
      // Another kit of this process, which watched the database's client first.
      trace.owner?.record(context, spanId, end);
      return;
    }
    if (this.#sink === undefined || trace.foreign) return;
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
  run<T>(name: string, action: (span: Span) => T, options?: SpanOptions): T {
    const { kind, parent, attributes } = this.#read(options);
    const above = parent === undefined ? currentContext() : undefined;
    const joined = this.#joining(this.#foreign(name, kind, parent));
    const place = this.#place(above, joined, parent);
    const startedAt = performance.now();
    const end = (error: string | undefined, thrown?: unknown) => {
      if (joined !== undefined) {
        joined.end(name, attributes.all, thrown, error !== undefined);
        return;
      }
      this.#ended(above, place, { name, kind, startedAt, attributes: attributes.all, error });
    };
    const span: Span = {
      traceId: place.traceId,
      spanId: place.spanId,
      set: (attribute, value) => {
        try {
          attributes.set(attribute, value);
        } catch (wrong) {
          this.#caught(wrong); // What is given for a name is none.
        }
      },
    };
    const work = () => runIn(place, () => action(span));
    return settle(joined === undefined ? work : () => joined.run(work), (error, thrown) => {
      try {
        end(error, thrown);
      } catch (wrong) {
        this.#caught(wrong);
      }
    });
  }

  /** What was given with a span, whatever the application gave: the work is done in any case. */
  #read(options: SpanOptions | undefined): {
    kind: SpanKind;
    parent: TraceParent | undefined;
    attributes: SpanAttributes;
  } {
    try {
      const { kind = "internal", parent, attributes } = options ?? {};
      const read = new SpanAttributes();
      for (const [name, value] of Object.entries(attributes ?? {})) read.set(name, value);
      return { kind, parent, attributes: read };
    } catch (error) {
      this.#caught(error);
      return { kind: "internal", parent: undefined, attributes: new SpanAttributes() };
    }
  }

  /** A span of the application's own OpenTelemetry, whose provider may fail. */
  #foreign(name: string, kind: SpanKind, parent: TraceParent | undefined): Joined | undefined {
    try {
      return openTelemetrySpan(name, kind, parent);
    } catch (error) {
      this.#caught(error);
      return undefined;
    }
  }

  /** Where a span that begins now belongs. */
  #place(
    above: Context | undefined,
    joined: Joined | undefined,
    parent: TraceParent | undefined,
  ): Context {
    if (above !== undefined) return below(above, joined?.place.spanId ?? newSpanId());
    const { place } = joined ?? {};
    const sampled = place?.sampled ?? this.sample(parent);
    const trace = new LocalTrace(undefined, place ?? parent, sampled, place?.spanId);
    trace.owner = this;
    trace.foreign = place !== undefined;
    return trace;
  }
}

/** Calls `end` when what `action` returns or throws is known, with the error's text if it failed. */
function settle<T>(action: () => T, end: (error: string | undefined, thrown?: unknown) => void): T {
  let result: T;
  try {
    result = action();
  } catch (error) {
    end(textOf(error), error);
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
      end(textOf(error), error);
      throw error;
    },
  ) as T;
}

function below(above: Context, spanId: string): Context {
  const { requestId, traceId, trace } = above;
  return { requestId, traceId, trace, spanId };
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
