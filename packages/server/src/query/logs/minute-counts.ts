import { LEVEL, SERVICE_NAME, SPAN_ID, TRACE_ID } from "../../model/index.ts";
import type { Sql } from "../sql.ts";
import { LabelColumns } from "./label-columns.ts";
import type { Stream } from "./streams.ts";

const SECOND_NS = 1_000_000_000n;
const MINUTE_NS = 60n * SECOND_NS;
/** For less time, lines are as quickly counted. */
const LEAST_NS = 10n * MINUTE_NS;
/** Minutes that are cut by the end of a bucket up to which they are named one by one. */
const MAX_EDGES = 50;
/** Of shorter buckets too many minutes are cut. */
const LEAST_CUT_WIDTH_NS = 3n * MINUTE_NS;

/**
 * What the projection `minutes` of `logs` is made of, as it is written there. Windows of LogQL end with
 * their last moment: a line of just the full minute belongs to the minute before.
 */
const MINUTE = "toStartOfMinute(time)";
const ON_THE_MINUTE = "toUnixTimestamp64Nano(time) % 60000000000 = 0";
const NAMES = "mapKeys(metadata)";
/** Where a minute begins in which lines of a row are, ns since 1970: by its first or by its last moment. */
const BEGINS = {
  first: `(toInt64(toUnixTimestamp(${MINUTE})) * 1000000000)`,
  last: `((toInt64(toUnixTimestamp(${MINUTE})) - if(${ON_THE_MINUTE}, 60, 0)) * 1000000000)`,
};

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
  /** The other lines, which are counted one by one, as a condition; undefined where there are none. */
  readonly edges: ((sql: Sql) => string) | undefined;
}

/** Of which time, ns since 1970, in pieces of which length. */
export interface Buckets {
  /** From (inclusive) to (exclusive). */
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly widthNs: bigint;
  /** Which moment of two buckets' border belongs to the later one: theirs, or the one behind it. */
  readonly begin: "first" | "last";
}

/**
 * How lines by bucket can be told by the counts of minutes; undefined when counting lines is as well.
 * Buckets count from the border that `startNs` is or follows.
 */
export function planMinutes(
  sql: Sql,
  streams: readonly Stream[],
  { startNs, endNs, widthNs, begin }: Buckets,
): MinutePlan | undefined {
  // Borders between moments, as if the first of a bucket were at it.
  const behind = begin === "first" ? 0n : 1n;
  const [start, end] = [startNs - behind, endNs - behind];
  if (widthNs < MINUTE_NS || end - start < LEAST_NS || start < MINUTE_NS) return undefined;
  const cut = cutMinutes(start, end, widthNs);
  if (cut === undefined && widthNs < LEAST_CUT_WIDTH_NS) return undefined;
  const services = [...new Set(streams.map(({ labels }) => labels[SERVICE_NAME] ?? ""))];
  const at = BEGINS[begin];
  const whole = (query: Sql) => {
    const [from, to, width] = [query.int64(start), query.int64(end), query.int64(widthNs)];
    const inRange = `${at} >= ${from} AND ${at} + 60000000000 <= ${to}`;
    const bucket = `intDiv(${at} - ${from}, ${width})`;
    const inOne = `${bucket} = intDiv(${at} + 59999999999 - ${from}, ${width})`;
    return { bucket, condition: cut?.length === 0 ? inRange : `${inRange} AND ${inOne}` };
  };
  const { bucket, condition } = whole(sql);
  const minutes = [
    // By these two whole parts and granules are left out, also of lines that are not counted by minutes.
    `${MINUTE} >= toDateTime(intDiv(${sql.int64(start)}, 1000000000) - 60, 'UTC')`,
    `${MINUTE} <= toDateTime(intDiv(${sql.int64(end)}, 1000000000), 'UTC')`,
    condition,
    `service IN ${sql.texts(services)}`,
    `stream IN ${sql.ids(streams.map(({ id }) => id))}`,
  ].join(" AND ");
  if (cut?.length === 0) return { minutes, bucket, edges: undefined };
  if (cut === undefined) {
    if (widthNs % MINUTE_NS !== 0n) {
      return { minutes, bucket, edges: (lines) => `NOT (${whole(lines).condition})` };
    }
    // All ends lie as far into their minute, which is a piece of each bucket; the range's end may not.
    const firstCut = (start - (start % MINUTE_NS)) / SECOND_NS;
    const lastCut = (end - (end % MINUTE_NS)) / SECOND_NS;
    const second = `intDiv(toUnixTimestamp64Nano(time) - ${behind}, 1000000000)`;
    const edges = (lines: Sql) =>
      `((${second} - ${lines.int64(firstCut)}) % ${lines.int64(widthNs / SECOND_NS)} < 60 OR ${second} >= ${lines.int64(lastCut)})`;
    return { minutes, bucket, edges };
  }
  const time = (lines: Sql, ns: bigint) => `fromUnixTimestamp64Nano(${lines.int64(ns)}, 'UTC')`;
  const edges = (lines: Sql) =>
    cut
      .map(
        ({ fromNs, toNs }) =>
          `(time >= ${time(lines, fromNs + behind)} AND time < ${time(lines, toNs + behind)})`,
      )
      .join(" OR ");
  return { minutes, bucket, edges: (lines) => `(${edges(lines)})` };
}

/** What is in range of minutes that are cut by a bucket's end; undefined when they are many. */
function cutMinutes(start: bigint, end: bigint, width: bigint) {
  if (start % MINUTE_NS === 0n && width % MINUTE_NS === 0n) {
    const last = end - (end % MINUTE_NS);
    return last === end ? [] : [{ fromNs: last, toNs: end }];
  }
  if ((end - start) / width > BigInt(MAX_EDGES)) return undefined;
  const edges: { fromNs: bigint; toNs: bigint }[] = [];
  for (let at = start; ; at = at + width < end ? at + width : end) {
    const minute = at - (at % MINUTE_NS);
    const fromNs = minute > start ? minute : start;
    const toNs = minute + MINUTE_NS < end ? minute + MINUTE_NS : end;
    const last = edges.at(-1);
    // A minute may be cut twice.
    if (minute !== at && last !== undefined && fromNs < last.toNs) last.toNs = toNs;
    else if (minute !== at && fromNs < toNs) edges.push({ fromNs, toNs });
    if (at === end) return edges;
  }
}
