import type { Telemetry } from "../../store/index.ts";
import type { Block, Parameters } from "../../store/index.ts";
import { dayOf } from "./series-index.ts";

/** A name with a number to it. */
export interface Counted {
  readonly name: string;
  readonly value: number;
}

/** Which metrics and labels make how many series; each list begins with the largest. */
export interface Cardinality {
  readonly series: number;
  readonly labelPairs: number;
  /** ms since 1970; undefined when there is no sample. */
  readonly oldest: number | undefined;
  readonly newest: number | undefined;
  readonly seriesByMetric: Counted[];
  readonly valuesByLabel: Counted[];
  /** Bytes of a label's values, each series counted. */
  readonly bytesByLabel: Counted[];
  /** Series by `label=value`. */
  readonly seriesByPair: Counted[];
}

export interface CardinalityRequest {
  /** Series that were written on the UTC days of this range count; ms since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  /** Series of this metric alone. */
  readonly metric?: string | undefined;
  /** Entries of each list. */
  readonly limit: number;
}

/** Counts series, labels and values. Throws what the store throws. */
export async function readCardinality(
  telemetry: Telemetry,
  { startMs, endMs, metric, limit }: CardinalityRequest,
  signal: AbortSignal,
): Promise<Cardinality> {
  const where = `day >= toDate({first:UInt16}) AND day <= toDate({last:UInt16})
    AND ({all:UInt8} OR labels['__name__'] = {metric:String})`;
  const parameters: Parameters = {
    first: dayOf(startMs),
    last: dayOf(endMs),
    all: metric === undefined ? 1 : 0,
    metric: metric ?? "",
    limit,
  };
  const from = `(SELECT labels FROM series WHERE ${where} LIMIT 1 BY series)`;
  const ask = (sql: string) => telemetry.select(sql, parameters, { signal });
  const list = async (name: string, value: string, pairs = true) => {
    const source = pairs
      ? `${from} ARRAY JOIN mapKeys(labels) AS label, mapValues(labels) AS text`
      : from;
    const sql = `SELECT ${name} AS name, toFloat64(${value}) AS value FROM ${source}
      GROUP BY name ORDER BY value DESC, name LIMIT {limit:UInt32}`;
    return countedOf(await ask(sql));
  };
  const totals = numbersOf(
    await ask(
      `SELECT toFloat64(count()) AS series, toFloat64(uniqExactArray(arrayMap((k, v) -> concat(k, '=', v), mapKeys(labels), mapValues(labels)))) AS pairs FROM ${from}`,
    ),
  );
  const span = numbersOf(
    await telemetry.select(
      "SELECT toFloat64(toUnixTimestamp64Milli(min(time))) AS oldest, toFloat64(toUnixTimestamp64Milli(max(time))) AS newest FROM samples",
      {},
      { signal },
    ),
  );
  const newest = span["newest"] ?? 0;
  return {
    series: totals["series"] ?? 0,
    labelPairs: totals["pairs"] ?? 0,
    oldest: newest === 0 ? undefined : span["oldest"],
    newest: newest === 0 ? undefined : newest,
    seriesByMetric: await list("labels['__name__']", "count()", false),
    valuesByLabel: await list("label", "uniqExact(text)"),
    bytesByLabel: await list("label", "sum(length(text))"),
    seriesByPair: await list("concat(label, '=', text)", "count()"),
  };
}

function countedOf(blocks: readonly Block[]): Counted[] {
  return blocks.flatMap(({ rows, columns }) => {
    const [names, values] = [columns.get("name"), columns.get("value")];
    if (names?.kind !== "strings" || values?.kind !== "numbers") return [];
    return Array.from({ length: rows }, (_, row) => ({
      name: names.data[row] ?? "",
      value: Number(values.data[row]),
    }));
  });
}

/** The first row's numbers by column. */
function numbersOf([block]: readonly Block[]): Record<string, number> {
  const row: Record<string, number> = {};
  for (const [name, column] of block?.columns ?? []) {
    if (column.kind === "numbers") row[name] = Number(column.data[0]);
  }
  return row;
}
