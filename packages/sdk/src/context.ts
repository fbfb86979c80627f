import { AsyncLocalStorage, executionAsyncResource } from "node:async_hooks";
import { performance } from "node:perf_hooks";
import type { Scope } from "./errors/scope.ts";
import type { SpanData, SpanEnd } from "./export/otlp.ts";
import { hold } from "./traces/held-spans.ts";
import { newSpanId, newTraceId } from "./traces/ids.ts";
import type { TraceParent } from "./traces/w3c.ts";

/** What the kit knows about the request (or job) that is being served. */
export interface RequestContext {
  /** Undefined in work that no request asked for. */
  readonly requestId: string | undefined;
  /** 32 hexadecimal digits, the same in every service that the request passes through. */
  readonly traceId: string;
  /** 16 hexadecimal digits: the part of the trace that the calling code belongs to. */
  readonly spanId: string;
}

/** The context as the kit's own parts see it. */
export interface Context extends RequestContext {
  readonly trace: LocalTrace;
}

/** Takes spans that have ended in a trace of its own. */
export interface SpanOwner {
  record(context: Context, spanId: string, end: SpanEnd): void;
}

/** Most spans of one trace that are held until its end. */
const maxSpans = 200;

/** The part of a trace that happens in this process, and its first span. */
export class LocalTrace implements Context {
  readonly requestId: string | undefined;
  readonly traceId: string;
  readonly parentSpanId: string | undefined;
  /** Whether the trace is one of those to keep whatever happens; told to the services called. */
  readonly sampled: boolean;
  /** Milliseconds into the process. */
  readonly startedAt: number;
  /** Whether something in it went wrong. */
  failed = false;
  /** Whether it is kept: known at its end. */
  kept: boolean | undefined = undefined;
  /** Whether its spans are made by the application's own OpenTelemetry, and not here. */
  foreign = false;
  /** Who decides about it and hands on its spans. */
  owner: SpanOwner | undefined = undefined;
  /** Spans that there was no room for. */
  lost = 0;
  /** Whether its tenant was counted. */
  tenantCounted = false;
  /** User, tags and breadcrumbs, once there are any. */
  scope: Scope | undefined = undefined;
  #spanId: string | undefined;
  #spans: SpanData[] | undefined;

  constructor(
    requestId: string | undefined,
    parent: TraceParent | undefined,
    sampled: boolean,
    spanId?: string,
    startedAt = performance.now(),
  ) {
    this.startedAt = startedAt;
    this.requestId = requestId;
    this.traceId = parent?.traceId ?? newTraceId();
    this.parentSpanId = parent?.spanId;
    this.sampled = sampled;
    this.#spanId = spanId;
  }

  get trace(): this {
    return this;
  }

  /** Made when somebody asks: most requests never say it to anybody. */
  get spanId(): string {
    this.#spanId ??= newSpanId();
    return this.#spanId;
  }

  /** Adds a span that has ended. */
  add(span: SpanData): void {
    this.#spans ??= [];
    if (!hold(this.#spans, span, maxSpans)) this.lost += 1;
  }

  /** The spans below the first, which are then no longer held. */
  take(): readonly SpanData[] {
    const spans = this.#spans ?? [];
    this.#spans = undefined;
    return spans;
  }
}

const storage = new AsyncLocalStorage<Context>();

/** The request being served by the calling code, or undefined outside of any request. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

export function currentContext(): Context | undefined {
  return storage.getStore();
}

/** Runs `action` so that everything it starts sees `context` as the current one. */
export function runIn<T>(context: Context, action: () => T): T {
  return storage.run(context, action);
}

/** Runs `action` so that what it starts belongs to no request. */
export function outsideOfRequests(action: () => void): void {
  storage.exit(action);
}

/** What Node has made for one `process.nextTick`; see {@link keepTicksQuick}. */
let tick: object | undefined;

/**
 * Keeps one of the objects that Node makes for each `process.nextTick`, of which a request has
 * several. V8 forgets their shape when a garbage collection finds none of them, as one does in a
 * server that waits for its first requests; from then on the code that makes them is slow for as long
 * as the process lives (3 µs a request in Node 20).
 */
export function keepTicksQuick(): void {
  if (tick !== undefined) return;
  outsideOfRequests(() => {
    process.nextTick(() => {
      tick = executionAsyncResource();
    });
  });
}
