import { withoutEmpty } from "../../model/index.ts";
import type { CounterResetHint, MetricMetadata } from "../../model/index.ts";
import { encodeBlock } from "./native-format.ts";
import type { ColumnInput } from "./native-format.ts";
import type { ExemplarRow, HistogramRow, Unannounced } from "./sample-rows.ts";
import type { KnownSeries } from "./series-registry.ts";

/** How the column `flags` of the table `histograms` writes a hint, in its lowest two bits. */
export const HINTS: readonly CounterResetHint[] = ["unknown", "reset", "not_reset", "gauge"];
/** The bit of `flags` for integer counts. */
export const INTEGER_FLAG = 4;

/** A block of the table `series`. */
export function seriesBlock(rows: readonly Unannounced[]): Buffer {
  return encodeBlock(rows.length, [
    { name: "day", type: "Date", data: Uint16Array.from(rows, ({ day }) => day) },
    ...identityColumns(rows),
    {
      name: "labels",
      type: "Map(String, String)",
      data: rows.map(({ labels }) => withoutEmpty(labels)),
    },
  ]);
}

/** A block of the table `histograms`. */
export function histogramsBlock(rows: readonly HistogramRow[]): Buffer {
  const all = rows.map(({ histogram }) => histogram);
  const number = (name: string, key: "count" | "sum" | "zeroThreshold" | "zeroCount") =>
    ({ name, type: "Float64", data: Float64Array.from(all, (each) => each[key]) }) as const;
  const buckets = (sign: "positive" | "negative"): ColumnInput[] => [
    { name: `${sign}_indexes`, type: "Array(Int32)", data: all.map((h) => h[sign].indexes) },
    { name: `${sign}_counts`, type: "Array(Float64)", data: all.map((h) => h[sign].counts) },
  ];
  return encodeBlock(rows.length, [
    ...identityColumns(rows),
    { name: "time", type: "DateTime64(3, 'UTC')", data: Float64Array.from(rows, (r) => r.time) },
    { name: "schema", type: "Int8", data: Int8Array.from(all, ({ schema }) => schema) },
    {
      name: "flags",
      type: "UInt8",
      data: Uint8Array.from(
        all,
        ({ counterResetHint, integer }) =>
          HINTS.indexOf(counterResetHint) + (integer ? INTEGER_FLAG : 0),
      ),
    },
    number("count", "count"),
    number("sum", "sum"),
    number("zero_threshold", "zeroThreshold"),
    number("zero_count", "zeroCount"),
    ...buckets("positive"),
    ...buckets("negative"),
    { name: "bounds", type: "Array(Float64)", data: all.map(({ customValues }) => customValues) },
  ]);
}

/** A block of the table `histogram_families`. */
export function histogramFamiliesBlock(
  rows: readonly { readonly family: number; readonly day: number }[],
): Buffer {
  return encodeBlock(rows.length, [
    { name: "day", type: "Date", data: Uint16Array.from(rows, ({ day }) => day) },
    { name: "family", type: "UInt32", data: Uint32Array.from(rows, ({ family }) => family) },
  ]);
}

/** A block of the table `exemplars`. */
export function exemplarsBlock(rows: readonly ExemplarRow[]): Buffer {
  const all = rows.map(({ exemplar }) => exemplar);
  return encodeBlock(rows.length, [
    ...identityColumns(rows),
    {
      name: "time",
      type: "DateTime64(3, 'UTC')",
      data: Float64Array.from(all, ({ time }) => time),
    },
    { name: "value", type: "Float64", data: Float64Array.from(all, ({ value }) => value) },
    {
      name: "labels",
      type: "Map(String, String)",
      data: all.map(({ labels }) => withoutEmpty(labels)),
    },
  ]);
}

/** A block of the table `metrics`. */
export function metricsBlock(rows: readonly MetricMetadata[]): Buffer {
  const column = (name: keyof MetricMetadata) =>
    ({ name, type: "String", data: rows.map((row) => row[name]) }) as const;
  const columns = [column("metric"), column("type"), column("help"), column("unit")];
  return encodeBlock(rows.length, columns);
}

function identityColumns(rows: readonly { readonly known: KnownSeries }[]): ColumnInput[] {
  const ids = new Uint32Array(rows.length * 2);
  rows.forEach(({ known }, row) => {
    ids[2 * row] = known.low;
    ids[2 * row + 1] = known.high;
  });
  return [
    { name: "family", type: "UInt32", data: Uint32Array.from(rows, ({ known }) => known.family) },
    { name: "series", type: "UInt64", data: new BigUint64Array(ids.buffer) },
  ];
}
