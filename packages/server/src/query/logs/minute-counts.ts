import { linesOf } from "@seaworthy/logql";
import type { Grid, RangeAggregation } from "@seaworthy/logql";
import { LEVEL, SERVICE_NAME, SPAN_ID, TRACE_ID } from "../../model/index.ts";
import type { Sql } from "../sql.ts";
import { LabelColumns } from "./label-columns.ts";
import type { Stream } from "./streams.ts";

const MINUTE_NS = 60_000_000_000n;
/** For less time, lines are as quickly counted. */
const LEAST_NS = 10n * MINUTE_NS;
/** Ends of windows within a minute, around which lines are read; beyond, all lines are counted. */
const MAX_EDGES = 50;

/**
 * What the projection `minutes` of `logs` is made of, as it is written there. Windows of LogQL end with
 * their last moment: a line of just the full minute belongs to the minute before.
 */
const MINUTE = "toStartOfMinute(time)";
const ON_THE_MINUTE = "toUnixTimestamp64Nano(time) % 60000000000 = 0";
const NAMES = "mapKeys(metadata)";
/** Where a minute begins in which lines of a row are, ns since 1970. */
const BEGIN = `((toInt64(toUnixTimestamp(${MINUTE})) - if(${ON_THE_MINUTE}, 60, 0)) * 1000000000)`;

/** Under which settings the engine takes the projection, where a part of the table has it. */
export const COUNT_SETTINGS = {
  optimize_use_projections: 1,
  // It would look for other columns than those of the projection.
  optimize_functions_to_subcolumns: 0,
};

/** Labels of lines that are counted by their minute: those that came with lines one by one are not known. */
export class CountedLabels extends LabelColumns {
  readonly #irregular = new Set<string>();
  readonly #ofStreams: ReadonlySet<string>;
  /** Whether a label was asked for that lines alone can have. */
  needsLines = false;

  constructor(sql: Sql, streams: readonly Stream[]) {
    super(sql, streams);
    this.#ofStreams = new Set(streams.flatMap(({ labels }) => Object.keys(labels)));
  }

  /** Where a label's value is not known. */
  get irregular(): readonly string[] {
    return [...this.#irregular];
  }

  /** Notes that all labels of a line are wanted. */
  wantAll(): void {
    this.#irregular.add(`notEmpty(${NAMES})`);
    this.#irregular.add("notEmpty(trace_id)");
    this.#irregular.add("notEmpty(span_id)");
  }

  protected override metadata(name: string, sql: Sql): string | undefined {
    if (name === LEVEL) return super.metadata(name, sql);
    if (!this.#ofStreams.has(name)) this.needsLines = true;
    if (name === TRACE_ID || name === SPAN_ID) this.#irregular.add(`notEmpty(${name})`);
    else this.#irregular.add(`has(${NAMES}, ${sql.text(name)})`);
    return undefined;
  }
}

/** Which lines are counted how. */
export interface MinutePlan {
  /** Whole minutes of one bucket, as a condition; and the number of their bucket. */
  readonly minutes: string;
  readonly bucket: string;
  /** Lines that are counted one by one: from (exclusive) to (inclusive), ns since 1970. */
  readonly edges: readonly { readonly fromNs: bigint; readonly toNs: bigint }[];
}

/**
 * How a range aggregation over buckets of `widthNs` can be told by the counts of minutes; undefined
 * when counting lines is as well.
 */
export function planMinutes(
  sql: Sql,
  streams: readonly Stream[],
  expr: RangeAggregation,
  grid: Grid,
  widthNs: bigint,
): MinutePlan | undefined {
  const { startNs, endNs } = linesOf(expr, grid);
  const [start, end] = [startNs - 1n, endNs - 1n];
  if (widthNs < MINUTE_NS || end - start < LEAST_NS || start < MINUTE_NS) return undefined;
  const edges = edgesOf(start, end, widthNs);
  if (edges === undefined) return undefined;
  const services = [...new Set(streams.map(({ labels }) => labels[SERVICE_NAME] ?? ""))];
  const [from, to, width] = [sql.int64(start), sql.int64(end), sql.int64(widthNs)];
  const bucket = `intDiv(${BEGIN} - ${from}, ${width})`;
  const minutes = [
    // By these two whole parts and granules are left out, also of lines that are not counted by minutes.
    `${MINUTE} >= toDateTime(intDiv(${from}, 1000000000) - 60, 'UTC')`,
    `${MINUTE} <= toDateTime(intDiv(${to}, 1000000000), 'UTC')`,
    `${BEGIN} >= ${from} AND ${BEGIN} + 60000000000 <= ${to}`,
    ...(edges.length === 0
      ? []
      : [`${bucket} = intDiv(${BEGIN} + 59999999999 - ${from}, ${width})`]),
    `service IN ${sql.texts(services)}`,
    `stream IN ${sql.ids(streams.map(({ id }) => id))}`,
  ];
  return { minutes: minutes.join(" AND "), bucket, edges };
}

/** The minutes that are cut by a bucket's end; undefined when they are too many. */
function edgesOf(start: bigint, end: bigint, width: bigint) {
  if (start % MINUTE_NS === 0n && end % MINUTE_NS === 0n && width % MINUTE_NS === 0n) return [];
  if ((end - start) / width > BigInt(MAX_EDGES)) return undefined;
  const edges: { fromNs: bigint; toNs: bigint }[] = [];
  for (let at = start; at <= end; at += width) {
    const minute = at - (at % MINUTE_NS);
    if (minute === at) continue;
    const fromNs = minute > start ? minute : start;
    const toNs = minute + MINUTE_NS < end ? minute + MINUTE_NS : end;
    const last = edges.at(-1);
    // A minute may be cut twice.
    if (last !== undefined && fromNs < last.toNs) last.toNs = toNs;
    else if (fromNs < toNs) edges.push({ fromNs, toNs });
  }
  return edges;
}
