import type { FastifyInstance } from "fastify";
import type { Labels, Span } from "../../model/index.ts";
import { goneSignal } from "../gone.ts";
import type { TracesDeps } from "./deps.ts";
import {
  durationNs,
  microsecondsRange,
  traceIdOf,
  TraceRequestError,
  wholeNumber,
} from "./parameters.ts";
import { traceqlOfForm } from "./search-form.ts";

type Query = Readonly<Record<string, string | string[] | undefined>>;

/** Spans that are read for one answer to a search. */
const MOST_TRACES = 200;

/**
 * The HTTP API that Jaeger's interface and Grafana's Jaeger data source call, under `/jaeger`.
 * https://www.jaegertracing.io/docs/latest/architecture/apis/
 */
export function jaegerRoutes(app: FastifyInstance, { traces, clock }: TracesDeps): void {
  const config = { access: "read" } as const;
  /** Names are listed of the last day: Jaeger's calls for them have no range. */
  const lately = () => {
    const endNs = BigInt(clock.now()) * 1_000_000n;
    return { startNs: endNs - 86_400_000_000_000n, endNs };
  };

  app.get("/api/services", { config }, async (_request, reply) =>
    answer(await traces.services(lately(), { signal: goneSignal(reply) })),
  );

  app.get<{ Params: { service: string } }>(
    "/api/services/:service/operations",
    { config },
    async (request, reply) => {
      const { service } = request.params;
      const options = { signal: goneSignal(reply) };
      const found = await traces.operationNames({ ...lately(), service }, options);
      return answer([...new Set(found.map(({ name }) => name))]);
    },
  );
  app.get<{ Querystring: Query }>("/api/operations", { config }, async (request, reply) => {
    const service = single(request.query, "service") ?? "";
    const kind = single(request.query, "spanKind");
    const options = { signal: goneSignal(reply) };
    const found = await traces.operationNames({ ...lately(), service }, options);
    return answer(
      found
        .filter((operation) => kind === undefined || operation.kind === kind)
        .map(({ name, kind: spanKind }) => ({ name, spanKind })),
    );
  });

  app.get<{ Params: { id: string } }>("/api/traces/:id", { config }, async (request, reply) => {
    const id = traceIdOf(request.params.id);
    const spans = await traces.trace(id, { signal: goneSignal(reply) });
    if (spans.length === 0) throw new TraceRequestError("trace not found", 404);
    return answer([jaegerTrace(spans)]);
  });

  app.get<{ Querystring: Query }>("/api/traces", { config }, async (request, reply) => {
    const { query } = request;
    const signal = goneSignal(reply);
    const ids = query["traceID"];
    const wanted =
      ids === undefined
        ? await searchedIds(query, signal)
        : (Array.isArray(ids) ? ids : [ids]).slice(0, MOST_TRACES).map(traceIdOf);
    const found = [];
    for (const id of wanted) {
      const spans = await traces.trace(id, { signal });
      if (spans.length > 0) found.push(jaegerTrace(spans));
    }
    return answer(found);
  });

  async function searchedIds(query: Query, signal: AbortSignal): Promise<string[]> {
    const found = await traces.search(
      {
        ...microsecondsRange(single(query, "start"), single(query, "end"), clock.now()),
        query: traces.parse(traceqlOf(query)),
        limit: wholeNumber("limit", single(query, "limit"), { otherwise: 20, most: MOST_TRACES }),
        spansEach: 1,
      },
      { signal },
    );
    return found.map(({ traceId }) => traceId);
  }

  app.get<{ Querystring: Query }>("/api/dependencies", { config }, async (request, reply) => {
    const { query } = request;
    const day = 86_400_000;
    const end = wholeNumber("endTs", single(query, "endTs"), {
      otherwise: clock.now(),
      most: 4_102_444_800_000,
    });
    const lookback = wholeNumber("lookback", single(query, "lookback"), {
      otherwise: day,
      most: 30 * day,
    });
    const range = {
      startNs: BigInt(Math.max(0, end - lookback)) * 1_000_000n,
      endNs: BigInt(end) * 1_000_000n,
    };
    const { edges } = await traces.map(range, { signal: goneSignal(reply) });
    return answer(
      edges.map(({ caller, callee, calls }) => ({
        parent: caller,
        child: callee,
        callCount: calls,
      })),
    );
  });
}

function answer(data: readonly unknown[]) {
  return { data, total: data.length, limit: 0, offset: 0, errors: null };
}

function single(query: Query, name: string): string | undefined {
  const value = query[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Jaeger's search as TraceQL. `tags` is a JSON object of texts, `tag` is `name:value`. */
function traceqlOf(query: Query): string {
  const tags = tagsOf(query);
  const failed = tags.find(([name]) => name === "error")?.[1];
  return traceqlOfForm({
    service: single(query, "service"),
    operation: single(query, "operation"),
    status: failed === undefined ? undefined : failed === "true" ? "error" : "!error",
    attributes: tags.filter(([name]) => name !== "error"),
    least: durationNs("minDuration", single(query, "minDuration")),
    most: durationNs("maxDuration", single(query, "maxDuration")),
  });
}

function tagsOf(query: Query): [name: string, value: string][] {
  const tags: [string, string][] = [];
  const json = single(query, "tags") ?? "";
  if (json !== "") {
    let given: unknown;
    try {
      given = JSON.parse(json);
    } catch {
      given = undefined;
    }
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      throw new TraceRequestError("tags must be a JSON object of texts");
    }
    for (const [name, value] of Object.entries(given)) tags.push([name, String(value)]);
  }
  const { tag = [] } = query;
  for (const text of Array.isArray(tag) ? tag : [tag]) {
    const colon = text.indexOf(":");
    if (colon < 1)
      throw new TraceRequestError(`tag must be name:value, not ${JSON.stringify(text)}`);
    tags.push([text.slice(0, colon), text.slice(colon + 1)]);
  }
  return tags;
}

/** A trace in the form of Jaeger's interface; times are microseconds. */
function jaegerTrace(spans: readonly Span[]) {
  const processes: Record<string, { serviceName: string; tags: ReturnType<typeof tags> }> = {};
  const known = new Map<string, string>();
  const processOf = ({ service, resource }: Span): string => {
    const key = JSON.stringify([service, resource]);
    let id = known.get(key);
    if (id === undefined) {
      id = `p${known.size + 1}`;
      known.set(key, id);
      processes[id] = { serviceName: service, tags: tags(resource) };
    }
    return id;
  };
  return {
    traceID: spans[0]?.traceId ?? "",
    spans: spans.map((span) => ({
      traceID: span.traceId,
      spanID: span.spanId,
      operationName: span.name,
      references: [
        ...(span.parentId === ""
          ? []
          : [{ refType: "CHILD_OF", traceID: span.traceId, spanID: span.parentId }]),
        ...span.links.map(({ traceId, spanId }) => ({
          refType: "FOLLOWS_FROM",
          traceID: traceId,
          spanID: spanId,
        })),
      ],
      startTime: micros(span.startNs),
      duration: micros(span.durationNs),
      tags: [
        ...tags(span.attributes),
        ...tags({ "span.kind": span.kind, "otel.scope.name": span.scope }),
        ...(span.status === "unset"
          ? []
          : tags({
              "otel.status_code": span.status.toUpperCase(),
              "otel.status_description": span.statusMessage,
            })),
        ...(span.status === "error" ? [{ key: "error", type: "bool", value: true }] : []),
      ],
      logs: span.events.map(({ timeNs, name, attributes }) => ({
        timestamp: micros(timeNs),
        fields: tags({ event: name, ...attributes }),
      })),
      processID: processOf(span),
      warnings: null,
    })),
    processes,
    warnings: null,
  };
}

function tags(labels: Labels) {
  return Object.entries(labels)
    .filter(([, value]) => value !== "")
    .map(([key, value]) => ({ key, type: "string", value }));
}

function micros(ns: bigint): number {
  return Number(ns / 1000n);
}
