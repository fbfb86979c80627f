import { SamplesRefused } from "../../model/index.ts";
import type { SampleSink } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import type { Admission } from "../admit.ts";
import { PushBatch } from "../push/batch.ts";
import { withBody } from "../push/body.ts";
import type { BodyStream } from "../push/body.ts";
import { PushError } from "../push/errors.ts";
import type { PushLimits } from "../push/limits.ts";
import type { Quotas, Sender } from "../push/quotas.ts";
import { Refusals } from "../push/refusals.ts";
import { uncompressBlock } from "../snappy.ts";
import { RemoteWriteV1 } from "./v1.ts";
import { RemoteWriteV2 } from "./v2.ts";

/** A request of remote write, as it came. */
export interface RemoteWriteRequest {
  /** The headers Content-Type and Content-Encoding. */
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly body: BodyStream;
  readonly sender?: Sender | undefined;
}

/** What a request of remote write is answered. */
export interface RemoteWriteAnswer {
  /** 204 when all was stored, 400 when some of it never can be; the rest has been. */
  readonly status: 204 | 400;
  readonly headers: Readonly<Record<string, string>>;
  /** One line for the sender's log. */
  readonly message: string;
}

/** Takes what Prometheus and its like push. */
export interface RemoteWrite {
  /**
   * Stores a request; resolves once it is durable. Throws SnappyError, ProtobufError or PushError for
   * requests of which nothing was stored and nothing ever will, the store's error for those that may
   * be sent again.
   */
  receive(request: RemoteWriteRequest): Promise<RemoteWriteAnswer>;
}

export interface RemoteWriteOptions {
  /** The way to the store, by sender. */
  readonly quotas: Quotas;
  readonly metrics: Pick<SelfMetrics, "dropped">;
  /** The memory for bodies. */
  readonly admission: Admission;
  readonly limits: PushLimits;
}

/** Makes the receiver for remote write 1.0 and 2.0. */
export function createRemoteWrite(options: RemoteWriteOptions): RemoteWrite {
  const { quotas, metrics, admission, limits } = options;
  const v1 = new RemoteWriteV1(limits.knownSeries);
  const v2 = new RemoteWriteV2(limits.knownSeries);
  const take = async (
    version: "v1" | "v2",
    body: Buffer,
    sender: Sender | undefined,
  ): Promise<RemoteWriteAnswer> => {
    const refusals = new Refusals();
    const batch = new PushBatch(limits.samples);
    const decoder = version === "v1" ? v1 : v2;
    decoder.read(body, { batch, refusals, limits });
    const before = refusals.samples;
    const offered = batch.size + before;
    // A Prometheus drops what is answered 429 unless it is told otherwise, and keeps what is answered 503.
    await store(quotas.sinkFor(sender, 503), batch, refusals);
    refusals.count(metrics);
    const written = batch.size - (refusals.samples - before);
    const headers = version === "v1" ? {} : writtenHeaders(batch, written);
    return refusals.any
      ? { status: 400, headers, message: refusals.message(offered) }
      : { status: 204, headers, message: "" };
  };
  return {
    async receive({ contentType, contentEncoding, body, sender }) {
      const version = protocolOf(contentType);
      const encoding = contentEncoding?.trim().toLowerCase() ?? "";
      if (encoding !== "" && encoding !== "snappy") {
        throw new PushError(
          "media_type_unsupported",
          `remote write compresses with snappy, and this request says Content-Encoding: ${encoding}`,
        );
      }
      return withBody(body, limits.bodyBytes, admission, (compressed, held) => {
        const plain = uncompressBlock(compressed, limits.decompressedBytes);
        held.grow(plain.length);
        return take(version, plain, sender);
      });
    },
  };
}

/** Writes the batch; what the store refuses of it is noted. Throws when nothing was stored. */
async function store(sink: SampleSink, batch: PushBatch, refusals: Refusals): Promise<void> {
  try {
    await sink.write(batch.build());
  } catch (error) {
    if (error instanceof SamplesRefused) refusals.addStore(error);
    // Sent again it would be the same again.
    else if (error instanceof RangeError) throw new PushError("request_malformed", error.message);
    else throw error;
  }
}

/** Which version a Content-Type means; without parameter, or without any, it is 1.0. */
function protocolOf(contentType: string | undefined): "v1" | "v2" {
  const [type = "", ...parameters] = (contentType ?? "").split(";").map((part) => part.trim());
  if (type !== "" && type.toLowerCase() !== "application/x-protobuf") {
    throw unsupported(`Content-Type ${type}`);
  }
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split("=", 2);
    if (name.trim().toLowerCase() !== "proto") continue;
    const proto = value.trim().replace(/^"(.*)"$/, "$1");
    if (proto === "prometheus.WriteRequest") return "v1";
    if (proto === "io.prometheus.write.v2.Request") return "v2";
    throw unsupported(`message ${proto}`);
  }
  return "v1";
}

function unsupported(what: string): PushError {
  return new PushError(
    "media_type_unsupported",
    `the ${what} is not known here; remote write takes application/x-protobuf with proto=prometheus.WriteRequest or proto=io.prometheus.write.v2.Request`,
  );
}

function writtenHeaders(batch: PushBatch, written: number): Record<string, string> {
  // Refused samples are not told apart by kind: floats are the rule, so they are taken first.
  const histograms = Math.min(batch.histograms, written);
  return {
    "x-prometheus-remote-write-samples-written": String(written - histograms),
    "x-prometheus-remote-write-histograms-written": String(histograms),
    "x-prometheus-remote-write-exemplars-written": String(batch.exemplars),
  };
}
