/**
 * `@seaworthy/sdk/opentelemetry`: OpenTelemetry's own instrumentations, unmodified, for what the kit
 * does not trace itself: MySQL, Kafka, GraphQL and a hundred others. Their spans belong to the kit's
 * traces and go where these go; no SDK, no exporter and no collector are needed. An application that
 * has set up OpenTelemetry itself does not need this: the kit joins it.
 */
import { context, propagation, trace, type TracerProvider } from "@opentelemetry/api";
import type { Kit } from "./kit.ts";
import { isOwnContext } from "./traces/opentelemetry.ts";
import { contextManager, KitTracerProvider, propagator } from "./traces/provider.ts";

/** An instrumentation, as `@opentelemetry/instrumentation` has them. */
export interface Instrumentation {
  readonly instrumentationName: string;
  setTracerProvider(provider: unknown): void;
  enable(): void;
  disable(): void;
}

export interface InstrumentOptions {
  /**
   * Whether the text of queries, their values and the keys of messages are sent, where instrumentations
   * record them. Default: false, they stay in the process.
   */
  readonly contents?: boolean;
}

/** What the kit does itself: a second span of each request and call would only be in the way. */
const done = ["http", "undici"];

/**
 * Switches instrumentations on, with the kit as what their spans, their context and their
 * `traceparent` are made by:
 * `instrument(kit, [new MySQL2Instrumentation(), new KafkaJsInstrumentation()])`. Call it before what
 * they watch is loaded. Returns what switches them off. Never throws.
 */
export function instrument(
  kit: Kit,
  instrumentations: readonly Instrumentation[],
  options: InstrumentOptions = {},
): () => void {
  let provider: TracerProvider = new KitTracerProvider(kit.tracer, options.contents === true);
  const enabled: Instrumentation[] = [];
  kit.http.guarded("trace", () => {
    if (trace.setGlobalTracerProvider(provider)) {
      context.setGlobalContextManager(contextManager);
      propagation.setGlobalPropagator(propagator);
    } else if (!isOwnContext()) {
      kit.logger.warn("the application has set up OpenTelemetry itself: its provider is used");
      provider = trace.getTracerProvider();
    }
  });
  for (const one of instrumentations)
    kit.http.guarded("trace", () => {
      const name = one.instrumentationName.split("/instrumentation-").at(-1) ?? "";
      if (done.includes(name)) {
        one.disable();
        kit.logger.warn({ instrumentation: name }, "left out: the kit traces this itself");
        return;
      }
      one.setTracerProvider(provider);
      one.enable();
      enabled.push(one);
    });
  return () => {
    for (const one of enabled) kit.http.guarded("trace", () => one.disable());
  };
}
