import { labelsKey, METRIC_NAME, withoutEmpty } from "../../model/index.ts";
import type { OutputSample } from "./outputs.ts";
import type { RecordingRule } from "./rule-group.ts";
import { RuleError } from "./rule-queries.ts";
import type { RuleSample } from "./rule-queries.ts";

/** The samples that a recording rule makes of its expression's vector. Throws RuleError. */
export function record(
  rule: RecordingRule,
  vector: readonly RuleSample[],
  limit: number,
): OutputSample[] {
  const seen = new Set<string>();
  const samples = vector.map(({ labels, ...sample }) => {
    const own = withoutEmpty({ ...labels, ...rule.labels, [METRIC_NAME]: rule.name });
    seen.add(labelsKey(own));
    return { labels: own, ...sample };
  });
  if (seen.size < samples.length)
    throw new RuleError(
      "vector contains metrics with the same labelset after applying rule labels: keep a label that tells them apart",
    );
  if (limit > 0 && samples.length > limit)
    throw new RuleError(`exceeded limit of ${limit} with ${samples.length} series`);
  return samples;
}
