import { z } from "zod";
import { parseDuration } from "../../model/index.ts";

const duration = z.union([z.string(), z.number()]).transform((given, context) => {
  const ms = parseDuration(String(given));
  if (ms === undefined)
    context.addIssue({
      code: "custom",
      message: `"${given}" is not a duration such as 30s or 1h30m`,
    });
  return ms ?? 0;
});

/** Seconds since 1970 or RFC 3339; gives ms. */
const instant = z.union([z.string(), z.number()]).transform((given, context) => {
  const ms = typeof given === "number" ? given * 1000 : Date.parse(given);
  if (Number.isNaN(ms)) context.addIssue({ code: "custom", message: `"${given}" is not a time` });
  return ms;
});

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const labels = z.record(z.string(), text);

const expectedAlert = z.strictObject({
  exp_labels: labels.nullish(),
  exp_annotations: labels.nullish(),
});

const expectedSample = z.strictObject({
  labels: z.string().nullish(),
  value: z.union([z.number(), z.string()]).nullish(),
  histogram: z.string().nullish(),
});

/** Lines of a stream: how many come with each step, in the notation of series. */
const inputStream = z.strictObject({
  stream: z.string(),
  line: z.string(),
  metadata: labels.nullish(),
  values: text,
});

const testGroup = z.strictObject({
  name: text.nullish(),
  interval: duration.nullish(),
  start_timestamp: instant.nullish(),
  input_series: z.array(z.strictObject({ series: z.string(), values: text })).nullish(),
  /** For the rules over logs; promtool does not know it. */
  input_streams: z.array(inputStream).nullish(),
  alert_rule_test: z
    .array(
      z.strictObject({
        eval_time: duration.nullish(),
        alertname: text,
        exp_alerts: z.array(expectedAlert).nullish(),
      }),
    )
    .nullish(),
  promql_expr_test: z
    .array(
      z.strictObject({
        expr: text,
        eval_time: duration.nullish(),
        exp_samples: z.array(expectedSample).nullish(),
      }),
    )
    .nullish(),
  external_labels: labels.nullish(),
  external_url: z.string().nullish(),
});

/**
 * A file of unit tests for rules, as `promtool test rules` reads it, and beyond it for rules over logs:
 * `loki_rule_files` and `input_streams`. Times are ms.
 */
export const ruleTestFile = z.strictObject({
  rule_files: z.array(z.string()).nullish(),
  loki_rule_files: z.array(z.string()).nullish(),
  evaluation_interval: duration.nullish(),
  group_eval_order: z.array(text).nullish(),
  /** Whether values that differ in the last bits are equal. */
  fuzzy_compare: z.boolean().nullish(),
  tests: z.array(testGroup).nullish(),
});

export type RuleTestFile = z.infer<typeof ruleTestFile>;
export type TestGroup = z.infer<typeof testGroup>;
export type AlertTest = NonNullable<TestGroup["alert_rule_test"]>[number];
export type ExpressionTest = NonNullable<TestGroup["promql_expr_test"]>[number];
