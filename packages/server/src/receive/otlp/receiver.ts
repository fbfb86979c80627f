import { messageOf, SamplesRefused, SeaworthyError } from "../../model/index.ts";
import type { Clock, SampleSink } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import type { Admission } from "../admit.ts";
import { ProtoReader } from "../protobuf.ts";
import { PushBatch } from "../push/batch.ts";
import { withBody } from "../push/body.ts";
import type { BodyStream } from "../push/body.ts";
import { PushError } from "../push/errors.ts";
import { decompress } from "../push/decompress.ts";
import type { PushLimits } from "../push/limits.ts";
import { QuotaError } from "../push/quotas.ts";
import type { Quotas, Sender } from "../push/quotas.ts";
import { Refusals } from "../push/refusals.ts";
import { failureBody, successBody } from "./answers.ts";
import type { OtlpEncoding } from "./answers.ts";
import { Deltas } from "./deltas.ts";
import { resourceIdentity } from "./labels.ts";
import { DELTA, exportMetricsRequest } from "./metrics-schema.ts";
import type { ResourceMetrics } from "./metrics-schema.ts";
import { Budget } from "./schema.ts";
import { MetricsTranslator } from "./translate.ts";
import type { OtlpIntake } from "./translate.ts";
import type { OtlpSettings } from "./settings.ts";

/** A request of OTLP over HTTP, as it came. */
export interface OtlpRequest {
  /** The headers Content-Type and Content-Encoding. */
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly body: BodyStream;
  readonly sender?: Sender | undefined;
}

/** What a request of OTLP is answered. */
export interface OtlpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  /** What was wrong, for the log; empty when nothing was. */
  readonly fault: string;
  /** When to come again, where the sender was too fast. */
  readonly retryAfterSeconds?: number | undefined;
}

/** Takes metrics over OTLP/HTTP. */
export interface OtlpMetrics {
  /**
   * Stores a request; resolves once it is durable. A point that can never be stored is told of in the
   * answer, the others are stored. Rejects only with what nobody expected.
   */
  receive(request: OtlpRequest): Promise<OtlpAnswer>;
}

export interface OtlpOptions {
  /** The way to the store, by sender. */
  readonly quotas: Quotas;
  readonly metrics: Pick<SelfMetrics, "dropped">;
  readonly clock: Clock;
  /** The memory for bodies. */
  readonly admission: Admission;
  readonly limits: PushLimits;
  /** The settings in force; a reload may change them. */
  readonly settings: () => OtlpSettings;
}

const TYPES: Readonly<Record<string, OtlpEncoding>> = {
  "application/x-protobuf": "protobuf",
  "application/json": "json",
};

/** Makes the receiver for OTLP's metrics. https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export function createOtlpMetrics(options: OtlpOptions): OtlpMetrics {
  const { quotas, metrics, clock, admission, limits } = options;
  let translator = new MetricsTranslator(limits, options.settings());
  const deltas = new Deltas(limits.deltaSeries);

  const take = async (
    resources: readonly ResourceMetrics[],
    request: OtlpIntake["deltas"],
    sink: SampleSink,
  ): Promise<Refusals> => {
    const refusals = new Refusals();
    const batch = new PushBatch(limits.samples);
    const settings = options.settings();
    if (translator.settings !== settings) translator = new MetricsTranslator(limits, settings);
    translator.translate(resources, { batch, refusals, deltas: request });
    try {
      await sink.write(batch.build());
    } catch (error) {
      if (error instanceof SamplesRefused) refusals.addStore(error);
      else if (error instanceof RangeError) throw new PushError("request_malformed", error.message);
      else throw error;
    }
    refusals.count(metrics);
    return refusals;
  };

  const read = async (
    encoding: OtlpEncoding,
    plain: Buffer,
    sink: SampleSink,
  ): Promise<Refusals> => {
    const budget = new Budget(limits.samples * 4);
    const { resourceMetrics } =
      encoding === "json"
        ? exportMetricsRequest.fromJson(parseJson(plain), "", budget)
        : exportMetricsRequest.readFields(new ProtoReader(plain), budget);
    const names = resourcesWithDeltas(resourceMetrics);
    return names.length === 0
      ? take(resourceMetrics, noDeltas, sink)
      : deltas.run(clock.now(), names, (request) => take(resourceMetrics, request, sink));
  };

  return {
    async receive({ contentType, contentEncoding, body, sender }) {
      const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
      const encoding = TYPES[type];
      // In what form to answer is open when the form of the request is not known.
      const form = encoding ?? "protobuf";
      try {
        if (encoding === undefined) {
          throw new PushError(
            "media_type_unsupported",
            `OTLP takes application/x-protobuf and application/json, and this request says Content-Type: ${type}`,
          );
        }
        const compression = contentEncoding?.trim().toLowerCase() ?? "";
        const refusals = await withBody(body, limits.bodyBytes, admission, async (sent, held) => {
          const plain = await decompress(sent, compression, limits.decompressedBytes);
          held.grow(plain.length);
          return read(encoding, plain, quotas.sinkFor(sender, 429));
        });
        const fault = refusals.any ? refusals.reasons() : "";
        return {
          status: 200,
          ...successBody(form, "rejectedDataPoints", refusals.samples, fault),
          fault,
        };
      } catch (error) {
        if (!(error instanceof SeaworthyError)) throw error;
        const { status, message } = error;
        const retryAfterSeconds = error instanceof QuotaError ? error.retryAfterSeconds : undefined;
        return { status, ...failureBody(form, status, message), fault: message, retryAfterSeconds };
      }
    },
  };
}

/** For requests without deltas, which need not wait for each other. */
const noDeltas: OtlpIntake["deltas"] = new Deltas(0).idle();

/** The resources whose metrics are sent as deltas, by their identity. */
function resourcesWithDeltas(resources: readonly ResourceMetrics[]): string[] {
  const found = resources.filter(({ scopeMetrics }) =>
    scopeMetrics.some(({ metrics }) =>
      metrics.some(({ sum, histogram, exponentialHistogram }) =>
        [sum, histogram, exponentialHistogram].some(
          (data) => data?.aggregationTemporality === DELTA,
        ),
      ),
    ),
  );
  return [...new Set(found.map(({ resource }) => resourceIdentity(resource.attributes)))];
}

function parseJson(plain: Buffer): unknown {
  try {
    return JSON.parse(plain.toString()) as unknown;
  } catch (error) {
    throw new PushError("request_malformed", `the body is not JSON: ${messageOf(error)}`);
  }
}
