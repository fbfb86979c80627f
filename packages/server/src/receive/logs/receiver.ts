import { hash } from "node:crypto";
import type { Clock, LogSink } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import { createAdmission } from "../admit.ts";
import { readOtlpLogsJson, readOtlpLogsProtobuf } from "../otlp/logs.ts";
import { withBody } from "../push/body.ts";
import type { BodyStream } from "../push/body.ts";
import { PushError } from "../push/errors.ts";
import { LogCollector } from "./collector.ts";
import { readDatadog } from "./datadog.ts";
import { decompress } from "./decompress.ts";
import { readJsonLines } from "./json-lines.ts";
import { defaultLogLimits } from "./limits.ts";
import type { LogLimits } from "./limits.ts";
import { readLokiJson, readLokiProtobuf } from "./loki.ts";
import { createMask } from "./mask.ts";
import type { MaskOptions } from "./mask.ts";
import { readVercel } from "./vercel.ts";

/** The protocols that log lines come by. */
export type LogProtocol = "loki" | "otlp" | "lines" | "datadog" | "vercel";

/** A request as it came. */
export interface LogRequest {
  /** The headers Content-Type and Content-Encoding. */
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  /** The URL's parameters. */
  readonly query: URLSearchParams;
  readonly body: BodyStream;
}

/** What became of a request's lines. */
export interface LogReceipt {
  readonly stored: number;
  /** Lines that never can be stored; all others were. */
  readonly refused: number;
  /** Why, in one line for the sender's log; empty when none was refused. */
  readonly message: string;
  /** Whether the request was protobuf, as its answer is then to be. */
  readonly protobuf: boolean;
}

/** Takes log lines. */
export interface LogReceiver {
  /**
   * Stores a request's lines; resolves once they are durable. Throws PushError, ProtobufError or
   * SnappyError for requests of which nothing was stored and nothing ever will, AdmissionError or the
   * store's error for those that may be sent again.
   */
  receive(protocol: LogProtocol, request: LogRequest): Promise<LogReceipt>;
}

export interface LogReceiverOptions {
  readonly logs: LogSink;
  readonly clock: Clock;
  readonly metrics: Pick<SelfMetrics, "dropped" | "masked" | "linesReceived">;
  readonly masking?: Omit<MaskOptions, "masked">;
  readonly limits?: Partial<LogLimits>;
}

/** Makes the receiver of log lines. Throws RE2JS's syntax error for a masking pattern that is none. */
export function createLogReceiver(options: LogReceiverOptions): LogReceiver {
  const { logs, clock, metrics } = options;
  const limits = { ...defaultLogLimits, ...options.limits };
  const admission = createAdmission(limits.heldBytes);
  const mask = createMask({ ...options.masking, masked: metrics.masked });
  return {
    async receive(protocol, request) {
      const type = (request.contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
      const encoding = request.contentEncoding?.trim().toLowerCase() ?? "";
      const protobuf = type === "application/x-protobuf" || type === "application/protobuf";
      if (protobuf && protocol !== "loki" && protocol !== "otlp") throw unsupported(type, "JSON");
      return withBody(request.body, limits.bodyBytes, admission, async (compressed, held) => {
        const encoded = protocol === "loki" && protobuf && encoding === "" ? "snappy" : encoding;
        const body = await decompress(compressed, encoded, limits.decompressedBytes);
        held.grow(body.length);
        const collector = new LogCollector({ limits, mask, now: clock.now() });
        read(protocol, type, body, request.query, collector);
        const batch = collector.build(() => fingerprintOf(protocol, request.query, body));
        await store(logs, batch);
        const { refusals, size } = collector;
        refusals.count(metrics);
        metrics.linesReceived(protocol, size);
        const refused = refusals.lines;
        const message = refused === 0 ? "" : refusals.message(size + refused);
        return { stored: size, refused, message, protobuf };
      });
    },
  };
}

function read(
  protocol: LogProtocol,
  type: string,
  body: Buffer,
  query: URLSearchParams,
  into: LogCollector,
): void {
  const protobuf = type.endsWith("protobuf");
  const json = type === "application/json";
  if (protocol === "loki") {
    if (json) readLokiJson(body, into);
    else if (protobuf) readLokiProtobuf(body, into);
    else throw unsupported(type, "application/json or application/x-protobuf");
  } else if (protocol === "otlp") {
    if (json) readOtlpLogsJson(body, into);
    else if (protobuf) readOtlpLogsProtobuf(body, into);
    else throw unsupported(type, "application/json or application/x-protobuf");
  } else if (protocol === "datadog") readDatadog(body, query, into);
  else if (protocol === "vercel") readVercel(body, into);
  else readJsonLines(body, query, into);
}

async function store(logs: LogSink, batch: Parameters<LogSink["write"]>[0]): Promise<void> {
  try {
    await logs.write(batch);
  } catch (error) {
    // Sent again it would be the same again.
    if (error instanceof RangeError) throw new PushError("request_malformed", error.message);
    throw error;
  }
}

/** 64 bits of a hash, never 0. */
function fingerprintOf(protocol: LogProtocol, query: URLSearchParams, body: Buffer): bigint {
  const inner = hash("sha256", body, "buffer");
  const digest = hash(
    "sha256",
    `${protocol}?${query.toString()}#${inner.toString("hex")}`,
    "buffer",
  );
  return digest.readBigUInt64LE(0) || 1n;
}

function unsupported(type: string, wanted: string): PushError {
  const given =
    type === "" ? "A request without Content-Type" : `Content-Type ${type.slice(0, 80)}`;
  return new PushError("media_type_unsupported", `${given} is not taken here; send ${wanted}`);
}
