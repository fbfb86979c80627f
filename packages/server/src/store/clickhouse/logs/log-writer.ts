import type { LogBatch, LogSink } from "../../../model/index.ts";
import { BatchQueue } from "../batch-queue.ts";
import { MAX_TIME_NS } from "../days.ts";
import type { ClickHouse } from "../engine.ts";
import { KnownBatches } from "../known-batches.ts";
import type { TelemetryLimits } from "../limits.ts";
import { SeriesRegistry } from "../series-registry.ts";
import { LogRows, streamsBlock } from "./log-rows.ts";

/** `seq` begins anew here. */
const SEQ_END = 0xffff_ffff;

/** Commits log lines in groups, each batch once. */
export class LogWriter implements LogSink {
  readonly #engine: ClickHouse;
  readonly #limits: TelemetryLimits;
  readonly #streams: SeriesRegistry;
  readonly #known: KnownBatches;
  readonly #queue: BatchQueue<LogBatch>;
  #seq = 0;

  constructor(engine: ClickHouse, limits: TelemetryLimits) {
    this.#engine = engine;
    this.#limits = limits;
    this.#streams = new SeriesRegistry(limits.maxKnownStreams);
    this.#known = new KnownBatches("logs", limits.maxKnownBatches);
    this.#queue = new BatchQueue(
      {
        what: "log lines",
        everyMs: limits.commitEveryMs,
        maxRows: limits.maxCommitLines,
        maxBytes: limits.maxCommitBytes,
        maxWaitingRows: limits.maxWaitingLines,
        maxWaitingBytes: limits.maxWaitingLineBytes,
      },
      (group) => this.#commit(group),
    );
  }

  /** Learns which batches are stored. Call it once, when the tables are there, before writing. */
  open(): Promise<void> {
    return this.#known.load(this.#engine, this.#limits.knownBatchesSeconds);
  }

  async write(batch: LogBatch): Promise<void> {
    checkBatch(batch);
    const { lines, metadata, fingerprint } = batch;
    if (lines.length === 0) return;
    let bytes = 0;
    for (const line of lines) bytes += line.length;
    for (const its of metadata)
      for (const name in its) bytes += name.length + (its[name] ?? "").length;
    await this.#queue.write(batch, lines.length, bytes, fingerprint);
  }

  /** Commits what waits, and refuses what comes. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  async #commit(group: readonly LogBatch[]): Promise<void> {
    this.#streams.age(Date.now());
    // A batch that is sent again may have been stored by another server of the platform.
    if (this.#engine.isShared) {
      await this.#known.ask(this.#engine, group, this.#limits.knownBatchesSeconds);
    }
    const rows = new LogRows(group, this.#streams, (fingerprint, day) =>
      this.#known.has(fingerprint, day),
    );
    if (rows.size === 0) return;
    // Streams come before their lines: a line whose stream is unknown could never be found.
    if (rows.newStreams.length > 0) {
      await this.#engine.insert("log_streams", streamsBlock(rows.newStreams));
      for (const { known, day } of rows.newStreams) known.nameOn(day);
    }
    if (this.#seq + rows.size > SEQ_END) this.#seq = 0;
    const received = Math.floor(Date.now() / 1000);
    const { block, columns } = rows.encode(received, this.#seq);
    await this.#engine.insert("logs", block, columns);
    this.#seq += rows.size;
    for (const { fingerprint, day } of rows.batches) this.#known.add(fingerprint, day);
  }
}

/** Throws RangeError for a batch that is not one: an error of the program, or a time out of range. */
function checkBatch({ streams, streamOf, times, lines, metadata }: LogBatch): void {
  const size = lines.length;
  if (streamOf.length !== size || times.length !== size || metadata.length !== size) {
    throw new RangeError("a batch's columns must be equally long");
  }
  for (let i = 0; i < size; i += 1) {
    if ((streamOf[i] ?? 0) >= streams.length) {
      throw new RangeError(`line ${i} of the batch belongs to no stream of it`);
    }
    const time = times[i] ?? -1n;
    if (time < 0n || time > MAX_TIME_NS) {
      throw new RangeError(
        `line ${i} of the batch has the time ${time}, which is not a number of nanoseconds between 1970 and 2100`,
      );
    }
  }
}
