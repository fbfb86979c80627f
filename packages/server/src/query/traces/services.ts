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
const MAP_SPANS = 200_000;
const MOST_EDGES = 2000;
/** Calls that come in: what a service is asked for. */
const INCOMING = "kind IN ('server', 'consumer')";
const OUTGOING = "kind IN ('client', 'producer')";

/** Who calls whom, how often and how fast. */
export async function serviceMap(
  telemetry: Telemetry,
  range: TimeRange,
  signal: AbortSignal,
): Promise<ServiceMap> {
  const oneIn = Math.max(1, Math.ceil((await countSpans(telemetry, range, signal)) / MAP_SPANS));
  const [services, called] = await Promise.all([
    readNodes(telemetry, range, signal),
    readCalls(telemetry, range, oneIn, signal),
  ]);
  const nodes = new Map(services.map((node) => [node.name, node]));
  for (const { outside, edge } of called) {
    if (outside === undefined) continue;
    const { callee: name, calls, errors, p50Ns, p95Ns } = edge;
    const known = nodes.get(name);
    nodes.set(name, {
      name,
      kind: known?.kind ?? outside,
      calls: calls + (known?.calls ?? 0),
      errors: errors + (known?.errors ?? 0),
      p50Ns: Math.max(p50Ns, known?.p50Ns ?? 0),
      p95Ns: Math.max(p95Ns, known?.p95Ns ?? 0),
    });
  }
  return {
    nodes: [...nodes.values()],
    // Services before what is outside, each by the number of calls.
    edges: [false, true].flatMap((isOutside) =>
      called.filter(({ outside }) => (outside !== undefined) === isOutside).map(({ edge }) => edge),
    ),
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
    `SELECT toFloat64(sum(hour_calls)) AS spans FROM ${hourFigures(sql, range, ["service"], () => "1")}`,
    sql.parameters,
    { signal, settings: HOUR_SETTINGS },
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

/** Calls from one to another; `outside`: what the callee is where no span of its own answered. */
interface Called {
  readonly outside: Exclude<ServiceNode["kind"], "service"> | undefined;
  readonly edge: ServiceEdge;
}

/**
 * Calls, each put together of its spans: the calling one and those that answer it, which have the same
 * `call`. What no span answers goes to a database, a queue, or a service that is not watched. All of it
 * is one look at the spans, which are many more than calls that are drawn.
 */
async function readCalls(
  telemetry: Telemetry,
  range: TimeRange,
  oneIn: number,
  signal: AbortSignal,
): Promise<Called[]> {
  const sql = new Sql();
  const calling = (column: string) => `anyIf(${column}, ${OUTGOING})`;
  const blocks = await telemetry.select(
    `SELECT CAST(caller, 'String') AS caller, CAST(answer.1, 'String') AS callee, CAST(what, 'String') AS what,
      count() AS calls, countIf(answer.2) AS errors,
      quantileTDigest(0.5)(answer.3) AS p50, quantileTDigest(0.95)(answer.3) AS p95
    FROM (
      SELECT ${calling("service")} AS caller, groupArrayIf((service, status = 'error', duration), ${INCOMING}) AS answers,
        if(empty(answers), ${calling("peer_kind")}, '') AS what,
        if(empty(answers), [(${calling("peer")}, ${calling("status = 'error'")}, ${calling("duration")})], answers) AS called
      FROM spans PREWHERE call != 0 AND call % ${oneIn} = 0 WHERE ${timeCondition(sql, range)}
      GROUP BY call HAVING countIf(${OUTGOING}) > 0
    ) ARRAY JOIN called AS answer
    WHERE callee != '' AND (what != '' OR caller != callee)
    GROUP BY caller, callee, what ORDER BY calls DESC LIMIT ${MOST_EDGES}`,
    sql.parameters,
    { signal },
  );
  return blocks.flatMap((block) => {
    const figures = figuresOf(block, oneIn);
    const [callees, kinds] = [textsOf(block, "callee"), textsOf(block, "what")];
    return textsOf(block, "caller").map((caller, row): Called => {
      const kind = kinds[row];
      return {
        outside: kind === "database" || kind === "queue" || kind === "outside" ? kind : undefined,
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
