import type { Telemetry } from "../../store/index.ts";
import type { Block, Column } from "../../store/index.ts";
import { numbersOf, textsOf } from "../columns.ts";
import { Sql } from "../sql.ts";
import { dayCondition, SpanConditions, timeCondition } from "./conditions.ts";
import type { TimeRange } from "./conditions.ts";
import type { TraceQuery } from "./traceql/ast.ts";

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

/** Finds the newest traces that fulfil a query. */
export async function searchTraces(
  telemetry: Telemetry,
  request: SearchRequest,
  signal: AbortSignal,
): Promise<FoundTrace[]> {
  const { query, limit, spansEach } = request;
  const sql = new Sql();
  const conditions = new SpanConditions(sql, request);
  const group = (expression: string) => `groupArray(${spansEach})(${expression})`;
  const blocks = await telemetry.select(
    `SELECT trace_id, count() AS matched, max(time) AS latest, ${group("span_id")} AS ids,
      ${group("CAST(service, 'String')")} AS services, ${group("CAST(name, 'String')")} AS names,
      ${group("toUnixTimestamp64Nano(time)")} AS starts, ${group("duration")} AS durations
    FROM spans WHERE ${timeCondition(sql, request)} AND ${conditions.found(query.spansets)}
    GROUP BY trace_id HAVING ${conditions.having(query.spansets, query.aggregates)}
    ORDER BY latest DESC LIMIT ${limit}`,
    sql.parameters,
    { signal },
  );
  const matches = blocks.flatMap(matchesOf);
  const traces = await describe(
    telemetry,
    matches.map(({ traceId }) => traceId),
    request,
    signal,
  );
  return matches.flatMap((match) => {
    const trace = traces.get(match.traceId);
    return trace === undefined ? [] : [{ ...trace, ...match }];
  });
}

type Match = Pick<FoundTrace, "traceId" | "matched" | "found">;

function matchesOf(block: Block): Match[] {
  const traceIds = textsOf(block, "trace_id");
  const matched = numbersOf(block, "matched");
  const lists = (name: string) => listsOf(block.columns.get(name), name);
  const [ids, services, names] = [lists("ids"), lists("services"), lists("names")];
  const [starts, durations] = [lists("starts"), lists("durations")];
  return traceIds.map((traceId, row) => ({
    traceId,
    matched: Number(matched[row]),
    found: (ids[row] ?? []).map((id, i) => ({
      spanId: String(id),
      service: String(services[row]?.[i] ?? ""),
      name: String(names[row]?.[i] ?? ""),
      startNs: BigInt(starts[row]?.[i] ?? 0),
      durationNs: BigInt(durations[row]?.[i] ?? 0),
    })),
  }));
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
  range: TimeRange,
  signal: AbortSignal,
): Promise<Map<string, Omit<FoundTrace, "matched" | "found">>> {
  const found = new Map<string, Omit<FoundTrace, "matched" | "found">>();
  if (ids.length === 0) return found;
  const times = new Sql();
  const [span] = await telemetry.select(
    `SELECT toUnixTimestamp64Nano(min(first)) AS start, toUnixTimestamp64Nano(max(last)) AS end
    FROM trace_times WHERE trace_id IN ${times.texts(ids)} AND ${dayCondition(times, range)}`,
    times.parameters,
    { signal },
  );
  if (span === undefined) return found;
  const sql = new Sql();
  const around = {
    startNs: BigInt(numbersOf(span, "start")[0] ?? 0),
    endNs: BigInt(numbersOf(span, "end")[0] ?? 0) + 1n,
  };
  const blocks = await telemetry.select(
    `SELECT trace_id, argMin(CAST(service, 'String'), (parent_id != '', time)) AS root_service,
      argMin(CAST(name, 'String'), (parent_id != '', time)) AS root_name,
      toUnixTimestamp64Nano(min(time)) AS start, max(toUnixTimestamp64Nano(time) + toInt64(duration)) AS end,
      count() AS size, countIf(status = 'error') AS errors, arraySort(groupUniqArray(CAST(service, 'String'))) AS services
    FROM spans WHERE trace_id IN ${sql.texts(ids)} AND ${timeCondition(sql, around)} GROUP BY trace_id`,
    sql.parameters,
    { signal },
  );
  for (const block of blocks) {
    const services = listsOf(block.columns.get("services"), "services");
    const [service, name] = [textsOf(block, "root_service"), textsOf(block, "root_name")];
    const [start, end] = [numbersOf(block, "start"), numbersOf(block, "end")];
    const [size, errors] = [numbersOf(block, "size"), numbersOf(block, "errors")];
    textsOf(block, "trace_id").forEach((traceId, row) => {
      found.set(traceId, {
        traceId,
        rootService: service[row] ?? "",
        rootName: name[row] ?? "",
        startNs: BigInt(start[row] ?? 0),
        durationNs: BigInt(end[row] ?? 0) - BigInt(start[row] ?? 0),
        spans: Number(size[row]),
        errors: Number(errors[row]),
        services: (services[row] ?? []).map(String),
      });
    });
  }
  return found;
}
