import type { Rule } from "../../api/prometheus.ts";
import { StateMark } from "../../elements/StateMark.tsx";

/** The rule whose firing is the good state: it proves that rules are evaluated and alerts arrive. */
const watchdog = "Watchdog";

/** Whether a rule fires or is about to, and somebody should know. */
export function isActive({ name, state }: Rule): boolean {
  return name !== watchdog && (state === "firing" || state === "pending");
}

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
  if (rule.name === watchdog)
    return rule.state === "firing" ? (
      <StateMark state="up" word="Alive" pill={pill} />
    ) : (
      <StateMark state="down" word="Silent" pill={pill} />
    );
  return <StateMark state={rule.state ?? "inactive"} pill={pill} />;
}

/** Go's zero time stands for "never". */
export function isKnownInstant(instant: string | undefined): instant is string {
  return instant !== undefined && !instant.startsWith("0001-");
}
