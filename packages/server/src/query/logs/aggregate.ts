import { emptySeries, grouped, linesOf, SeriesTable } from "@seaworthy/logql";
import type { Grid, Grouping, Matrix, RangeAggregation, Series } from "@seaworthy/logql";
import type { Block, Telemetry } from "../../store/index.ts";
import { LEVEL, SPAN_ID, TRACE_ID } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import { mapsOf, numbersOf, textsOf } from "../columns.ts";
import { isKeptColumn, KeptFields } from "./kept-fields.ts";
import { LabelColumns } from "./label-columns.ts";
import type { KnownWords, WordIndex } from "./line-words.ts";
import { labelsKept, labelsOfLines, lineConditions } from "./line-conditions.ts";
import type { LabelsOf } from "./line-conditions.ts";
import { COUNT_SETTINGS, CountedLabels, planMinutes } from "./minute-counts.ts";
import { doubtful, NUMBER_SETTINGS } from "./parsed-labels.ts";
import type { ParsedLabels } from "./parsed-labels.ts";
import { Sql } from "../sql.ts";
import { linesCondition } from "./streams.ts";
import type { Stream } from "./streams.ts";

/** Pieces of time in one answer; beyond, lines are counted one by one. */
const MAX_BUCKETS = 200_000;
/** Rows of one answer: a bucket of a group each. */
const MAX_ROWS = 1_000_000;

/** What is known of the lines of one group in one bucket. */
interface Bucket {
  readonly index: number;
  readonly value: number;
  readonly count: number;
}

/** How an operator is computed of buckets. */
interface Plan {
  /** Of the lines of a bucket. */
  readonly column: string;
  /** Of the buckets of a window. */
  readonly merge: (buckets: readonly Bucket[]) => number;
}

/**
 * Computes a range aggregation in the engine, where the engine can: lines are counted by pieces of time
 * of which every window is made. Undefined where it cannot, or where a line turns up that it would
 * read otherwise than LogQL does.
 */
export async function aggregateInEngine(
  telemetry: Telemetry,
  streams: readonly Stream[],
  expr: RangeAggregation,
  grid: Grid,
  index: WordIndex,
  signal: AbortSignal | undefined,
): Promise<Matrix | undefined> {
  const counted = await aggregateMinutes(telemetry, streams, expr, grid, signal);
  if (counted !== undefined) return counted;
  const words = await index.find(expr.log.stages, linesOf(expr, grid), signal);
  return aggregateLines(telemetry, streams, expr, grid, words, signal);
}

/**
 * By what is counted of each minute, where filters and groups need no more than labels of streams and
 * levels. Undefined for other questions, and where lines had such a label of their own.
 */
async function aggregateMinutes(
  telemetry: Telemetry,
  streams: readonly Stream[],
  expr: RangeAggregation,
  grid: Grid,
  signal: AbortSignal | undefined,
): Promise<Matrix | undefined> {
  const { stages } = expr.log;
  if (streams.length === 0 || expr.unwrap !== undefined) return undefined;
  if (!stages.every(({ kind }) => kind === "label_filter")) return undefined;
  const sql = new Sql();
  const labels = new CountedLabels(sql, streams);
  const buckets = bucketsOf(expr, grid);
  const plan = planOf(expr, undefined);
  if (buckets === undefined || plan === undefined) return undefined;
  const range = linesOf(expr, grid);
  const { widthNs } = buckets;
  const minutes = planMinutes(sql, streams, { ...range, widthNs, begin: "last" });
  if (minutes === undefined) return undefined;
  const { conditions, exact } = lineConditions(stages, sql, labels);
  const groups = groupsOf(expr.grouping, streams, labels, undefined);
  if (exact === undefined || groups === undefined || labels.needsLines) return undefined;

  const irregular = labels.irregular.length === 0 ? "0" : `(${labels.irregular.join(" OR ")})`;
  const lets = conditions.map((condition) => `(${condition} OR ${irregular})`);
  const names = groups.columns.map((_, i) => `g${i}`);
  const options = signal === undefined ? {} : { signal };
  const counted = telemetry.select(
    `SELECT ${minutes.bucket} AS bucket, ${groups.columns.map((column, i) => `${column} AS g${i},`).join(" ")}
      ${irregular} AS unknown, count() AS lines, ${plan.column} AS value, unknown * lines AS irregular
    FROM logs WHERE ${[minutes.minutes, ...lets].join(" AND ")}
    GROUP BY ${["bucket", ...names, "unknown"].join(", ")} LIMIT ${MAX_ROWS + 1}`,
    sql.parameters,
    { settings: COUNT_SETTINGS, ...options },
  );
  const blocks = [await counted];
  if (minutes.edges !== undefined) {
    const lines = countLines(streams, expr, grid, { also: minutes.edges });
    if (lines === undefined) return undefined;
    blocks.push(
      await telemetry.select(lines.text, lines.parameters, { parallel: true, ...options }),
    );
  }
  return windows(blocks.flat(), groups, { expr, grid, plan, ...buckets });
}

/**
 * Line by line: where fields of lines are kept, by these, and of the other lines by the lines themselves.
 */
async function aggregateLines(
  telemetry: Telemetry,
  streams: readonly Stream[],
  expr: RangeAggregation,
  grid: Grid,
  words: KnownWords | undefined,
  signal: AbortSignal | undefined,
): Promise<Matrix | undefined> {
  const ofKept = countLines(streams, expr, grid, { words, labelsOf: labelsKept });
  const kept = ofKept?.parsed instanceof KeptFields ? ofKept.parsed : undefined;
  const ofLines = countLines(streams, expr, grid, { words, unlike: kept });
  if (ofLines === undefined) return undefined;
  if (streams.length === 0) return [];
  const blocks: Block[] = [];
  const options = signal === undefined ? {} : { signal };
  const statements = ofKept === undefined || kept === undefined ? [ofLines] : [ofKept, ofLines];
  for (const { text, parameters } of statements) {
    const found = await telemetry.select(text, parameters, {
      settings: NUMBER_SETTINGS,
      parallel: true,
      ...options,
    });
    blocks.push(...found);
  }
  return windows(blocks, ofLines.groups, ofLines.shape);
}

/** Which lines are counted, and by what. */
interface Counted {
  readonly also?: (sql: Sql) => string;
  readonly labelsOf?: LabelsOf;
  /** Lines of which this does not know what is asked for. */
  readonly unlike?: KeptFields | undefined;
  readonly words?: KnownWords | undefined;
}

/** The statement that counts lines by bucket and group; undefined when there can be none. */
function countLines(
  streams: readonly Stream[],
  expr: RangeAggregation,
  grid: Grid,
  { also, labelsOf = labelsOfLines, unlike, words }: Counted,
) {
  const sql = new Sql();
  const labels = new LabelColumns(sql, streams);
  const { stages } = expr.log;
  const { conditions, first, exact } = lineConditions(stages, sql, labels, { labelsOf, words });
  const buckets = bucketsOf(expr, grid);
  if (exact === undefined || buckets === undefined) return undefined;
  const { parsed } = exact;
  const plan = planOf(expr, parsed);
  if (plan === undefined) return undefined;
  // The conditions let through all that they may be wrong about; groups are formed of what is left.
  const doubts = doubtful(parsed);
  const present = plan.present === undefined ? [] : [`(${[plan.present, ...doubts].join(" OR ")})`];
  const groups = groupsOf(expr.grouping, streams, labels, parsed);
  if (groups === undefined) return undefined;

  // These are complete only now: each label that was asked for may have added its own.
  const irregular = doubtful(parsed);
  const isIrregular = irregular.length === 0 ? "0" : `(${irregular.join(" OR ")})`;
  const where = [linesCondition(sql, streams, linesOf(expr, grid)), ...conditions, ...present];
  // Looked at before the others, of which the engine then reads and compares less.
  const before = [
    ...(also === undefined ? [] : [also(sql)]),
    ...(parsed instanceof KeptFields ? [parsed.known] : []),
    ...(unlike === undefined ? [] : [`NOT (${unlike.known})`]),
    ...first,
  ];
  // What has few values is grouped by their numbers.
  const names = groups.columns.map((column, i) => (isKeptColumn(column) ? column : `g${i}`));
  const text = `SELECT intDiv(toUnixTimestamp64Nano(time) - ${sql.int64(linesOf(expr, grid).startNs)}, ${sql.int64(buckets.widthNs)}) AS bucket,
      ${groups.columns.map((column, i) => `${isKeptColumn(column) ? `CAST(${column}, 'String')` : column} AS g${i},`).join(" ")}
      count() AS lines, ${plan.column} AS value, countIf(${isIrregular}) AS irregular
    FROM logs ${before.length === 0 ? "" : `PREWHERE ${before.join(" AND ")}`} WHERE ${where.join(" AND ")}
    GROUP BY ${["bucket", ...names].join(", ")} LIMIT ${MAX_ROWS + 1}`;
  return {
    text,
    parameters: sql.parameters,
    groups,
    parsed,
    shape: { expr, grid, plan, ...buckets },
  };
}

/** The longest pieces of time of which all windows are made. */
function bucketsOf(expr: RangeAggregation, grid: Grid) {
  const range = BigInt(Math.round(expr.rangeMs * 1e6));
  const step = BigInt(Math.round(grid.stepMs * 1e6));
  const width = grid.count === 1 ? range : gcd(range, step);
  const total = (range + step * BigInt(grid.count - 1)) / width;
  if (total > BigInt(MAX_BUCKETS)) return undefined;
  return { widthNs: width, perRange: Number(range / width), perStep: Number(step / width) };
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}

function planOf(
  expr: RangeAggregation,
  parsed: ParsedLabels | undefined,
): (Plan & { readonly present: string | undefined }) | undefined {
  const seconds = expr.rangeMs / 1000;
  const sum = (buckets: readonly Bucket[]) =>
    buckets.reduce((total, { value }) => total + value, 0);
  if (expr.unwrap === undefined) {
    const column = expr.operator.startsWith("bytes_")
      ? "toFloat64(sum(length(line)))"
      : "toFloat64(count())";
    const merges: Readonly<Record<string, Plan["merge"]>> = {
      count_over_time: sum,
      bytes_over_time: sum,
      rate: (buckets) => sum(buckets) / seconds,
      bytes_rate: (buckets) => sum(buckets) / seconds,
    };
    const merge = merges[expr.operator];
    return merge === undefined ? undefined : { column, merge, present: undefined };
  }
  const { label, conversion, filters } = expr.unwrap;
  if (conversion === "bytes" || filters.length > 0 || parsed === undefined) return undefined;
  const number = parsed.number(label, conversion);
  if (number === undefined) return undefined;
  const { value, present } = number;
  const plans: Readonly<Record<string, Plan>> = {
    sum_over_time: { column: `sum(${value})`, merge: sum },
    rate: { column: `sum(${value})`, merge: (buckets) => sum(buckets) / seconds },
    avg_over_time: {
      column: `sum(${value})`,
      merge: (buckets) => sum(buckets) / buckets.reduce((total, { count }) => total + count, 0),
    },
    min_over_time: {
      column: `min(${value})`,
      merge: (buckets) => Math.min(...buckets.map((bucket) => bucket.value)),
    },
    max_over_time: {
      column: `max(${value})`,
      merge: (buckets) => Math.max(...buckets.map((bucket) => bucket.value)),
    },
  };
  const plan = plans[expr.operator];
  return plan === undefined ? undefined : { ...plan, present };
}

/** The columns that lines are grouped by, and how a row of them becomes labels. */
interface Groups {
  readonly columns: readonly string[];
  readonly labelsOf: (block: Block) => (row: number) => Labels;
}

function groupsOf(
  grouping: Grouping | undefined,
  streams: readonly Stream[],
  labels: LabelColumns,
  parsed: ParsedLabels | undefined,
): Groups | undefined {
  if (grouping !== undefined && !grouping.without) {
    const columns: string[] = [];
    for (const name of grouping.labels) {
      if (name.startsWith("__")) return undefined;
      const text = parsed === undefined ? labels.text(name) : parsed.text(name);
      if (text === undefined) return undefined;
      columns.push(text);
    }
    const labelsOf = (block: Block) => {
      const data = columns.map((_, i) => textsOf(block, `g${i}`));
      return (row: number) => {
        const group: Record<string, string> = {};
        grouping.labels.forEach((name, i) => {
          const value = data[i]?.[row] ?? "";
          if (value !== "") group[name] = value;
        });
        return group;
      };
    };
    return { columns, labelsOf };
  }
  // All labels count: only those that came with the lines are known by name.
  if (parsed !== undefined) return undefined;
  const byId = new Map(streams.map((stream) => [stream.id, stream.labels] as const));
  const own = ["trace_id", "span_id", "mapSort(metadata)"];
  if (labels instanceof CountedLabels) {
    labels.wantAll();
    own.splice(0, 3, "''", "''", "CAST(map(), 'Map(String, String)')");
  }
  return {
    columns: ["stream", "CAST(level, 'String')", ...own],
    labelsOf(block) {
      const ids = numbersOf(block, "g0");
      const [level, trace, span] = ["g1", "g2", "g3"].map((name) => textsOf(block, name));
      const metadata = mapsOf(block, "g4");
      return (row) => {
        const all: Record<string, string> = {
          ...byId.get(BigInt(ids[row] ?? 0)),
          ...metadata[row],
        };
        const columns = { [LEVEL]: level, [TRACE_ID]: trace, [SPAN_ID]: span };
        for (const [name, data] of Object.entries(columns)) {
          const value = data?.[row] ?? "";
          if (value !== "") all[name] = value;
        }
        return grouping === undefined ? all : grouped(all, grouping);
      };
    },
  };
}

interface Shape {
  readonly expr: RangeAggregation;
  readonly grid: Grid;
  readonly plan: Plan;
  readonly perRange: number;
  readonly perStep: number;
}

/** Makes series of buckets; undefined when one of them holds what the engine cannot tell. */
function windows(blocks: readonly Block[], groups: Groups, shape: Shape): Matrix | undefined {
  const table = new SeriesTable<Bucket[]>(() => []);
  let rows = 0;
  for (const block of blocks) {
    const index = numbersOf(block, "bucket");
    const lines = numbersOf(block, "lines");
    const value = numbersOf(block, "value");
    const irregular = numbersOf(block, "irregular");
    const labelsOf = groups.labelsOf(block);
    rows += block.rows;
    for (let row = 0; row < block.rows; row += 1) {
      if (Number(irregular[row]) > 0) return undefined;
      table.get(labelsOf(row)).push({
        index: Number(index[row]),
        value: Number(value[row]),
        count: Number(lines[row]),
      });
    }
  }
  if (rows > MAX_ROWS) return undefined;
  const { grid, plan, perRange, perStep } = shape;
  const matrix: Series[] = [];
  for (const { labels, item } of table.values()) {
    const buckets = item.sort((a, b) => a.index - b.index);
    const series = emptySeries(labels, grid.count);
    let from = 0;
    let to = 0;
    for (let i = 0; i < grid.count; i += 1) {
      const first = i * perStep;
      while (to < buckets.length && (buckets[to]?.index ?? 0) < first + perRange) to += 1;
      while (from < to && (buckets[from]?.index ?? 0) < first) from += 1;
      if (to <= from) continue;
      series.values[i] = plan.merge(buckets.slice(from, to));
      series.present[i] = 1;
    }
    if (series.present.includes(1)) matrix.push(series);
  }
  return matrix;
}
