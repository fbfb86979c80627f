import { histogramFault, MAX_HISTOGRAM_BUCKETS, STALE_BITS } from "../../model/index.ts";
import type { CounterResetHint, HistogramBuckets, HistogramSample } from "../../model/index.ts";
import { tagOf, WIRE } from "../protobuf.ts";
import type { ProtoReader } from "../protobuf.ts";

/** A histogram of a request; the same message in both versions of the protocol. */
export interface ReadHistogram {
  readonly time: number;
  /** Since when it counts, ms since 1970; 0 for not known. */
  readonly start: number;
  /** "stale" for a staleness marker; a text says why it cannot be stored. */
  readonly value: HistogramSample | "stale" | { readonly fault: string };
}

const { varint, fixed64, bytes } = WIRE;
const COUNT_INT = tagOf(1, varint);
const COUNT_FLOAT = tagOf(2, fixed64);
const SUM = tagOf(3, fixed64);
const SCHEMA = tagOf(4, varint);
const ZERO_THRESHOLD = tagOf(5, fixed64);
const ZERO_COUNT_INT = tagOf(6, varint);
const ZERO_COUNT_FLOAT = tagOf(7, fixed64);

/** Where a sign's buckets are in a message: the tag of its spans, the numbers of the other fields. */
export interface SideFields {
  readonly spans: number;
  readonly deltas: number;
  readonly counts: number;
}
const NEGATIVE = { spans: tagOf(8, bytes), deltas: 9, counts: 10 };
const POSITIVE = { spans: tagOf(11, bytes), deltas: 12, counts: 13 };
const RESET_HINT = tagOf(14, varint);
const TIMESTAMP = tagOf(15, varint);
const CUSTOM_VALUES = 16;
/** Of 2.0 alone. */
const START = tagOf(17, varint);

const HINTS: readonly CounterResetHint[] = ["unknown", "reset", "not_reset", "gauge"];

/** One sign's buckets as they are sent: runs of numbers, and counts or their differences. */
export class Side {
  readonly offsets: number[] = [];
  readonly lengths: number[] = [];
  readonly deltas: number[] = [];
  readonly counts: number[] = [];

  /** The buckets that these are, or what is wrong with them. */
  buckets(integer: boolean, side: string): HistogramBuckets | string {
    const sent = integer ? this.deltas : this.counts;
    const total = this.lengths.reduce((sum, length) => sum + length, 0);
    if (total !== sent.length) {
      return `its ${side} spans have ${total} buckets and there are ${sent.length} counts`;
    }
    const indexes = new Int32Array(total);
    const counts = new Float64Array(total);
    let index = 0;
    let at = 0;
    let count = 0;
    for (let span = 0; span < this.lengths.length; span += 1) {
      const offset = this.offsets[span] ?? 0;
      if (span > 0 && offset < 0)
        return `a ${side} span begins ${-offset} before the last one's end`;
      index += offset;
      for (let i = this.lengths[span] ?? 0; i > 0; i -= 1, at += 1, index += 1) {
        count = integer ? count + (sent[at] ?? 0) : (sent[at] ?? 0);
        indexes[at] = index;
        counts[at] = count;
      }
    }
    return { indexes, counts };
  }
}

export const NO_BUCKETS: HistogramBuckets = {
  indexes: new Int32Array(0),
  counts: new Float64Array(0),
};

/** Reads the message `Histogram`, whose fields are what is left of the message that is open. */
export function readHistogram(reader: ProtoReader): ReadHistogram {
  let time = 0;
  let start = 0;
  let count = 0;
  let integer = true;
  let schema = 0;
  let zeroThreshold = 0;
  let zeroCount = 0;
  let hint = 0;
  const sum = new Float64Array(1);
  const negative = new Side();
  const positive = new Side();
  const customValues: number[] = [];
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === TIMESTAMP) time = reader.int64();
    else if (tag === START) start = reader.int64();
    else if (tag === COUNT_INT) count = reader.uint64();
    else if (tag === COUNT_FLOAT) {
      count = reader.double();
      integer = false;
    } else if (tag === SUM) reader.doubleBits(new Uint8Array(sum.buffer), 0);
    else if (tag === SCHEMA) schema = reader.sint64();
    else if (tag === ZERO_THRESHOLD) zeroThreshold = reader.double();
    else if (tag === ZERO_COUNT_INT) zeroCount = reader.uint64();
    else if (tag === ZERO_COUNT_FLOAT) zeroCount = reader.double();
    else if (tag === RESET_HINT) hint = reader.uint32();
    else if (tag >>> 3 === CUSTOM_VALUES) readDoubles(reader, tag, customValues);
    else if (
      !readSide(reader, tag, NEGATIVE, negative) &&
      !readSide(reader, tag, POSITIVE, positive)
    )
      reader.skip(tag);
  }
  if (new BigUint64Array(sum.buffer)[0] === STALE_BITS) return { time, start, value: "stale" };
  const below = negative.lengths.length === 0 ? NO_BUCKETS : negative.buckets(integer, "negative");
  const above = positive.lengths.length === 0 ? NO_BUCKETS : positive.buckets(integer, "positive");
  if (typeof below === "string") return { time, start, value: { fault: below } };
  if (typeof above === "string") return { time, start, value: { fault: above } };
  const value: HistogramSample = {
    schema,
    count,
    sum: sum[0] ?? 0,
    zeroThreshold,
    zeroCount,
    positive: above,
    negative: below,
    customValues: Float64Array.from(customValues),
    counterResetHint: HINTS[hint] ?? "unknown",
    integer,
  };
  const fault = histogramFault(value);
  return { time, start, value: fault === undefined ? value : { fault } };
}

/** Reads a field of one sign if it is one of `fields`; answers whether it was. */
export function readSide(
  reader: ProtoReader,
  tag: number,
  fields: SideFields,
  side: Side,
): boolean {
  if (tag === fields.spans) {
    readSpan(reader, side);
    return true;
  }
  const field = tag >>> 3;
  if (field === fields.deltas) {
    readPacked(reader, tag, () => grow(reader, side.deltas).push(reader.sint64()));
    return true;
  }
  if (field !== fields.counts) return false;
  readDoubles(reader, tag, side.counts);
  return true;
}

function readSpan(reader: ProtoReader, side: Side): void {
  const outer = reader.open();
  let offset = 0;
  let length = 0;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === tagOf(1, varint)) offset = reader.sint64();
    else if (tag === tagOf(2, varint)) length = reader.uint32();
    else reader.skip(tag);
  }
  reader.close(outer);
  grow(reader, side.offsets).push(offset);
  side.lengths.push(length);
}

function readDoubles(reader: ProtoReader, tag: number, into: number[]): void {
  readPacked(reader, tag, () => grow(reader, into).push(reader.double()));
}

/** A repeated number: packed as one field, or one field each. */
function readPacked(reader: ProtoReader, tag: number, one: () => void): void {
  if ((tag & 7) !== bytes) {
    one();
    return;
  }
  const outer = reader.open();
  while (reader.more) one();
  reader.close(outer);
}

/** `list`, which may take another entry. */
function grow(reader: ProtoReader, list: number[]): number[] {
  if (list.length > MAX_HISTOGRAM_BUCKETS) {
    reader.fail(`a histogram has more than ${MAX_HISTOGRAM_BUCKETS} buckets of one sign`);
  }
  return list;
}
