import type { Telemetry } from "../../store/index.ts";
import type { Block, Parameters } from "../../store/index.ts";
import { dayOf } from "./series-index.ts";

const DAY_MS = 86_400_000;

/** A name with a number to it. */
export interface Counted {
  readonly name: string;
  readonly value: number;
}

/** Which metrics, labels and targets make how many series; each list begins with the largest. */
export interface Cardinality {
  readonly series: number;
  /** Series of as many days before. */
  readonly seriesBefore: number;
  readonly labelPairs: number;
  /** How many series would be left if the label that was asked for were dropped; null without one. */
  readonly seriesWithoutLabel: number | null;
  /** ms since 1970; undefined when there is no sample. */
  readonly oldest: number | undefined;
  readonly newest: number | undefined;
  /** `added`: those that were not written on as many days before. */
  readonly seriesByMetric: (Counted & { readonly added: number })[];
  readonly valuesByLabel: Counted[];
  /** Bytes of a label's values, each series counted. */
  readonly bytesByLabel: Counted[];
  /** Series by `label=value`; of one label alone where that was asked for. */
  readonly seriesByPair: Counted[];
  /** Series by what was scraped; empty texts where a series has no such label. */
  readonly seriesByTarget: {
    readonly job: string;
    readonly instance: string;
    readonly value: number;
  }[];
}

export interface CardinalityRequest {
  /** Series that were written on the UTC days of this range count; ms since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  /** Series of this metric alone. */
  readonly metric?: string | undefined;
  /** Series that have this label alone. */
  readonly label?: string | undefined;
  /** Entries of each list. */
  readonly limit: number;
}

/** Counts series, labels and values. Throws what the store throws. */
export async function readCardinality(
  telemetry: Telemetry,
  { startMs, endMs, metric, label, limit }: CardinalityRequest,
  signal: AbortSignal,
): Promise<Cardinality> {
  const [first, last] = [dayOf(startMs), dayOf(endMs)];
  const named = `${metric === undefined ? "" : " AND labels['__name__'] = {metric:String}"}${label === undefined ? "" : " AND mapContains(labels, {label:String})"}`;
  const parameters: Parameters = {
    first,
    last,
    before: Math.max(0, dayOf(startMs - (last - first + 1) * DAY_MS)),
    metric: metric ?? "",
    label: label ?? "",
    limit,
  };
  const from = `(SELECT series, labels FROM series WHERE day >= toDate({first:UInt16}) AND day <= toDate({last:UInt16})${named} LIMIT 1 BY series)`;
  const earlier = `(SELECT series FROM series WHERE day >= toDate({before:UInt16}) AND day < toDate({first:UInt16})${named})`;
  const ask = (sql: string) => telemetry.select(sql, parameters, { signal });
  const pairs = `${from} ARRAY JOIN mapKeys(labels) AS name_, mapValues(labels) AS text`;
  const list = async (name: string, value: string, where = "true") =>
    countedOf(
      await ask(`SELECT ${name} AS name, toFloat64(${value}) AS value FROM ${pairs}
        WHERE ${where} GROUP BY name ORDER BY value DESC, name LIMIT {limit:UInt32}`),
    );
  const totals = numbersOf(
    await ask(
      `SELECT toFloat64(count()) AS series,
        toFloat64(uniqExactArray(arrayMap((k, v) -> concat(k, '=', v), mapKeys(labels), mapValues(labels)))) AS pairs,
        ${label === undefined ? "toFloat64(0)" : "toFloat64(uniqExact(mapKeys(labels), arrayMap((k, v) -> if(k = {label:String}, '', v), mapKeys(labels), mapValues(labels))))"} AS without
      FROM ${from}`,
    ),
  );
  const before = numbersOf(
    await ask(`SELECT toFloat64(uniqExact(series)) AS series FROM ${earlier}`),
  );
  const span = numbersOf(
    await telemetry.select(
      "SELECT toFloat64(toUnixTimestamp64Milli(min(time))) AS oldest, toFloat64(toUnixTimestamp64Milli(max(time))) AS newest FROM samples",
      {},
      { signal },
    ),
  );
  const byMetric = await ask(
    `SELECT labels['__name__'] AS name, toFloat64(count()) AS value, toFloat64(countIf(series NOT IN ${earlier})) AS added
    FROM ${from} GROUP BY name ORDER BY value DESC, name LIMIT {limit:UInt32}`,
  );
  const byTarget = await ask(
    `SELECT labels['job'] AS job, labels['instance'] AS instance, toFloat64(count()) AS value
    FROM ${from} GROUP BY job, instance ORDER BY value DESC, job, instance LIMIT {limit:UInt32}`,
  );
  const newest = span["newest"] ?? 0;
  return {
    series: totals["series"] ?? 0,
    seriesBefore: before["series"] ?? 0,
    labelPairs: totals["pairs"] ?? 0,
    seriesWithoutLabel: label === undefined ? null : (totals["without"] ?? 0),
    oldest: newest === 0 ? undefined : span["oldest"],
    newest: newest === 0 ? undefined : newest,
    seriesByMetric: rowsOf(byMetric).map(({ texts, numbers }) => ({
      name: texts["name"] ?? "",
      value: numbers["value"] ?? 0,
      added: numbers["added"] ?? 0,
    })),
    valuesByLabel: await list("name_", "uniqExact(text)"),
    bytesByLabel: await list("name_", "sum(length(text))"),
    seriesByPair: await list(
      "concat(name_, '=', text)",
      "count()",
      label === undefined ? "true" : "name_ = {label:String}",
    ),
    seriesByTarget: rowsOf(byTarget).map(({ texts, numbers }) => ({
      job: texts["job"] ?? "",
      instance: texts["instance"] ?? "",
      value: numbers["value"] ?? 0,
    })),
  };
}

interface Row {
  readonly texts: Readonly<Record<string, string>>;
  readonly numbers: Readonly<Record<string, number>>;
}

function rowsOf(blocks: readonly Block[]): Row[] {
  return blocks.flatMap(({ rows, columns }) =>
    Array.from({ length: rows }, (_, row) => {
      const texts: Record<string, string> = {};
      const numbers: Record<string, number> = {};
      for (const [name, column] of columns) {
        if (column.kind === "strings") texts[name] = column.data[row] ?? "";
        if (column.kind === "numbers") numbers[name] = Number(column.data[row]);
      }
      return { texts, numbers };
    }),
  );
}

function countedOf(blocks: readonly Block[]): Counted[] {
  return rowsOf(blocks).map(({ texts, numbers }) => ({
    name: texts["name"] ?? "",
    value: numbers["value"] ?? 0,
  }));
}

/** The first row's numbers by column. */
function numbersOf(blocks: readonly Block[]): Readonly<Record<string, number>> {
  return rowsOf(blocks)[0]?.numbers ?? {};
}
