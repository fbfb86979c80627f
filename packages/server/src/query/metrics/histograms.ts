import type { CounterResetHint, NativeHistogram, RawSeries } from "@seaworthy/promql";
import { HINTS } from "../../store/index.ts";
import type { Block } from "../../store/index.ts";

/** The native histograms of one series, ascending in time and each time once. */
export interface HistogramSeries {
  readonly times: readonly number[];
  readonly histograms: readonly NativeHistogram[];
}

/** The columns of `histograms` that `histogramsById` reads. */
export const HISTOGRAM_COLUMNS =
  "series, time, schema, flags, count, sum, zero_threshold, zero_count, positive_indexes, positive_counts, negative_indexes, negative_counts, bounds";

interface TimedHistogram {
  readonly time: number;
  readonly histogram: NativeHistogram;
}

/** Sorts rows of `histograms` by their series' ids. */
export function histogramsById(blocks: readonly Block[]): Map<bigint, HistogramSeries> {
  const byId = new Map<bigint, TimedHistogram[]>();
  for (const block of blocks) {
    const ids = numbers(block, "series");
    const times = numbers(block, "time");
    const read = histogramReader(block);
    for (let row = 0; row < block.rows; row += 1) {
      const id = BigInt(ids[row] ?? 0);
      const known = byId.get(id) ?? [];
      if (known.length === 0) byId.set(id, known);
      known.push({ time: Number(times[row] ?? 0), histogram: read(row) });
    }
  }
  return new Map([...byId].map(([id, rows]) => [id, ascending(rows)]));
}

function ascending(rows: TimedHistogram[]): HistogramSeries {
  rows.sort((a, b) => a.time - b.time);
  const once = rows.filter(({ time }, i) => i === 0 || time !== rows[i - 1]?.time);
  return {
    times: once.map(({ time }) => time),
    histograms: once.map(({ histogram }) => histogram),
  };
}

/** A function that reads the histogram of a row. Its arrays are views of the block's. */
function histogramReader(block: Block): (row: number) => NativeHistogram {
  const schema = numbers(block, "schema");
  const flags = numbers(block, "flags");
  const count = numbers(block, "count");
  const sum = numbers(block, "sum");
  const zeroThreshold = numbers(block, "zero_threshold");
  const zeroCount = numbers(block, "zero_count");
  const bounds = arrays(block, "bounds", Float64Array);
  const buckets = (sign: "positive" | "negative") => {
    const indexes = arrays(block, `${sign}_indexes`, Int32Array);
    const counts = arrays(block, `${sign}_counts`, Float64Array);
    return (row: number) => ({ indexes: indexes(row), counts: counts(row) });
  };
  const [positive, negative] = [buckets("positive"), buckets("negative")];
  return (row) => ({
    schema: Number(schema[row]),
    count: Number(count[row]),
    sum: Number(sum[row]),
    zeroThreshold: Number(zeroThreshold[row]),
    zeroCount: Number(zeroCount[row]),
    positive: positive(row),
    negative: negative(row),
    customValues: bounds(row),
    counterResetHint: hintOf(Number(flags[row])),
  });
}

/** A sender's "not reset" speaks of the sample that it sent before, which may be missing here. */
function hintOf(flags: number): CounterResetHint {
  const hint = HINTS[flags & 3] ?? "unknown";
  return hint === "not_reset" ? "unknown" : hint;
}

type Numbers = Extract<
  Block["columns"] extends ReadonlyMap<string, infer C> ? C : never,
  { kind: "numbers" }
>["data"];

function numbers({ columns }: Block, name: string): Numbers {
  const column = columns.get(name);
  if (column?.kind !== "numbers") throw new TypeError(`the answer lacks its column ${name}`);
  return column.data;
}

/** A function that answers a row's array, as a view of the block's. */
function arrays<T extends Int32Array | Float64Array>(
  { columns }: Block,
  name: string,
  type: new (buffer: ArrayBuffer, offset: number, length: number) => T,
): (row: number) => T {
  const column = columns.get(name);
  if (column?.kind !== "array" || column.values.kind !== "numbers") {
    throw new TypeError(`the answer lacks its column ${name}`);
  }
  const { ends } = column;
  const { data } = column.values;
  if (!(data instanceof type)) throw new TypeError(`the column ${name} is of another type`);
  return (row) => data.subarray(ends[row - 1] ?? 0, ends[row] ?? 0) as T;
}

/** Puts a series' floats and its histograms in one order of time; a histogram wins at a float's time. */
export function withHistograms(floats: RawSeries, found: HistogramSeries): RawSeries {
  const size = floats.times.length + found.times.length;
  const times = new Float64Array(size);
  const values = new Float64Array(size);
  const histograms: (NativeHistogram | undefined)[] = [];
  const bits = new BigUint64Array(values.buffer);
  const from = new BigUint64Array(
    floats.values.buffer,
    floats.values.byteOffset,
    floats.values.length,
  );
  let [i, j, out] = [0, 0, 0];
  while (i < floats.times.length || j < found.times.length) {
    const float = floats.times[i] ?? Number.POSITIVE_INFINITY;
    const histogram = found.times[j] ?? Number.POSITIVE_INFINITY;
    times[out] = Math.min(float, histogram);
    if (histogram <= float) histograms[out] = found.histograms[j];
    else {
      bits[out] = from[i] ?? 0n;
      histograms[out] = undefined;
    }
    if (float <= histogram) i += 1;
    if (histogram <= float) j += 1;
    out += 1;
  }
  return {
    labels: floats.labels,
    times: times.subarray(0, out),
    values: values.subarray(0, out),
    histograms,
  };
}
