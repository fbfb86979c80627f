import type { Span, SpanBatch, SpanSink } from "../../../model/index.ts";
import { BatchQueue } from "../batch-queue.ts";
import { MAX_TIME_NS } from "../days.ts";
import type { ClickHouse } from "../engine.ts";
import { KnownBatches } from "../known-batches.ts";
import type { TelemetryLimits } from "../limits.ts";
import { SpanRows } from "./span-rows.ts";
import type { PendingSpans } from "./span-rows.ts";

/** About what a span takes in memory beside its attributes, bytes. */
const SPAN_BYTES = 300;

/** Commits spans in groups, each batch once. */
export class SpanWriter implements SpanSink {
  readonly #engine: ClickHouse;
  readonly #limits: TelemetryLimits;
  readonly #known: KnownBatches;
  readonly #queue: BatchQueue<PendingSpans>;

  constructor(engine: ClickHouse, limits: TelemetryLimits) {
    this.#engine = engine;
    this.#limits = limits;
    this.#known = new KnownBatches("spans", limits.maxKnownBatches);
    this.#queue = new BatchQueue(
      {
        what: "spans",
        everyMs: limits.commitEveryMs,
        maxRows: limits.maxCommitSpans,
        maxBytes: limits.maxCommitBytes,
        maxWaitingRows: limits.maxWaitingSpans,
        maxWaitingBytes: limits.maxWaitingSpanBytes,
      },
      (group) => this.#commit(group),
    );
  }

  /** Learns which batches are stored. Call it once, when the tables are there, before writing. */
  open(): Promise<void> {
    return this.#known.load(this.#engine, this.#limits.knownBatchesSeconds);
  }

  async write(batch: SpanBatch): Promise<readonly Span[]> {
    const { spans, fingerprint } = batch;
    let bytes = 0;
    for (const span of spans) {
      const end = span.startNs + span.durationNs;
      if (span.startNs < 0n || span.durationNs < 0n || end > MAX_TIME_NS) {
        throw new RangeError(
          `span ${span.spanId} lasts from ${span.startNs} to ${end}, which are not numbers of nanoseconds between 1970 and 2100`,
        );
      }
      bytes += SPAN_BYTES;
      for (const name in span.attributes) {
        bytes += name.length + (span.attributes[name] ?? "").length;
      }
    }
    if (spans.length === 0) return [];
    const pending: PendingSpans = { batch, stored: [] };
    await this.#queue.write(pending, spans.length, bytes, fingerprint);
    return pending.stored;
  }

  /** Commits what waits, and refuses what comes. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  async #commit(group: readonly PendingSpans[]): Promise<void> {
    // A batch that is sent again may have been stored by another server of the platform.
    if (this.#engine.isShared) {
      const batches = group.map(({ batch }) => batch);
      await this.#known.ask(this.#engine, batches, this.#limits.knownBatchesSeconds);
    }
    const rows = new SpanRows(group, (fingerprint, day) => this.#known.has(fingerprint, day));
    if (rows.size === 0) return;
    // Times come before spans: a span whose trace has no times could never be found by its id.
    await this.#engine.insert("trace_times", rows.encodeTimes());
    await this.#engine.insert("spans", rows.encode(Math.floor(Date.now() / 1000)));
    for (const { fingerprint, day } of rows.batches) this.#known.add(fingerprint, day);
  }
}
