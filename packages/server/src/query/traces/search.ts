import type { Telemetry } from "../../store/index.ts";
import type { Block, Column } from "../../store/index.ts";
import { numbersOf, textsOf } from "../columns.ts";
import { Sql } from "../sql.ts";
import { dayCondition, SpanConditions, timeCondition } from "./conditions.ts";
import type { TimeRange } from "./conditions.ts";
import type { Condition, Spansets, TraceQuery } from "./traceql/ast.ts";

/** A span that made its trace be found. */
export interface FoundSpan {
  readonly spanId: string;
  readonly service: string;
  readonly name: string;
  readonly startNs: bigint;
  readonly durationNs: bigint;
}

/** A trace that was found. */
export interface FoundTrace {
  readonly traceId: string;
  /** The root's, or where it is not there, the earliest span's. */
  readonly rootService: string;
  readonly rootName: string;
  readonly startNs: bigint;
  readonly durationNs: bigint;
  /** Spans in all, and those that failed. */
  readonly spans: number;
  readonly errors: number;
  readonly services: readonly string[];
  /** Spans that fulfil the query, and the first few of them. */
  readonly matched: number;
  readonly found: readonly FoundSpan[];
}

export interface SearchRequest extends TimeRange {
  readonly query: TraceQuery;
  /** Traces; the newest are found. */
  readonly limit: number;
  /** Spans told of each. */
  readonly spansEach: number;
}

/**
 * The newest part of the range is looked at first, then, by how much was found there, as much as is
 * likely to hold the rest: a search that finds much is over soon, and one that finds little looks at
 * all of it once.
 */
const FIRST_PART = 64n;
const LEAST_GROWTH = 3;
/** How many times as long as a part may be looked at for the sake of traces that are partly in it. */
const MOST_AROUND = 2n;

/** Finds the newest traces that fulfil a query. */
export async function searchTraces(
  telemetry: Telemetry,
  request: SearchRequest,
  signal: AbortSignal,
): Promise<FoundTrace[]> {
  const { query, limit, startNs } = request;
  // Whether a trace fulfils more than one spanset is known when all of it has been seen.
  const isOfSpans = query.aggregates.length === 0 && !hasAnd(query.spansets);
  const idsOf = isOfSpans ? newestIds : newestWholeIds;
  const newest = new Set<string>();
  let endNs = request.endNs;
  let part = (endNs - startNs) / FIRST_PART + 1n;
  while (endNs > startNs && newest.size < limit) {
    const fromNs = endNs - part > startNs ? endNs - part : startNs;
    const range = { startNs: fromNs, endNs };
    for (const id of await idsOf(telemetry, request, range, signal)) {
      if (newest.size < limit) newest.add(id);
    }
    endNs = fromNs;
    part =
      newest.size === 0
        ? endNs - startNs
        : part * BigInt(Math.ceil(Math.max(LEAST_GROWTH, (1.3 * limit) / newest.size)));
  }
  const ids = [...newest];
  const traces = await describe(telemetry, ids, request, signal);
  return ids.flatMap((id) => traces.get(id) ?? []);
}

function hasAnd(spansets: Spansets): boolean {
  if (spansets.kind === "spans") return false;
  return spansets.kind === "and" || hasAnd(spansets.left) || hasAnd(spansets.right);
}

/** The newest traces of a part of the range, where each span alone fulfils the query or does not. */
async function newestIds(
  telemetry: Telemetry,
  request: SearchRequest,
  part: TimeRange,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { query, limit } = request;
  const sql = new Sql();
  const conditions = new SpanConditions(sql, request);
  const blocks = await telemetry.select(
    `SELECT trace_id FROM spans WHERE ${timeCondition(sql, part)} AND ${conditions.found(query.spansets)}
    GROUP BY trace_id HAVING ${conditions.having(query.spansets, query.aggregates)}
    ORDER BY max(time) DESC, trace_id LIMIT ${limit}`,
    sql.parameters,
    { signal },
  );
  return blocks.flatMap((block) => textsOf(block, "trace_id"));
}

/**
 * The newest traces that fulfil a query as a whole, of those whose last span that counts is in a part of
 * the range. Traces that have such a span there are looked at from their first to their last span.
 */
async function newestWholeIds(
  telemetry: Telemetry,
  request: SearchRequest,
  part: TimeRange,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { query, limit } = request;
  const around = await timesAround(telemetry, request, part, signal);
  if (around === undefined) return [];
  const sql = new Sql();
  const conditions = new SpanConditions(sql, request);
  const blocks = await telemetry.select(
    `SELECT trace_id FROM spans WHERE ${timeCondition(sql, around)} AND ${conditions.found(query.spansets)}
    GROUP BY trace_id HAVING ${conditions.having(query.spansets, query.aggregates)}
      AND max(time) >= fromUnixTimestamp64Nano(${sql.int64(part.startNs)}, 'UTC') AND max(time) < fromUnixTimestamp64Nano(${sql.int64(part.endNs)}, 'UTC')
    ORDER BY max(time) DESC, trace_id LIMIT ${limit}`,
    sql.parameters,
    { signal },
  );
  return blocks.flatMap((block) => textsOf(block, "trace_id"));
}

/** From the first to the last span of the traces that may have a span that counts in a part of the range. */
async function timesAround(
  telemetry: Telemetry,
  request: SearchRequest,
  part: TimeRange,
  signal: AbortSignal,
): Promise<TimeRange | undefined> {
  const { spansets } = request.query;
  const extent = async (counting: (conditions: SpanConditions) => string) => {
    const sql = new Sql();
    const [block] = await telemetry.select(
      `SELECT count() AS traces, toUnixTimestamp64Nano(min(first)) AS start, toUnixTimestamp64Nano(max(last)) AS end
      FROM trace_times WHERE ${dayCondition(sql, part)} AND trace_id IN (SELECT trace_id FROM spans WHERE ${timeCondition(sql, part)} AND ${counting(new SpanConditions(sql, request))})`,
      sql.parameters,
      { signal },
    );
    if (block === undefined || Number(numbersOf(block, "traces")[0] ?? 0) === 0) return undefined;
    const start = BigInt(numbersOf(block, "start")[0] ?? 0);
    const end = BigInt(numbersOf(block, "end")[0] ?? 0) + 1n;
    return {
      startNs: start > request.startNs ? start : request.startNs,
      endNs: end < request.endNs ? end : request.endNs,
    };
  };
  if (asksAttributes(spansets)) {
    // Attributes are most of what a span takes: traces that may have no span that counts are taken along.
    const around = await extent(() => "1");
    const isNear =
      around !== undefined &&
      around.endNs - around.startNs <= MOST_AROUND * (part.endNs - part.startNs);
    if (around === undefined || isNear) return around;
  }
  return extent((conditions) => conditions.found(spansets));
}

function asksAttributes(spansets: Spansets): boolean {
  if (spansets.kind !== "spans") {
    return asksAttributes(spansets.left) || asksAttributes(spansets.right);
  }
  const asks = (condition: Condition): boolean => {
    if (condition.kind === "compare") return condition.field.kind === "attribute";
    if (condition.kind === "not") return asks(condition.inner);
    return asks(condition.left) || asks(condition.right);
  };
  return spansets.condition !== undefined && asks(spansets.condition);
}

/** A column of arrays, row by row. */
function listsOf(column: Column | undefined, name: string): (string | number | bigint)[][] {
  if (column?.kind !== "array" || !("data" in column.values)) {
    throw new RangeError(`the answer has no lists called ${name}`);
  }
  const { data } = column.values;
  let at = 0;
  return Array.from(column.ends, (end) => {
    const list: (string | number | bigint)[] = [];
    for (; at < end; at += 1) list.push(data[at] ?? "");
    return list;
  });
}

/** What traces are as a whole, of the spans around the range: a trace may begin before it. */
async function describe(
  telemetry: Telemetry,
  ids: readonly string[],
  request: SearchRequest,
  signal: AbortSignal,
): Promise<Map<string, FoundTrace>> {
  const found = new Map<string, FoundTrace>();
  if (ids.length === 0) return found;
  const times = new Sql();
  const [span] = await telemetry.select(
    `SELECT toUnixTimestamp64Nano(min(first)) AS start, toUnixTimestamp64Nano(max(last)) AS end
    FROM trace_times WHERE trace_id IN ${times.texts(ids)} AND ${dayCondition(times, request)}`,
    times.parameters,
    { signal },
  );
  if (span === undefined) return found;
  const sql = new Sql();
  const around = {
    startNs: BigInt(numbersOf(span, "start")[0] ?? 0),
    endNs: BigInt(numbersOf(span, "end")[0] ?? 0) + 1n,
  };
  const asked = new SpanConditions(sql, request).found(request.query.spansets);
  const group = (expression: string) => `groupArrayIf(${request.spansEach})(${expression}, asked)`;
  const blocks = await telemetry.select(
    `SELECT trace_id, argMin(svc, (parent_id != '', time)) AS root_service,
      argMin(nm, (parent_id != '', time)) AS root_name,
      toUnixTimestamp64Nano(min(time)) AS start, max(toUnixTimestamp64Nano(time) + toInt64(duration)) AS end,
      count() AS size, countIf(failed) AS errors, arraySort(groupUniqArray(svc)) AS services, countIf(asked) AS matched,
      ${group("span_id")} AS span_ids, ${group("svc")} AS span_services, ${group("nm")} AS span_names,
      ${group("toUnixTimestamp64Nano(time)")} AS starts, ${group("duration")} AS durations
    FROM (SELECT trace_id, span_id, parent_id, time, duration, CAST(service, 'String') AS svc, CAST(name, 'String') AS nm,
        status = 'error' AS failed, ${timeCondition(sql, request)} AND ${asked} AS asked
      FROM spans WHERE trace_id IN ${sql.texts(ids)} AND ${timeCondition(sql, around)} ORDER BY time, span_id)
    GROUP BY trace_id`,
    sql.parameters,
    { signal },
  );
  for (const trace of blocks.flatMap(tracesOf)) found.set(trace.traceId, trace);
  return found;
}

function tracesOf(block: Block): FoundTrace[] {
  const lists = (name: string) => listsOf(block.columns.get(name), name);
  const [service, name] = [textsOf(block, "root_service"), textsOf(block, "root_name")];
  const [start, end] = [numbersOf(block, "start"), numbersOf(block, "end")];
  const [size, errors] = [numbersOf(block, "size"), numbersOf(block, "errors")];
  const [services, matched] = [lists("services"), numbersOf(block, "matched")];
  const [ids, spanServices, names] = [
    lists("span_ids"),
    lists("span_services"),
    lists("span_names"),
  ];
  const [starts, durations] = [lists("starts"), lists("durations")];
  return textsOf(block, "trace_id").map((traceId, row) => ({
    traceId,
    rootService: service[row] ?? "",
    rootName: name[row] ?? "",
    startNs: BigInt(start[row] ?? 0),
    durationNs: BigInt(end[row] ?? 0) - BigInt(start[row] ?? 0),
    spans: Number(size[row]),
    errors: Number(errors[row]),
    services: (services[row] ?? []).map(String),
    matched: Number(matched[row]),
    found: (ids[row] ?? []).map((id, i) => ({
      spanId: String(id),
      service: String(spanServices[row]?.[i] ?? ""),
      name: String(names[row]?.[i] ?? ""),
      startNs: BigInt(starts[row]?.[i] ?? 0),
      durationNs: BigInt(durations[row]?.[i] ?? 0),
    })),
  }));
}
