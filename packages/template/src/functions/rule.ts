import { stringMap, StructValue } from "../values.ts";
import type { Value } from "../values.ts";

/** What a rule's label and annotation templates know about one alert. */
export interface RuleAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly externalUrl: string;
  readonly value: number;
}

/** The variables that rule templates have from the start. */
export const RULE_VARIABLES = ["$labels", "$externalLabels", "$externalURL", "$value"] as const;

const TYPE =
  "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value float64 }";

/** The dot and the variables of a rule template. */
export function ruleData(alert: RuleAlert): {
  readonly data: Value;
  readonly variables: Readonly<Record<(typeof RULE_VARIABLES)[number], Value>>;
} {
  const Labels = stringMap(alert.labels);
  const ExternalLabels = stringMap(alert.externalLabels);
  return {
    data: new StructValue(TYPE, {
      Labels,
      ExternalLabels,
      ExternalURL: alert.externalUrl,
      Value: alert.value,
    }),
    variables: {
      $labels: Labels,
      $externalLabels: ExternalLabels,
      $externalURL: alert.externalUrl,
      $value: alert.value,
    },
  };
}
