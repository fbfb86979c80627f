import type { Clock, Span, SpanSink } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import { createAdmission } from "../admit.ts";
import { createMask } from "../logs/mask.ts";
import type { MaskOptions } from "../logs/mask.ts";
import { readOtlpTracesJson, readOtlpTracesProtobuf } from "../otlp/traces.ts";
import { fingerprintOf, orMalformed, unsupported, withPlainBody } from "../push/intake.ts";
import type { PlainBody, PushReceipt, PushRequest } from "../push/intake.ts";
import type { RateLimits } from "../push/rates.ts";
import { SpanCollector } from "./collector.ts";
import { defaultTraceLimits } from "./limits.ts";
import type { TraceLimits } from "./limits.ts";
import { readZipkin } from "./zipkin.ts";

/** The protocols that spans come by. */
export type TraceProtocol = "otlp" | "zipkin";

/** Takes spans. */
export interface TraceReceiver {
  /**
   * Stores a request's spans; resolves once they are durable. Throws PushError, OtlpError or
   * ProtobufError for requests of which nothing was stored and nothing ever will; QuotaError,
   * AdmissionError or the store's error for those that may be sent again.
   */
  receive(protocol: TraceProtocol, request: PushRequest): Promise<PushReceipt>;
}

export interface TraceReceiverOptions {
  readonly spans: SpanSink;
  readonly clock: Clock;
  readonly metrics: Pick<SelfMetrics, "dropped" | "masked" | "spansReceived">;
  /** Told of the spans that were stored and had not been before. */
  readonly stored?: (spans: readonly Span[]) => void;
  readonly masking?: Omit<MaskOptions, "masked">;
  readonly limits?: Partial<TraceLimits>;
  /** Without them every sender may send as fast as it can. */
  readonly rates?: RateLimits | undefined;
}

/** Makes the receiver of spans. Throws RE2JS's syntax error for a masking pattern that is none. */
export function createTraceReceiver(options: TraceReceiverOptions): TraceReceiver {
  const { spans, clock, metrics, rates, stored = () => {} } = options;
  const limits = { ...defaultTraceLimits, ...options.limits };
  const admission = createAdmission(limits.heldBytes);
  const mask = createMask({ ...options.masking, masked: metrics.masked });
  return {
    async receive(protocol, request) {
      rates?.check(request.sender, ["spansPerSecond"]);
      return withPlainBody(request, { admission, limits }, async (body) => {
        const collector = new SpanCollector({ limits, mask, now: clock.now() });
        read(protocol, body, collector);
        rates?.spend(request.sender, { spansPerSecond: collector.size });
        const batch = collector.build(() => fingerprintOf(protocol, request.query, body.bytes));
        stored(await orMalformed(spans.write(batch)));
        const { refusals, size } = collector;
        refusals.count(metrics);
        metrics.spansReceived(protocol, size);
        return refusals.receipt(size, body.protobuf);
      });
    },
  };
}

function read(
  protocol: TraceProtocol,
  { type, protobuf, bytes }: PlainBody,
  into: SpanCollector,
): void {
  const json = type === "application/json";
  if (protocol === "otlp") {
    if (protobuf) readOtlpTracesProtobuf(bytes, into);
    else if (json) readOtlpTracesJson(bytes, into);
    else throw unsupported(type, "application/x-protobuf or application/json");
  } else if (json) readZipkin(bytes, into);
  else throw unsupported(type, "Zipkin's spans, version 2, as application/json");
}
