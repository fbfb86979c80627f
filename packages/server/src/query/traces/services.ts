import type { Telemetry } from "../../store/index.ts";
import { numbersOf, textsOf } from "../columns.ts";
import { Sql } from "../sql.ts";
import { timeCondition } from "./conditions.ts";
import type { TimeRange } from "./conditions.ts";
import { FIGURES, HOUR_SETTINGS, hourFigures, IS_ROOT } from "./hour-figures.ts";

/** What calls took, of one kind of call. */
export interface CallFigures {
  readonly calls: number;
  readonly errors: number;
  /** ns */
  readonly p50Ns: number;
  readonly p95Ns: number;
}

export interface ServiceNode extends CallFigures {
  readonly name: string;
  /** What does not send spans itself is known from its callers alone. */
  readonly kind: "service" | "database" | "queue" | "outside";
}

export interface ServiceEdge extends CallFigures {
  readonly caller: string;
  readonly callee: string;
}

export interface ServiceMap {
  readonly nodes: readonly ServiceNode[];
  readonly edges: readonly ServiceEdge[];
  /** One in so many calls was looked at; the counts are of all, estimated where it is not 1. */
  readonly oneIn: number;
}

/** An operation with what it cost in all. */
export interface OperationFigures extends CallFigures {
  readonly service: string;
  readonly name: string;
  readonly kind: string;
  readonly p99Ns: number;
  readonly totalNs: number;
}

/** Spans of a service map; beyond, one in some calls is looked at. */
const MAP_SPANS = 300_000;
const MOST_EDGES = 2000;
/** Calls that come in: what a service is asked for. */
const INCOMING = "kind IN ('server', 'consumer')";
const OUTGOING = "kind IN ('client', 'producer')";
const CALL_FIGURES =
  "count() AS calls, countIf(status = 'error') AS errors, quantileTDigest(0.5)(duration) AS p50, quantileTDigest(0.95)(duration) AS p95";

/** Who calls whom, how often and how fast. */
export async function serviceMap(
  telemetry: Telemetry,
  range: TimeRange,
  signal: AbortSignal,
): Promise<ServiceMap> {
  const oneIn = Math.max(1, Math.ceil((await countSpans(telemetry, range, signal)) / MAP_SPANS));
  const [services, called, outside] = await Promise.all([
    readNodes(telemetry, range, signal),
    readEdges(telemetry, range, oneIn, signal),
    readOutside(telemetry, range, oneIn, signal),
  ]);
  const nodes = new Map(services.map((node) => [node.name, node]));
  for (const { kind, edge } of outside) {
    const { callee: name, calls, errors, p50Ns, p95Ns } = edge;
    const known = nodes.get(name);
    nodes.set(name, {
      name,
      kind: known?.kind ?? kind,
      calls: calls + (known?.calls ?? 0),
      errors: errors + (known?.errors ?? 0),
      p50Ns: Math.max(p50Ns, known?.p50Ns ?? 0),
      p95Ns: Math.max(p95Ns, known?.p95Ns ?? 0),
    });
  }
  return {
    nodes: [...nodes.values()],
    edges: [...called, ...outside.map(({ edge }) => edge)],
    oneIn,
  };
}

async function countSpans(
  telemetry: Telemetry,
  range: TimeRange,
  signal: AbortSignal,
): Promise<number> {
  const sql = new Sql();
  const [block] = await telemetry.select(
    `SELECT count() AS spans FROM spans WHERE ${timeCondition(sql, range)}`,
    sql.parameters,
    { signal },
  );
  return block === undefined ? 0 : Number(numbersOf(block, "spans")[0]);
}

async function readNodes(
  telemetry: Telemetry,
  range: TimeRange,
  signal: AbortSignal,
): Promise<ServiceNode[]> {
  const sql = new Sql();
  const blocks = await telemetry.select(
    `SELECT CAST(service, 'String') AS svc, ${FIGURES}
    FROM ${hourFigures(sql, range, ["service"], () => `(${INCOMING} OR ${IS_ROOT})`)}
    GROUP BY service ORDER BY calls DESC LIMIT 1000`,
    sql.parameters,
    { signal, settings: HOUR_SETTINGS },
  );
  return blocks.flatMap((block) => {
    const figures = figuresOf(block, 1);
    return textsOf(block, "svc").map((name, row) => ({ name, kind: "service", ...figures(row) }));
  });
}

async function readEdges(
  telemetry: Telemetry,
  range: TimeRange,
  oneIn: number,
  signal: AbortSignal,
): Promise<ServiceEdge[]> {
  const sql = new Sql();
  const blocks = await telemetry.select(
    `SELECT CAST(caller, 'String') AS caller, CAST(callee, 'String') AS callee, ${CALL_FIGURES} FROM
      (SELECT call, service AS callee, status, duration FROM spans
        WHERE ${timeCondition(sql, range)} AND ${INCOMING} AND call != 0 AND call % ${oneIn} = 0) AS called
      INNER JOIN
      (SELECT call, service AS caller FROM spans
        WHERE ${timeCondition(sql, range)} AND ${OUTGOING} AND call % ${oneIn} = 0) AS calling
      ON called.call = calling.call
    WHERE caller != callee GROUP BY caller, callee ORDER BY calls DESC LIMIT ${MOST_EDGES}`,
    sql.parameters,
    { signal },
  );
  return blocks.flatMap((block) => {
    const figures = figuresOf(block, oneIn);
    const callees = textsOf(block, "callee");
    return textsOf(block, "caller").map((caller, row) => ({
      caller,
      callee: callees[row] ?? "",
      ...figures(row),
    }));
  });
}

/** Calls that no span answers: databases, queues, and services that are not watched. */
async function readOutside(
  telemetry: Telemetry,
  range: TimeRange,
  oneIn: number,
  signal: AbortSignal,
): Promise<{ readonly kind: ServiceNode["kind"]; readonly edge: ServiceEdge }[]> {
  const sql = new Sql();
  const blocks = await telemetry.select(
    `SELECT CAST(service, 'String') AS caller, CAST(peer, 'String') AS callee, CAST(peer_kind, 'String') AS what, ${CALL_FIGURES}
    FROM spans WHERE ${timeCondition(sql, range)} AND ${OUTGOING} AND call % ${oneIn} = 0 AND peer != ''
      AND call NOT IN (SELECT call FROM spans
        WHERE ${timeCondition(sql, range)} AND ${INCOMING} AND call != 0 AND call % ${oneIn} = 0)
    GROUP BY caller, callee, what ORDER BY calls DESC LIMIT ${MOST_EDGES}`,
    sql.parameters,
    { signal },
  );
  return blocks.flatMap((block) => {
    const figures = figuresOf(block, oneIn);
    const [callees, kinds] = [textsOf(block, "callee"), textsOf(block, "what")];
    return textsOf(block, "caller").map((caller, row) => {
      const kind = kinds[row];
      return {
        kind: kind === "database" || kind === "queue" ? kind : ("outside" as const),
        edge: { caller, callee: callees[row] ?? "", ...figures(row) },
      };
    });
  });
}

/** By what operations are ranked: their time in all, their 95th percentile, the share that failed. */
export type OperationRank = "total" | "p95" | "errors";

const RANKS: Readonly<Record<OperationRank, string>> = {
  total: "total DESC",
  p95: "p95 DESC, total DESC",
  errors: "errors / calls DESC, errors DESC, total DESC",
};

/** The operations that rank first; `service` narrows. */
export async function operations(
  telemetry: Telemetry,
  request: TimeRange & {
    readonly service?: string | undefined;
    readonly by?: OperationRank;
    readonly limit: number;
  },
  signal: AbortSignal,
): Promise<OperationFigures[]> {
  const sql = new Sql();
  const { service } = request;
  const ofService = (inner: Sql) =>
    service === undefined ? "1" : `service = ${inner.text(service)}`;
  const blocks = await telemetry.select(
    `SELECT CAST(service, 'String') AS svc, CAST(name, 'String') AS nm, CAST(kind, 'String') AS knd, ${FIGURES}
    FROM ${hourFigures(sql, request, ["service", "name", "kind"], ofService)}
    GROUP BY service, name, kind ORDER BY ${RANKS[request.by ?? "total"]}, svc, nm, knd LIMIT ${request.limit}`,
    sql.parameters,
    { signal, settings: HOUR_SETTINGS },
  );
  return blocks.flatMap((block) => {
    const figures = figuresOf(block, 1);
    const [names, kinds] = [textsOf(block, "nm"), textsOf(block, "knd")];
    const [p99, total] = [numbersOf(block, "p99"), numbersOf(block, "total")];
    return textsOf(block, "svc").map((service, row) => ({
      service,
      name: names[row] ?? "",
      kind: kinds[row] ?? "",
      ...figures(row),
      p99Ns: Number(p99[row]),
      totalNs: Number(total[row]),
    }));
  });
}

function figuresOf(
  block: Parameters<typeof numbersOf>[0],
  oneIn: number,
): (row: number) => CallFigures {
  const [calls, errors] = [numbersOf(block, "calls"), numbersOf(block, "errors")];
  const [p50, p95] = [numbersOf(block, "p50"), numbersOf(block, "p95")];
  return (row) => ({
    calls: Number(calls[row]) * oneIn,
    errors: Number(errors[row]) * oneIn,
    p50Ns: Number(p50[row]),
    p95Ns: Number(p95[row]),
  });
}
