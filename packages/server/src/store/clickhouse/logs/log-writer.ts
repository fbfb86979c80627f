import type { LogBatch, LogSink } from "../../../model/index.ts";
import { StoreError } from "../../errors.ts";
import type { ClickHouse } from "../engine.ts";
import { GroupCommit } from "../group-commit.ts";
import type { TelemetryLimits } from "../limits.ts";
import { SeriesRegistry } from "../series-registry.ts";
import { KnownBatches } from "./known-batches.ts";
import { LogRows, streamsBlock } from "./log-rows.ts";

/** The year 2100 in ns: later times are a sender's mistake of unit. */
const MAX_TIME_NS = 4_102_444_800_000_000_000n;
/** `seq` begins anew here. */
const SEQ_END = 0xffff_ffff;

/** Commits log lines in groups, each batch once. */
export class LogWriter implements LogSink {
  readonly #engine: ClickHouse;
  readonly #limits: TelemetryLimits;
  readonly #streams: SeriesRegistry;
  readonly #known: KnownBatches;
  readonly #queue: GroupCommit<LogBatch>;
  /** Batches on their way to the engine, so that one that is sent again meanwhile waits with the first. */
  readonly #underway = new Map<bigint, Promise<void>>();
  #waitingLines = 0;
  #waitingBytes = 0;
  #seq = 0;

  constructor(engine: ClickHouse, limits: TelemetryLimits) {
    this.#engine = engine;
    this.#limits = limits;
    this.#streams = new SeriesRegistry(limits.maxKnownStreams);
    this.#known = new KnownBatches(limits.maxKnownBatches);
    const queue = { everyMs: limits.commitEveryMs, maxSize: limits.maxCommitLines };
    this.#queue = new GroupCommit(queue, (group) => this.#commit(group));
  }

  /** Learns which batches are stored. Call it once, when the tables are there, before writing. */
  open(): Promise<void> {
    return this.#known.load(this.#engine, this.#limits.knownBatchesSeconds);
  }

  async write(batch: LogBatch): Promise<void> {
    checkBatch(batch);
    const { fingerprint } = batch;
    if (batch.lines.length === 0) return;
    if (this.#queue.closed) {
      throw new StoreError("store_unavailable", "the store of logs is closed");
    }
    if (fingerprint === undefined) return this.#enqueue(batch);
    const first = this.#underway.get(fingerprint);
    if (first !== undefined) return first;
    const written = this.#enqueue(batch).finally(() => this.#underway.delete(fingerprint));
    this.#underway.set(fingerprint, written);
    return written;
  }

  /** Commits what waits, and refuses what comes. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  async #enqueue(batch: LogBatch): Promise<void> {
    const lines = batch.lines.length;
    const bytes = batch.lines.reduce((sum, line) => sum + line.length, 0);
    const { maxWaitingLines, maxWaitingLineBytes } = this.#limits;
    const idle = this.#waitingLines === 0;
    if (
      !idle &&
      (this.#waitingLines + lines > maxWaitingLines ||
        this.#waitingBytes + bytes > maxWaitingLineBytes)
    ) {
      throw new StoreError(
        "store_overloaded",
        `${this.#waitingLines} log lines of ${this.#waitingBytes} bytes already wait to be stored (limits ${maxWaitingLines} and ${maxWaitingLineBytes}); send again later`,
      );
    }
    this.#waitingLines += lines;
    this.#waitingBytes += bytes;
    try {
      await this.#queue.add(batch, lines);
    } finally {
      this.#waitingLines -= lines;
      this.#waitingBytes -= bytes;
    }
  }

  async #commit(group: readonly LogBatch[]): Promise<void> {
    this.#streams.age(Date.now());
    if (this.#engine.isShared) await this.#askForRepeated(group);
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
    await this.#engine.insert("logs", rows.encode(received, this.#seq));
    this.#seq += rows.size;
    for (const { fingerprint, day } of rows.batches) this.#known.add(fingerprint, day);
  }

  /** A batch that is sent again may have been stored by another server of the platform. */
  async #askForRepeated(group: readonly LogBatch[]): Promise<void> {
    const fingerprints = new Set(group.flatMap(({ fingerprint }) => fingerprint ?? []));
    await this.#known.ask(this.#engine, [...fingerprints], this.#limits.knownBatchesSeconds);
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
