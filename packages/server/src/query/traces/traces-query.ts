import type { Span } from "../../model/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { bounded } from "../bounded.ts";
import { attributeNames, fieldValues, operationNames, serviceNames } from "./catalogue.ts";
import { compareSlow } from "./compare.ts";
import type { Comparison } from "./compare.ts";
import type { TimeRange } from "./conditions.ts";
import { durationsOverTime } from "./durations.ts";
import type { Durations } from "./durations.ts";
import { searchTraces } from "./search.ts";
import { readTrace } from "./spans.ts";
import type { FoundTrace, SearchRequest } from "./search.ts";
import { operations, serviceMap } from "./services.ts";
import type { OperationFigures, ServiceMap } from "./services.ts";
import { TraceqlError } from "./traceql/ast.ts";
import type { Field, TraceQuery } from "./traceql/ast.ts";
import { parseField, parseTraceql } from "./traceql/parse.ts";

/** What bounds one question. */
export interface AskTracesOptions {
  readonly signal?: AbortSignal;
}

/** Questions about traces. All throw TraceqlError for a query's fault, StoreError for the store's. */
export interface TracesQuery {
  /** Parses TraceQL. Throws TraceqlError. */
  parse(query: string): TraceQuery;
  /** The field of a name, as TraceQL writes it. Throws TraceqlError. */
  field(name: string): Field;
  /** Spans that are read of one trace at most: the oldest. */
  readonly mostSpans: number;
  /** A trace's spans, oldest first; none when there is no such trace. The id has 32 digits. */
  trace(traceId: string, options?: AskTracesOptions): Promise<readonly Span[]>;
  search(request: SearchRequest, options?: AskTracesOptions): Promise<FoundTrace[]>;
  durations(
    request: Parameters<typeof durationsOverTime>[1],
    options?: AskTracesOptions,
  ): Promise<Durations>;
  compare(
    request: Parameters<typeof compareSlow>[1],
    options?: AskTracesOptions,
  ): Promise<Comparison>;
  map(range: TimeRange, options?: AskTracesOptions): Promise<ServiceMap>;
  operations(
    request: Parameters<typeof operations>[1],
    options?: AskTracesOptions,
  ): Promise<OperationFigures[]>;
  services(range: TimeRange, options?: AskTracesOptions): Promise<string[]>;
  operationNames(
    request: TimeRange & { readonly service?: string | undefined },
    options?: AskTracesOptions,
  ): Promise<{ readonly name: string; readonly kind: string }[]>;
  attributeNames(
    of: "span" | "resource",
    range: TimeRange,
    options?: AskTracesOptions,
  ): Promise<string[]>;
  fieldValues(field: Field, range: TimeRange, options?: AskTracesOptions): Promise<string[]>;
}

interface TracesQueryLimits {
  /** Time for one question, ms. */
  readonly timeoutMs: number;
  /** Spans of one trace. */
  readonly maxSpans: number;
}

const DEFAULT_LIMITS: TracesQueryLimits = { timeoutMs: 60_000, maxSpans: 50_000 };

/** Answers questions about traces from the store. */
export function createTracesQuery(deps: {
  readonly telemetry: Telemetry;
  readonly limits?: Partial<TracesQueryLimits>;
}): TracesQuery {
  const { telemetry } = deps;
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };

  const late = () =>
    new TraceqlError(
      `the query took longer than ${limits.timeoutMs / 1000} s; ask for less time or fewer spans`,
      0,
    );
  const ask = <T>(options: AskTracesOptions = {}, work: (signal: AbortSignal) => Promise<T>) =>
    bounded(limits.timeoutMs, options.signal, late, work);

  return {
    parse: parseTraceql,
    field: parseField,
    mostSpans: limits.maxSpans,
    trace: (traceId, options) =>
      ask(options, (signal) => readTrace(telemetry, traceId, limits.maxSpans, signal)),
    search: (request, options) =>
      ask(options, (signal) => searchTraces(telemetry, request, signal)),
    durations: (request, options) =>
      ask(options, (signal) => durationsOverTime(telemetry, request, signal)),
    compare: (request, options) =>
      ask(options, (signal) => compareSlow(telemetry, request, signal)),
    map: (range, options) => ask(options, (signal) => serviceMap(telemetry, range, signal)),
    operations: (request, options) =>
      ask(options, (signal) => operations(telemetry, request, signal)),
    services: (range, options) => ask(options, (signal) => serviceNames(telemetry, range, signal)),
    operationNames: (request, options) =>
      ask(options, (signal) => operationNames(telemetry, request, signal)),
    attributeNames: (of, range, options) =>
      ask(options, (signal) => attributeNames(telemetry, of, range, signal)),
    fieldValues: (field, range, options) =>
      ask(options, (signal) => fieldValues(telemetry, field, range, signal)),
  };
}
