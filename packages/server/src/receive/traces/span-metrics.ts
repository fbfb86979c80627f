import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type {
  Clock,
  Labels,
  MetricMetadata,
  SampleSink,
  Span,
  SpanKind,
  SpanStatus,
} from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import { PushBatch } from "../push/batch.ts";

const CALLS = "traces_spanmetrics_calls_total";
const LATENCY = "traces_spanmetrics_latency";
/** Upper bounds of the latency's buckets, s: powers of two, as Tempo's. */
const BOUNDS = Array.from({ length: 14 }, (_, i) => 0.002 * 2 ** i);

/** How often what was counted is written, ms. */
const EVERY_MS = 15_000;
/** An operation that was not seen for so long is forgotten, ms; its counters begin anew. */
const IDLE_MS = 15 * 60_000;
/** Operations (service, name, kind and status); what goes beyond is counted under one name. */
const MAX_OPERATIONS = 1000;
const OVERFLOW = "overflow";

const KINDS: Readonly<Record<SpanKind, string>> = {
  unspecified: "SPAN_KIND_UNSPECIFIED",
  internal: "SPAN_KIND_INTERNAL",
  server: "SPAN_KIND_SERVER",
  client: "SPAN_KIND_CLIENT",
  producer: "SPAN_KIND_PRODUCER",
  consumer: "SPAN_KIND_CONSUMER",
};
const STATUSES: Readonly<Record<SpanStatus, string>> = {
  unset: "STATUS_CODE_UNSET",
  ok: "STATUS_CODE_OK",
  error: "STATUS_CODE_ERROR",
};

const DESCRIPTIONS: readonly MetricMetadata[] = [
  { metric: CALLS, type: "counter", help: "Spans by operation.", unit: "" },
  { metric: LATENCY, type: "histogram", help: "Durations of spans, in seconds.", unit: "" },
];

interface Operation {
  readonly labels: Labels;
  count: number;
  sum: number;
  readonly buckets: Float64Array;
  /** The last span of each bucket since the last write, which stands for the others. */
  exemplars: Map<
    number,
    { readonly time: number; readonly value: number; readonly traceId: string }
  >;
  lastSeen: number;
  /** Written before: else a 0 is written in front, so that `rate()` sees the first spans. */
  written: boolean;
}

export interface SpanMetricsOptions {
  readonly samples: SampleSink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<SelfMetrics, "dropped">;
}

/**
 * Counts spans as they are stored, and writes the counters as series of Tempo's names:
 * `traces_spanmetrics_calls_total` and the histogram `traces_spanmetrics_latency`, by service, name,
 * kind and status, with the ids of traces as exemplars. Counters live in memory and begin anew with
 * the process, as those of any program do.
 */
export class SpanMetrics {
  readonly #options: SpanMetricsOptions;
  readonly #operations = new Map<string, Operation>();
  #timer: { cancel(): void } | undefined;
  #lastWrite: number;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: SpanMetricsOptions) {
    this.#options = options;
    this.#lastWrite = options.clock.now();
    this.#schedule();
  }

  /** Counts spans that have been stored. */
  observe(spans: readonly Span[]): void {
    const now = this.#options.clock.now();
    for (const span of spans) {
      const operation = this.#operation(span);
      const seconds = Number(span.durationNs) / 1e9;
      operation.count += 1;
      operation.sum += seconds;
      operation.lastSeen = now;
      let bucket = BOUNDS.findIndex((bound) => seconds <= bound);
      if (bucket < 0) bucket = BOUNDS.length;
      operation.buckets[bucket] = (operation.buckets[bucket] ?? 0) + 1;
      operation.exemplars.set(bucket, {
        time: Number((span.startNs + span.durationNs) / 1_000_000n),
        value: seconds,
        traceId: span.traceId,
      });
    }
  }

  /** Writes what was counted a last time. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#write();
  }

  #schedule(): void {
    this.#timer = this.#options.clock.after(EVERY_MS, () => {
      void this.#write();
      this.#schedule();
    });
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => this.#writeNow());
    return this.#writing;
  }

  async #writeNow(): Promise<void> {
    const { samples, clock, log, metrics } = this.#options;
    const now = clock.now();
    const before = this.#lastWrite;
    this.#lastWrite = now;
    if (this.#operations.size === 0) return;
    const batch = new PushBatch(Number.MAX_SAFE_INTEGER);
    for (const [key, operation] of this.#operations) {
      const idle = now - operation.lastSeen > IDLE_MS;
      if (idle) this.#operations.delete(key);
      for (const { name, labels, value, exemplar } of seriesOf(operation)) {
        const series = batch.addSeries({ __name__: name, ...operation.labels, ...labels });
        if (idle) batch.addStale(series, now);
        else {
          if (!operation.written && before < now) batch.addValue(series, before, 0);
          batch.addValue(series, now, value);
        }
        if (exemplar !== undefined) {
          const { time, value: seconds, traceId } = exemplar;
          batch.addExemplar({ series, time, value: seconds, labels: { trace_id: traceId } });
        }
      }
      operation.exemplars = new Map();
      operation.written = true;
    }
    for (const description of DESCRIPTIONS) batch.describe(description);
    try {
      await samples.write(batch.build());
    } catch (error) {
      metrics.dropped("samples", "store_unavailable", batch.size);
      log.warn(`metrics of spans were not stored, the next ones include them: ${messageOf(error)}`);
    }
  }

  #operation({ service, name, kind, status }: Span): Operation {
    const key = JSON.stringify([service, name, kind, status]);
    const known = this.#operations.get(key);
    if (known !== undefined) return known;
    const full = this.#operations.size >= MAX_OPERATIONS;
    const spanName = full ? OVERFLOW : name;
    const place = full ? JSON.stringify([service, OVERFLOW, kind, status]) : key;
    const folded = this.#operations.get(place);
    if (folded !== undefined) return folded;
    const made: Operation = {
      labels: {
        service,
        span_name: spanName,
        span_kind: KINDS[kind],
        status_code: STATUSES[status],
      },
      count: 0,
      sum: 0,
      buckets: new Float64Array(BOUNDS.length + 1),
      exemplars: new Map(),
      lastSeen: 0,
      written: false,
    };
    this.#operations.set(place, made);
    return made;
  }
}

/** The series of an operation with their values; buckets count all below their bound. */
function* seriesOf({ count, sum, buckets, exemplars }: Operation) {
  const last = [...exemplars.values()].at(-1);
  yield { name: CALLS, labels: {}, value: count, exemplar: last };
  yield { name: `${LATENCY}_count`, labels: {}, value: count, exemplar: undefined };
  yield { name: `${LATENCY}_sum`, labels: {}, value: sum, exemplar: undefined };
  let below = 0;
  for (const [i, ofBucket] of buckets.entries()) {
    below += ofBucket;
    const bound = BOUNDS[i];
    yield {
      name: `${LATENCY}_bucket`,
      labels: { le: bound === undefined ? "+Inf" : String(bound) },
      value: below,
      exemplar: exemplars.get(i),
    };
  }
}
