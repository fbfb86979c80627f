import { z } from "zod";
import { operation } from "./operation.ts";
import { instant, labels, ruleLanguage } from "./values.ts";

/** An expression's graph and the line in it, for expressions that compare with a constant. */
export const comparison = z.object({
  /** The side that changes: what to draw. */
  expression: z.string(),
  /** e.g. `>`, with the graph on its left. */
  operator: z.string(),
  threshold: z.number(),
});
export type Comparison = z.infer<typeof comparison>;

/** A time during which an alert would have fired. */
export const previewFiring = z.object({
  /** Of the expression's series: the rule's own labels are not added. */
  labels,
  from: instant,
  /** Null while it fires still. */
  to: instant.nullable(),
  seconds: z.number(),
});

export const rulePreview = z.object({
  start: instant,
  end: instant,
  /** How far apart the evaluations are. */
  stepSeconds: z.number(),
  /** How often it would have fired: "4 times". */
  times: z.number().int(),
  /** How long at least one alert would have fired: "for 23 minutes in all". */
  firingSeconds: z.number(),
  /** How often the expression was true for less than `for`. */
  tooShort: z.number().int(),
  /** Series that the expression gave. */
  series: z.number().int(),
  /** Oldest first; the first ones when there are more than are listed. */
  firings: z.array(previewFiring),
  truncated: z.boolean(),
  /** Null as well for LogQL, which is not taken apart. */
  comparison: comparison.nullable(),
});
export type RulePreview = z.infer<typeof rulePreview>;

const HOUR = 3600;

export const previewRule = operation({
  method: "POST",
  path: "/api/rules/preview",
  access: "read",
  summary: "When an alerting rule would have fired during the last days",
  body: z.object({
    expression: z.string().min(1).max(20_000),
    language: ruleLanguage.default("promql"),
    /** The rule's `for`. */
    forSeconds: z
      .number()
      .min(0)
      .max(30 * 24 * HOUR)
      .default(0),
    /** The rule's `keep_firing_for`. */
    keepFiringForSeconds: z
      .number()
      .min(0)
      .max(30 * 24 * HOUR)
      .default(0),
    days: z.number().min(0.01).max(30).default(7),
  }),
  answer: rulePreview,
});
