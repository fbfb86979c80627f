import { SPAN_KINDS, SPAN_STATUSES } from "../../model/index.ts";
import type { Labels, Span, SpanEvent, SpanLink } from "../../model/index.ts";
import type { Block, Telemetry } from "../../store/index.ts";
import { mapsOf, numbersOf, textsOf } from "../columns.ts";
import { Sql } from "../sql.ts";
import { timeCondition } from "./conditions.ts";
import type { TimeRange } from "./conditions.ts";

/** Reads a trace's spans, oldest first, at most so many; none when there is no such trace. */
export async function readTrace(
  telemetry: Telemetry,
  traceId: string,
  most: number,
  signal: AbortSignal,
): Promise<Span[]> {
  const range = await timesOf(telemetry, traceId, signal);
  if (range === undefined) return [];
  const sql = new Sql();
  const blocks = await telemetry.select(
    `SELECT CAST(service, 'String') AS svc, CAST(name, 'String') AS nm, toUnixTimestamp64Nano(time) AS start, duration,
      CAST(kind, 'String') AS knd, CAST(status, 'String') AS sts, status_message, trace_id, span_id, parent_id,
      CAST(scope, 'String') AS scp, resource, attributes, events, links
    FROM spans WHERE trace_id = ${sql.text(traceId)} AND ${timeCondition(sql, range)}
    ORDER BY time, span_id LIMIT ${most}`,
    sql.parameters,
    { signal },
  );
  return blocks.flatMap(spansOf);
}

async function timesOf(
  telemetry: Telemetry,
  traceId: string,
  signal: AbortSignal,
): Promise<TimeRange | undefined> {
  const sql = new Sql();
  const [block] = await telemetry.select(
    `SELECT toUnixTimestamp64Nano(min(first)) AS start, toUnixTimestamp64Nano(max(last)) AS end
    FROM trace_times WHERE trace_id = ${sql.text(traceId)} GROUP BY trace_id`,
    sql.parameters,
    { signal },
  );
  if (block === undefined) return undefined;
  const start = numbersOf(block, "start")[0] ?? 0;
  const end = numbersOf(block, "end")[0] ?? 0;
  return { startNs: BigInt(start), endNs: BigInt(end) + 1n };
}

function spansOf(block: Block): Span[] {
  const texts = (name: string) => textsOf(block, name);
  const [service, name, kind, status, message] = [
    texts("svc"),
    texts("nm"),
    texts("knd"),
    texts("sts"),
    texts("status_message"),
  ];
  const [trace, id, parent, scope] = [
    texts("trace_id"),
    texts("span_id"),
    texts("parent_id"),
    texts("scp"),
  ];
  const [events, links] = [texts("events"), texts("links")];
  const [start, duration] = [numbersOf(block, "start"), numbersOf(block, "duration")];
  const [resource, attributes] = [mapsOf(block, "resource"), mapsOf(block, "attributes")];
  return Array.from({ length: block.rows }, (_, row) => ({
    traceId: trace[row] ?? "",
    spanId: id[row] ?? "",
    parentId: parent[row] ?? "",
    service: service[row] ?? "",
    name: name[row] ?? "",
    kind: SPAN_KINDS.find((known) => known === kind[row]) ?? "unspecified",
    startNs: BigInt(start[row] ?? 0),
    durationNs: BigInt(duration[row] ?? 0),
    status: SPAN_STATUSES.find((known) => known === status[row]) ?? "unset",
    statusMessage: message[row] ?? "",
    scope: scope[row] ?? "",
    resource: resource[row] ?? {},
    attributes: attributes[row] ?? {},
    events: eventsOf(events[row] ?? ""),
    links: linksOf(links[row] ?? ""),
  }));
}

// As the store writes them, see store/clickhouse/traces/span-rows.ts.
function eventsOf(json: string): SpanEvent[] {
  if (json === "") return [];
  const list = JSON.parse(json) as [time: string, name: string, attributes: Labels][];
  return list.map(([time, name, attributes]) => ({ timeNs: BigInt(time), name, attributes }));
}

function linksOf(json: string): SpanLink[] {
  if (json === "") return [];
  const list = JSON.parse(json) as [traceId: string, spanId: string, attributes: Labels][];
  return list.map(([traceId, spanId, attributes]) => ({ traceId, spanId, attributes }));
}
