import type { Labels } from "./labels.ts";

/**
 * Log lines on their way to the store, in columns: line i belongs to `streams[streamOf[i]]`, was
 * written at `times[i]` (nanoseconds since 1970) and has the structured metadata `metadata[i]`. All of
 * a batch is committed before `LogSink.write` resolves.
 */
export interface LogBatch {
  readonly streams: readonly Labels[];
  readonly streamOf: Uint32Array;
  readonly times: BigInt64Array;
  readonly lines: readonly string[];
  readonly metadata: readonly Labels[];
  /**
   * What the batch would have in common with itself when its sender sends it again: 64 bits of a hash
   * of all that it holds, never 0. A batch that has been committed already is acknowledged and not
   * written again. Leave it out where equal batches are different events (lines without times).
   */
  readonly fingerprint?: bigint;
}

/** Where log lines go. */
export interface LogSink {
  /**
   * Resolves once the engine has committed the batch: acknowledged means durable. Rejects with
   * RangeError for a batch that is malformed, with the store's error otherwise; then nothing of the
   * batch is there, or so much of it as one repetition completes.
   */
  write(batch: LogBatch): Promise<void>;
}

/** The label that names the service of a stream; every stored stream has it. */
export const SERVICE_NAME = "service_name";

/** Metadata that have columns of their own. */
export const LEVEL = "detected_level";
export const TRACE_ID = "trace_id";
export const SPAN_ID = "span_id";
