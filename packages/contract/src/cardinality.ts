import { z } from "zod";
import { ingestLimits } from "./access.ts";
import { operation } from "./operation.ts";
import { instant } from "./values.ts";

const counted = z.array(z.object({ name: z.string(), value: z.number() }));

/** Which metrics and labels make how many series; each list begins with the largest. */
export const cardinality = z.object({
  series: z.number(),
  labelPairs: z.number(),
  oldestSample: instant.nullable(),
  newestSample: instant.nullable(),
  seriesByMetric: counted,
  valuesByLabel: counted,
  /** Bytes of a label's values over all series. */
  bytesByLabel: counted,
  /** Series by `label=value`. */
  seriesByPair: counted,
  /** The ingest keys that have limits and have sent something since the start. */
  senders: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      activeSeries: z.number(),
      limits: ingestLimits,
      /** Samples that were refused because their series was one too many. */
      refusedSamples: z.number(),
      /** Requests that were told to come again later. */
      delayedRequests: z.number(),
    }),
  ),
});

export const getCardinality = operation({
  method: "GET",
  path: "/api/cardinality",
  access: "read",
  summary: "Which metrics and labels make how many series, of those written on the last UTC days",
  query: z.object({
    /** Series of this metric alone. */
    metric: z.string().min(1).optional(),
    /** UTC days, today among them. */
    days: z.coerce.number().int().min(1).max(30).default(1),
    /** Entries of each list. */
    limit: z.coerce.number().int().min(1).max(1000).default(20),
  }),
  answer: cardinality,
});
