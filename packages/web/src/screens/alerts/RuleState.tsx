import type { Rule } from "../../api/prometheus.ts";
import { StateMark } from "../../elements/StateMark.tsx";

/** What a rule says, or that it cannot say anything. */
export function RuleState({
  rule,
  pill = false,
}: {
  readonly rule: Rule;
  readonly pill?: boolean;
}) {
  if (rule.health === "err") return <StateMark state="failed" word="Error" pill={pill} />;
  if (rule.type === "recording") return <StateMark state="clear" word="Recording" pill={pill} />;
  return <StateMark state={rule.state ?? "inactive"} pill={pill} />;
}

/** Go's zero time stands for "never". */
export function isKnownInstant(instant: string | undefined): instant is string {
  return instant !== undefined && !instant.startsWith("0001-");
}
