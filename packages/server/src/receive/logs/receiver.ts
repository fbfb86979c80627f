import type { Clock, LogSink } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import { createAdmission } from "../admit.ts";
import { readOtlpLogsJson, readOtlpLogsProtobuf } from "../otlp/logs.ts";
import {
  fingerprintOf,
  isProtobuf,
  mediaType,
  orMalformed,
  unsupported,
  withPlainBody,
} from "../push/intake.ts";
import type { PlainBody, PushReceipt, PushRequest } from "../push/intake.ts";
import type { RateLimits } from "../push/rates.ts";
import { LogCollector } from "./collector.ts";
import { readDatadog } from "./datadog.ts";
import { readJsonLines } from "./json-lines.ts";
import { defaultLogLimits } from "./limits.ts";
import type { LogLimits } from "./limits.ts";
import { readLokiJson, readLokiProtobuf } from "./loki.ts";
import { createMask } from "./mask.ts";
import type { MaskOptions } from "./mask.ts";
import { readVercel } from "./vercel.ts";

/** The protocols that log lines come by. */
export type LogProtocol = "loki" | "otlp" | "lines" | "datadog" | "vercel";

/** Takes log lines. */
export interface LogReceiver {
  /**
   * Stores a request's lines; resolves once they are durable. Throws PushError, ProtobufError or
   * SnappyError for requests of which nothing was stored and nothing ever will; QuotaError,
   * AdmissionError or the store's error for those that may be sent again.
   */
  receive(protocol: LogProtocol, request: PushRequest): Promise<PushReceipt>;
}

export interface LogReceiverOptions {
  readonly logs: LogSink;
  readonly clock: Clock;
  readonly metrics: Pick<SelfMetrics, "dropped" | "masked" | "linesReceived">;
  readonly masking?: Omit<MaskOptions, "masked">;
  readonly limits?: Partial<LogLimits>;
  /** Without them every sender may send as fast as it can. */
  readonly rates?: RateLimits | undefined;
}

/** Makes the receiver of log lines. Throws RE2JS's syntax error for a masking pattern that is none. */
export function createLogReceiver(options: LogReceiverOptions): LogReceiver {
  const { logs, clock, metrics, rates } = options;
  const limits = { ...defaultLogLimits, ...options.limits };
  const admission = createAdmission(limits.heldBytes);
  const mask = createMask({ ...options.masking, masked: metrics.masked });
  return {
    async receive(protocol, request) {
      const type = mediaType(request);
      if (isProtobuf(type) && protocol !== "loki" && protocol !== "otlp") {
        throw unsupported(type, "JSON");
      }
      rates?.check(request.sender, ["logLinesPerSecond", "logBytesPerSecond"]);
      const encoding = protocol === "loki" && isProtobuf(type) ? "snappy" : "";
      return withPlainBody(request, { admission, limits, encoding }, async (body) => {
        const collector = new LogCollector({ limits, mask, now: clock.now() });
        read(protocol, body, request.query, collector);
        rates?.spend(request.sender, {
          logLinesPerSecond: collector.size,
          logBytesPerSecond: collector.bytes,
        });
        const batch = collector.build(() => fingerprintOf(protocol, request.query, body.bytes));
        await orMalformed(logs.write(batch));
        const { refusals, size } = collector;
        refusals.count(metrics);
        metrics.linesReceived(protocol, size);
        return refusals.receipt(size, body.protobuf);
      });
    },
  };
}

function read(
  protocol: LogProtocol,
  { type, protobuf, bytes }: PlainBody,
  query: URLSearchParams,
  into: LogCollector,
): void {
  const json = type === "application/json";
  if (protocol === "loki") {
    if (json) readLokiJson(bytes, into);
    else if (protobuf) readLokiProtobuf(bytes, into);
    else throw unsupported(type, "application/json or application/x-protobuf");
  } else if (protocol === "otlp") {
    if (json) readOtlpLogsJson(bytes, into);
    else if (protobuf) readOtlpLogsProtobuf(bytes, into);
    else throw unsupported(type, "application/json or application/x-protobuf");
  } else if (protocol === "datadog") readDatadog(bytes, query, into);
  else if (protocol === "vercel") readVercel(bytes, into);
  else readJsonLines(bytes, query, into);
}
