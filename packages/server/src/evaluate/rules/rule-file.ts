import { z } from "zod";
import { parseDuration } from "../../model/index.ts";

const duration = z
  .union([z.string(), z.number()], { error: "must be a duration such as 30s, 5m or 1h30m" })
  .transform((given, context) => {
    const ms = parseDuration(String(given));
    if (ms === undefined)
      context.addIssue({
        code: "custom",
        message: `"${given}" is not a duration such as 30s, 5m or 1h30m`,
      });
    return ms ?? 0;
  });

/** Text fields; a number or a flag that stands without quotes is its text, as with Go's YAML readers. */
const text = z
  .union([z.string(), z.number(), z.boolean()], { error: "must be a text" })
  .transform(String);

const labelMap = z.record(
  z.string(),
  text.nullish().transform((value) => value ?? ""),
);

const limit = z
  .number({ error: "must be a whole number; 0 means no limit" })
  .int("must be a whole number")
  .min(0, "must not be negative; 0 means no limit");

const rule = z.strictObject({
  record: text.nullish(),
  alert: text.nullish(),
  expr: text.nullish(),
  for: duration.nullish(),
  keep_firing_for: duration.nullish(),
  labels: labelMap.nullish(),
  annotations: labelMap.nullish(),
});

const group = z.strictObject({
  name: text.nullish(),
  interval: duration.nullish(),
  query_offset: duration.nullish(),
  limit: limit.nullish(),
  labels: labelMap.nullish(),
  rules: z.array(rule, { error: "must be a list of rules" }).nullish(),
});

/** A rule file as Prometheus reads it: unknown fields are errors. */
export const ruleFile = z.strictObject({
  groups: z.array(group, { error: "must be a list of groups" }).nullish(),
});

export type RuleFile = z.infer<typeof ruleFile>;
export type GroupSection = z.infer<typeof group>;
export type RuleSection = z.infer<typeof rule>;
