import { z } from "zod";
import { operation } from "./operation.ts";
import { instant, labels, traceLinks } from "./values.ts";

/** The last hour when left out; from (inclusive) to (exclusive). */
const range = { start: instant.optional(), end: instant.optional() };

const duration = z
  .string()
  .regex(/^\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h)$/, "must be a duration such as 250ms or 1.5s");

/** What spans are asked about: TraceQL, or the fields below it. */
const asked = {
  ...range,
  /** TraceQL, for example `{ duration > 1s && status = error }`. Not together with the fields below. */
  q: z.string().max(16_384).optional(),
  service: z.string().min(1).max(1000).optional(),
  /** A span's name. */
  operation: z.string().min(1).max(1000).optional(),
  /** Of a span. */
  minDuration: duration.optional(),
  maxDuration: duration.optional(),
  status: z.enum(["unset", "ok", "error"]).optional(),
  /** Attributes of spans or resources: `http.route="/pay" region=eu`. */
  attributes: z.string().max(4000).optional(),
};

const kind = z.enum(["unspecified", "internal", "server", "client", "producer", "consumer"]);
const status = z.enum(["unset", "ok", "error"]);

/** A trace that was found. Durations of this API are nanoseconds. */
export const foundTrace = z.object({
  traceId: z.string(),
  /** Of the root, or where it is not there, of the earliest span. */
  service: z.string(),
  name: z.string(),
  start: instant,
  durationNs: z.number(),
  spans: z.number().int(),
  errors: z.number().int(),
  services: z.array(z.string()),
  /** Spans that are as was asked, and the first few of them. */
  matched: z.number().int(),
  found: z.array(
    z.object({
      spanId: z.string(),
      service: z.string(),
      name: z.string(),
      start: instant,
      durationNs: z.number(),
      links: traceLinks,
    }),
  ),
  links: traceLinks,
});
export type TraceSummary = z.infer<typeof foundTrace>;

export const searchTraces = operation({
  method: "GET",
  path: "/api/traces",
  access: "read",
  summary: "The newest traces with spans that are as asked",
  query: z.object({
    ...asked,
    limit: z.coerce.number().int().min(1).max(500).default(50),
    /** Spans told of each trace. */
    spansEach: z.coerce.number().int().min(1).max(20).default(3),
  }),
  answer: z.object({
    /** What was asked, as TraceQL. */
    query: z.string(),
    traces: z.array(foundTrace),
    /** Whether there may be more, older than these. */
    more: z.boolean(),
  }),
});

/** A span within its trace. */
export const traceSpan = z.object({
  spanId: z.string(),
  /** Empty for a root. */
  parentId: z.string(),
  service: z.string(),
  name: z.string(),
  kind,
  status,
  statusMessage: z.string(),
  /** The instrumentation that made it. */
  scope: z.string(),
  /** From the trace's start. */
  offsetNs: z.number(),
  durationNs: z.number(),
  attributes: labels,
  /** Its place in `resources`. */
  resource: z.number().int(),
  events: z.array(z.object({ offsetNs: z.number(), name: z.string(), attributes: labels })),
  /** Other spans that it says it belongs with. */
  links: z.array(z.object({ traceId: z.string(), spanId: z.string(), attributes: labels })),
  /** The path of the page with its log lines. */
  logs: z.string(),
});
export type TraceSpan = z.infer<typeof traceSpan>;

export const getTrace = operation({
  method: "GET",
  path: "/api/traces/:traceId",
  access: "read",
  summary: "A trace whole",
  params: z.object({
    traceId: z
      .string()
      .regex(/^[0-9a-fA-F]{1,32}$/, "a trace id has up to 32 hexadecimal digits")
      .describe("Leading zeros may be left out"),
  }),
  answer: z.object({
    traceId: z.string(),
    start: instant,
    /** ns since 1970, in decimal: more digits than a number keeps. */
    startNs: z.string(),
    durationNs: z.number(),
    /** Whether the trace has more spans than one answer holds; these are the first. */
    cut: z.boolean(),
    links: traceLinks,
    resources: z.array(labels),
    /** In order of their start. */
    spans: z.array(traceSpan),
  }),
});
export type Trace = z.infer<(typeof getTrace)["answer"]>;

export const getTraceDurations = operation({
  method: "GET",
  path: "/api/traces/durations",
  access: "read",
  summary: "How long the spans that are as asked took, over time",
  query: z.object({
    ...asked,
    /** Steps of time that the range is cut into. */
    steps: z.coerce.number().int().min(1).max(300).default(60),
  }),
  answer: z.object({
    stepSeconds: z.number(),
    start: instant,
    spans: z.number().int(),
    errors: z.number().int(),
    /** Only those that are not empty. */
    cells: z.array(
      z.object({
        /** Which step of time, from 0. */
        step: z.number().int(),
        /** The spans took from this (inclusive) to √2 times this. */
        fromNs: z.number(),
        spans: z.number().int(),
        errors: z.number().int(),
      }),
    ),
  }),
});
export type TraceDurations = z.infer<(typeof getTraceDurations)["answer"]>;

export const getTraceNames = operation({
  method: "GET",
  path: "/api/traces/names",
  access: "read",
  summary: "Services that sent spans, and the names of their operations; at most 1,000 of each",
  query: z.object({
    ...range,
    /** Operations of this service alone. */
    service: z.string().min(1).max(1000).optional(),
  }),
  answer: z.object({
    services: z.array(z.string()),
    operations: z.array(z.object({ name: z.string(), kind })),
  }),
});

const figures = {
  calls: z.number(),
  errors: z.number(),
  p50Ns: z.number(),
  p95Ns: z.number(),
};

export const getServiceMap = operation({
  method: "GET",
  path: "/api/traces/service-map",
  access: "read",
  summary: "Which service calls which, how often, how fast, and how many calls fail",
  query: z.object(range),
  answer: z.object({
    /** Seconds of the range: calls divided by them are a rate. */
    seconds: z.number(),
    /** One in so many calls was looked at; their counts are of all, estimated. */
    oneIn: z.number().int(),
    services: z.array(
      z.object({
        name: z.string(),
        /** What sends no spans itself is known from its callers. */
        kind: z.enum(["service", "database", "queue", "outside"]),
        ...figures,
      }),
    ),
    calls: z.array(z.object({ caller: z.string(), callee: z.string(), ...figures })),
  }),
});
export type ServiceMap = z.infer<(typeof getServiceMap)["answer"]>;

export const listTraceOperations = operation({
  method: "GET",
  path: "/api/traces/operations",
  access: "read",
  summary:
    "Operations, by the time that they took in all, by their p95 or by their share of errors",
  query: z.object({
    ...range,
    service: z.string().min(1).max(1000).optional(),
    sort: z.enum(["total", "p95", "errors"]).default("total"),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  answer: z.object({
    /** Seconds of the range. */
    seconds: z.number(),
    operations: z.array(
      z.object({
        service: z.string(),
        name: z.string(),
        kind,
        ...figures,
        p99Ns: z.number(),
        totalNs: z.number(),
      }),
    ),
  }),
});
export type TraceOperation = z.infer<(typeof listTraceOperations)["answer"]>["operations"][number];

export const compareTraces = operation({
  method: "GET",
  path: "/api/traces/comparison",
  access: "read",
  summary: "Which attributes slow spans have more often, or less, than the others",
  query: z.object({
    ...asked,
    /** Spans that take so long are slow; the slowest twentieth when left out. */
    slowerThan: duration.optional(),
    limit: z.coerce.number().int().min(1).max(200).default(30),
  }),
  answer: z.object({
    thresholdNs: z.number(),
    /** Spans of each kind that were looked at. */
    slow: z.number().int(),
    normal: z.number().int(),
    /** The largest difference first. */
    differences: z.array(
      z.object({
        name: z.string(),
        value: z.string(),
        /** 0 to 1. */
        slowShare: z.number(),
        normalShare: z.number(),
      }),
    ),
  }),
});
export type TraceComparison = z.infer<(typeof compareTraces)["answer"]>;
