import {
  compareTraces,
  getServiceMap,
  getTrace,
  getTraceDurations,
  getTraceNames,
  linksOfSpans,
  listTraceOperations,
  searchTraces,
} from "@seaworthy/contract";
import type { Trace, TraceSummary } from "@seaworthy/contract";
import { SPAN_KINDS, messageOf } from "../../model/index.ts";
import type { Clock, Labels, Span } from "../../model/index.ts";
import { TraceqlError } from "../../query/index.ts";
import type { FoundTrace, TracesQuery } from "../../query/index.ts";
import { RequestError, ShowError } from "../errors.ts";
import { goneSignal } from "../gone.ts";
import { durationNs, traceIdOf } from "../traces/parameters.ts";
import { readTags, traceqlOfForm } from "../traces/search-form.ts";
import type { Serve } from "./serve.ts";

const NS = 1_000_000n;
/** Without a range the last hour is meant. */
const HOUR_MS = 3_600_000;

interface Asked {
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly q?: string | undefined;
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
  readonly minDuration?: string | undefined;
  readonly maxDuration?: string | undefined;
  readonly status?: string | undefined;
  readonly attributes?: string | undefined;
}

/** Traces: found, one whole, services and operations, slow against normal. */
export function serveTraces(
  serve: Serve,
  sources: { readonly traces: TracesQuery },
  clock: Clock,
): void {
  const rangeOf = ({ start, end }: Pick<Asked, "start" | "end">) => {
    const endMs = end === undefined ? clock.now() : Date.parse(end);
    const startMs = start === undefined ? endMs - HOUR_MS : Date.parse(start);
    if (endMs <= startMs) refuse("start", "must be before end");
    return {
      startNs: BigInt(startMs) * NS,
      endNs: BigInt(endMs) * NS,
      seconds: (endMs - startMs) / 1000,
    };
  };
  const askedFor = (asked: Asked) => {
    const text = traceqlOf(asked);
    return { text, query: sources.traces.parse(text), ...rangeOf(asked) };
  };

  serve(searchTraces, ({ query: given, reply }) =>
    told(async () => {
      const { text, ...asked } = askedFor(given);
      const found = await sources.traces.search(
        { ...asked, limit: given.limit, spansEach: given.spansEach },
        { signal: goneSignal(reply) },
      );
      return { query: text, traces: found.map(summary), more: found.length >= given.limit };
    }),
  );

  serve(getTrace, ({ params, reply }) =>
    told(async () => {
      const id = traceIdOf(params.traceId);
      const spans = await sources.traces.trace(id, { signal: goneSignal(reply) });
      if (spans.length === 0) {
        throw new ShowError(
          "trace_not_found",
          404,
          `There is no trace ${id}. It may be older than traces are kept, or it has not come in yet.`,
        );
      }
      return wholeTrace(id, spans, spans.length >= sources.traces.mostSpans);
    }),
  );

  serve(getTraceDurations, ({ query: given, reply }) =>
    told(async () => {
      const asked = askedFor(given);
      const { stepNs, cells } = await sources.traces.durations(
        { ...asked, steps: given.steps },
        { signal: goneSignal(reply) },
      );
      return {
        stepSeconds: Number(stepNs) / 1e9,
        start: instantOf(asked.startNs),
        spans: cells.reduce((sum, cell) => sum + cell.spans, 0),
        errors: cells.reduce((sum, cell) => sum + cell.errors, 0),
        cells: [...cells],
      };
    }),
  );

  serve(getTraceNames, ({ query, reply }) =>
    told(async () => {
      const options = { signal: goneSignal(reply) };
      const range = rangeOf(query);
      const [services, operations] = await Promise.all([
        sources.traces.services(range, options),
        sources.traces.operationNames({ ...range, service: query.service }, options),
      ]);
      return {
        services,
        operations: operations.map(({ name, kind }) => ({ name, kind: kindOf(kind) })),
      };
    }),
  );

  serve(getServiceMap, ({ query, reply }) =>
    told(async () => {
      const range = rangeOf(query);
      const { nodes, edges, oneIn } = await sources.traces.map(range, {
        signal: goneSignal(reply),
      });
      return { seconds: range.seconds, oneIn, services: [...nodes], calls: [...edges] };
    }),
  );

  serve(listTraceOperations, ({ query, reply }) =>
    told(async () => {
      const range = rangeOf(query);
      const operations = await sources.traces.operations(
        { ...range, service: query.service, by: query.sort, limit: query.limit },
        { signal: goneSignal(reply) },
      );
      return {
        seconds: range.seconds,
        operations: operations.map((each) => ({ ...each, kind: kindOf(each.kind) })),
      };
    }),
  );

  serve(compareTraces, ({ query: given, reply }) =>
    told(async () => {
      const thresholdNs = durationNs("slowerThan", given.slowerThan);
      const { differences, ...counts } = await sources.traces.compare(
        {
          ...askedFor(given),
          limit: given.limit,
          ...(thresholdNs === undefined ? {} : { thresholdNs }),
        },
        { signal: goneSignal(reply) },
      );
      return { ...counts, differences: [...differences] };
    }),
  );
}

/** Tells what is wrong with a query in the own API's form. */
async function told<T>(answer: () => Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof TraceqlError) throw new ShowError("traceql_refused", 400, error.message);
    throw error;
  }
}

function refuse(field: string, reason: string): never {
  throw new RequestError([{ field: `query.${field}`, reason }]);
}

function traceqlOf(asked: Asked): string {
  const { q, service, operation, status, attributes, minDuration, maxDuration } = asked;
  const fields = { service, operation, status, attributes, minDuration, maxDuration };
  if (q !== undefined) {
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) refuse(name, "cannot stand beside q; say it in the TraceQL");
    }
    return q;
  }
  return traceqlOfForm({
    service,
    operation,
    status,
    attributes: tagsOf(attributes ?? ""),
    least: durationNs("minDuration", minDuration),
    most: durationNs("maxDuration", maxDuration),
  });
}

function tagsOf(text: string): [name: string, value: string][] {
  try {
    return readTags(text);
  } catch (error) {
    return refuse("attributes", messageOf(error));
  }
}

function instantOf(ns: bigint): string {
  return new Date(Number(ns / NS)).toISOString();
}

const kindOf = (text: string) => SPAN_KINDS.find((kind) => kind === text) ?? "unspecified";

function summary(trace: FoundTrace): TraceSummary {
  return {
    traceId: trace.traceId,
    service: trace.rootService,
    name: trace.rootName,
    start: instantOf(trace.startNs),
    durationNs: Number(trace.durationNs),
    spans: trace.spans,
    errors: trace.errors,
    services: [...trace.services],
    matched: trace.matched,
    found: trace.found.map(({ spanId, service, name, startNs, durationNs: ns }) => ({
      spanId,
      service,
      name,
      start: instantOf(startNs),
      durationNs: Number(ns),
      links: linksBetween(trace.traceId, spanId, startNs, startNs + ns),
    })),
    links: linksBetween(trace.traceId, undefined, trace.startNs, trace.startNs + trace.durationNs),
  };
}

/** Where a trace, or one span of it, leads. */
function linksBetween(traceId: string, spanId: string | undefined, startNs: bigint, endNs: bigint) {
  return { ...linksOfSpans(traceId, spanId, Number(startNs / NS), Number(endNs / NS)) };
}

/** Resources are told once: thousands of spans share a few. */
function wholeTrace(traceId: string, spans: readonly Span[], cut: boolean): Trace {
  let startNs = spans[0]?.startNs ?? 0n;
  let endNs = startNs;
  for (const span of spans) {
    if (span.startNs < startNs) startNs = span.startNs;
    if (span.startNs + span.durationNs > endNs) endNs = span.startNs + span.durationNs;
  }
  const resources: Labels[] = [];
  const places = new Map<string, number>();
  const placeOf = (resource: Labels): number => {
    const key = JSON.stringify(resource);
    let place = places.get(key);
    if (place === undefined) {
      place = resources.push(resource) - 1;
      places.set(key, place);
    }
    return place;
  };
  return {
    traceId,
    start: instantOf(startNs),
    startNs: String(startNs),
    durationNs: Number(endNs - startNs),
    cut,
    spans: spans.map((span) => ({
      spanId: span.spanId,
      parentId: span.parentId,
      service: span.service,
      name: span.name,
      kind: span.kind,
      status: span.status,
      statusMessage: span.statusMessage,
      scope: span.scope,
      offsetNs: Number(span.startNs - startNs),
      durationNs: Number(span.durationNs),
      attributes: span.attributes,
      resource: placeOf(span.resource),
      events: span.events.map(({ timeNs, name, attributes }) => ({
        offsetNs: Number(timeNs - startNs),
        name,
        attributes,
      })),
      links: span.links.map((link) => ({ ...link })),
      logs: linksBetween(traceId, span.spanId, span.startNs, span.startNs + span.durationNs).logs,
    })),
    links: linksBetween(traceId, undefined, startNs, endNs),
    resources,
  };
}
