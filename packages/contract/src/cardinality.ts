import { z } from "zod";
import { ingestLimits } from "./access.ts";
import { operation } from "./operation.ts";
import { instant } from "./values.ts";

const counted = z.array(z.object({ name: z.string(), value: z.number() }));

/** Which metrics, labels and targets make how many series; each list begins with the largest. */
export const cardinality = z.object({
  series: z.number(),
  /** Series of as many days before; what `added` compares with. */
  seriesBefore: z.number(),
  labelPairs: z.number(),
  /** How many would be left if `label` were dropped; null when none was asked for. */
  seriesWithoutLabel: z.number().nullable(),
  oldestSample: instant.nullable(),
  newestSample: instant.nullable(),
  /** `added`: those that were not there on as many days before. */
  seriesByMetric: z.array(z.object({ name: z.string(), value: z.number(), added: z.number() })),
  valuesByLabel: counted,
  /** Bytes of a label's values over all series. */
  bytesByLabel: counted,
  /** Series by `label=value`; of `label` alone where that was asked for. */
  seriesByPair: counted,
  /** Series by what was scraped; empty texts where they have no such label. */
  seriesByTarget: z.array(z.object({ job: z.string(), instance: z.string(), value: z.number() })),
  /** Series that were written in the last one to two hours, and how many may be (`limits.series`). */
  active: z.object({ series: z.number(), limit: z.number() }),
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
export type Cardinality = z.infer<typeof cardinality>;

export const getCardinality = operation({
  method: "GET",
  path: "/api/cardinality",
  access: "read",
  summary:
    "Which metrics, labels and targets make how many series, of those written on the last UTC days",
  query: z.object({
    /** Series of this metric alone. */
    metric: z.string().min(1).max(10_000).optional(),
    /** Series that have this label alone. */
    label: z.string().min(1).max(1000).optional(),
    /** UTC days, today among them. */
    days: z.coerce.number().int().min(1).max(30).default(1),
    /** Entries of each list. */
    limit: z.coerce.number().int().min(1).max(1000).default(20),
  }),
  answer: cardinality,
});
