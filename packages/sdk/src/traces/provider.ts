/**
 * The kit as a tracer provider of OpenTelemetry's API, for instrumentations that others have written:
 * what they make are spans of the kit's own traces.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes as OtelAttributes,
  type AttributeValue,
  type Context as OtelContext,
  type ContextManager,
  type Span as OtelSpan,
  type SpanContext,
  type SpanOptions as OtelSpanOptions,
  type SpanStatus,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  type Tracer as OtelTracer,
  type TracerProvider,
} from "@opentelemetry/api";
import { currentContext, runIn, type Context } from "../context.ts";
import { textOf } from "../errors/exception.ts";
import type { SpanKind } from "../export/otlp.ts";
import { ownContextKey } from "./opentelemetry.ts";
import { SpanAttributes } from "./span-attributes.ts";
import type { OpenSpan, Tracer } from "./tracer.ts";
import { formatTraceParent, parseTraceParent } from "./w3c.ts";

/** https://open-telemetry.github.io/opentelemetry-js/enums/_opentelemetry_api._opentelemetry_api.SpanKind.html */
const kinds: readonly SpanKind[] = ["internal", "server", "client", "producer", "consumer"];
/** Where instrumentations are told to make no spans: https://github.com/open-telemetry/opentelemetry-js */
const suppressed = Symbol.for("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/** What holds the text of queries, their values, or the keys of messages. */
const contents = new Set([
  "db.statement",
  "db.query.text",
  "db.postgresql.values",
  "graphql.source",
  "messaging.kafka.message.key",
  "messaging.kafka.message_key",
]);
/** And each of these has names of its own below it. */
const contentsBelow = /^(?:db\.query\.parameter|graphql\.variables)\b/;

/** Which place in the kit's traces a span of OpenTelemetry's stands for. */
const places = new WeakMap<OtelSpan, Context>();

export class KitTracerProvider implements TracerProvider {
  readonly #tracer: OtelTracer;

  /** @param keepContents whether the text of queries and the like are sent. */
  constructor(tracer: Tracer, keepContents: boolean) {
    this.#tracer = new KitTracer(tracer, keepContents);
  }

  getTracer(): OtelTracer {
    return this.#tracer;
  }
}

class KitTracer implements OtelTracer {
  readonly #tracer: Tracer;
  readonly #keepContents: boolean;

  constructor(tracer: Tracer, keepContents: boolean) {
    this.#tracer = tracer;
    this.#keepContents = keepContents;
  }

  startSpan(name: string, options: OtelSpanOptions = {}, context = activeContext()): OtelSpan {
    if (context.getValue(suppressed) === true) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    const parent = options.root === true ? undefined : trace.getSpan(context);
    const above = parent === undefined ? undefined : places.get(parent);
    const open = this.#tracer.open(above, above === undefined ? remoteParent(parent) : undefined);
    const span = new KitSpan(
      open,
      name,
      kinds[options.kind ?? 0] ?? "internal",
      this.#keepContents,
    );
    places.set(span, open.place);
    const { attributes = {} } = options;
    // From here on the kit's own spans of this database would be second ones.
    const system = attributes["db.system.name"] ?? attributes["db.system"];
    if (typeof system === "string") this.#tracer.leave(system);
    return span.setAttributes(attributes);
  }

  startActiveSpan<F extends (span: OtelSpan) => unknown>(
    name: string,
    ...rest: [F] | [OtelSpanOptions, F] | [OtelSpanOptions, OtelContext, F]
  ): ReturnType<F> {
    const action = rest.at(-1) as F;
    const options = rest.length > 1 ? (rest[0] as OtelSpanOptions) : {};
    const context = rest.length > 2 ? (rest[1] as OtelContext) : activeContext();
    const span = this.startSpan(name, options, context);
    const inside = trace.setSpan(context, span);
    return manager.with(inside, () => action(span)) as ReturnType<F>;
  }
}

/** What another process asked for, when the parent is no span of this one. */
function remoteParent(parent: OtelSpan | undefined) {
  const at = parent?.spanContext();
  if (at === undefined || !isSpanContextValid(at)) return undefined;
  const { traceId, spanId, traceFlags } = at;
  return { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
}

class KitSpan implements OtelSpan {
  readonly #open: OpenSpan;
  readonly #kind: SpanKind;
  readonly #keepContents: boolean;
  readonly #startedAt = performance.now();
  readonly #attributes = new SpanAttributes();
  #name: string;
  #status: SpanStatus = { code: SpanStatusCode.UNSET };
  #exception: string | undefined;
  #ended = false;

  constructor(open: OpenSpan, name: string, kind: SpanKind, keepContents: boolean) {
    this.#open = open;
    this.#name = name;
    this.#kind = kind;
    this.#keepContents = keepContents;
  }

  spanContext(): SpanContext {
    return spanContextOf(this.#open.place);
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (this.#ended || (!this.#keepContents && isContents(key))) return this;
    this.#attributes.set(key, typeof value === "object" ? JSON.stringify(value) : value);
    return this;
  }

  setAttributes(attributes: OtelAttributes): this {
    for (const [key, value] of Object.entries(attributes))
      if (value !== undefined) this.setAttribute(key, value);
    return this;
  }

  // Neither is in what the kit sends of a span; an exception becomes its status.
  addEvent(): this {
    return this;
  }
  addLink(): this {
    return this;
  }
  addLinks(): this {
    return this;
  }

  setStatus(status: SpanStatus): this {
    this.#status = status;
    return this;
  }

  updateName(name: string): this {
    this.#name = name;
    return this;
  }

  isRecording(): boolean {
    return !this.#ended;
  }

  recordException(exception: unknown): void {
    this.#exception ??= textOf(exception);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { code, message } = this.#status;
    const failed = code === SpanStatusCode.ERROR;
    this.#open.end({
      name: this.#name,
      kind: this.#kind,
      startedAt: this.#startedAt,
      attributes: this.#attributes.all,
      error: failed ? (message ?? this.#exception ?? "error") : undefined,
    });
  }
}

function spanContextOf({ traceId, spanId, trace: { sampled } }: Context): SpanContext {
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE };
}

/** A context of OpenTelemetry's, and the kit's that was current where it became the active one. */
interface Held {
  readonly context: OtelContext;
  readonly kit: Context | undefined;
}

const storage = new AsyncLocalStorage<Held>();

/** OpenTelemetry's active context: what was made active by its API, or the kit's request or span. */
function activeContext(): OtelContext {
  const held = storage.getStore();
  const kit = currentContext();
  if (kit === undefined || kit === held?.kit) return held?.context ?? ROOT_CONTEXT;
  // The kit has gone on since: a request has begun, or a span of its own.
  const span = trace.wrapSpanContext(spanContextOf(kit));
  places.set(span, kit);
  return trace.setSpan(held?.context ?? ROOT_CONTEXT, span);
}

class KitContextManager implements ContextManager {
  /** By which the kit knows that it need not join what is its own. */
  readonly [ownContextKey] = true;

  active(): OtelContext {
    return activeContext();
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: OtelContext,
    action: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    const span = trace.getSpan(context);
    const current = currentContext();
    const kit = (span === undefined ? undefined : places.get(span)) ?? current;
    const run = () => storage.run({ context, kit }, () => action.apply(thisArg, args));
    return kit === undefined || kit === current ? run() : runIn(kit, run);
  }

  bind<T>(context: OtelContext, target: T): T {
    if (typeof target !== "function") return target;
    const bound = (...args: unknown[]): unknown =>
      this.with(context, () => Reflect.apply(target, undefined, args) as unknown);
    return bound as T;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }
}

const manager = new KitContextManager();

/** For `context.setGlobalContextManager`. */
export const contextManager: ContextManager = manager;

/** W3C's `traceparent`, into messages and out of them. */
export const propagator: TextMapPropagator = {
  inject(context: OtelContext, carrier: unknown, setter: TextMapSetter): void {
    const at = trace.getSpanContext(context);
    if (at === undefined || !isSpanContextValid(at)) return;
    const { traceId, spanId, traceFlags } = at;
    const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
    setter.set(carrier, "traceparent", formatTraceParent({ traceId, spanId, sampled }));
  },
  extract(context: OtelContext, carrier: unknown, getter: TextMapGetter): OtelContext {
    const header = getter.get(carrier, "traceparent");
    const parent = parseTraceParent(Array.isArray(header) ? header[0] : header);
    if (parent === undefined) return context;
    const { traceId, spanId, sampled } = parent;
    const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
    const span = trace.wrapSpanContext({ traceId, spanId, traceFlags, isRemote: true });
    return trace.setSpan(context, span);
  },
  fields: () => ["traceparent"],
};

function isContents(key: string): boolean {
  return contents.has(key) || contentsBelow.test(key);
}
