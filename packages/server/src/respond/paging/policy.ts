import type {
  EscalationPolicy,
  EscalationStep,
  EscalationTarget,
  IncidentSeverity,
} from "../../model/index.ts";

/** What stands about an escalation that goes on: the step that is next, and in which round. */
export interface Place {
  readonly round: number;
  /** Beyond the policy's last step: everybody. */
  readonly step: number;
}

/**
 * The policy for an incident: of those that take its severity, the first by name that names its
 * service, else the first that names none. Undefined: nobody is paged.
 */
export function policyFor<Policy extends EscalationPolicy>(
  policies: readonly Policy[],
  incident: { readonly severity: IncidentSeverity; readonly service: string | null },
): Policy | undefined {
  const { service, severity } = incident;
  if (severity === "maintenance") return undefined;
  const taking = policies.filter(({ severities }) => severities.includes(severity));
  return (
    (service === null ? undefined : taking.find(({ services }) => services.includes(service))) ??
    taking.find(({ services }) => services.length === 0)
  );
}

/** Who the step pages; in a round robin one after the other, from one incident and round to the next. */
export function targetsOf(
  policy: EscalationPolicy,
  { round, step }: Place,
  turn: number,
): readonly EscalationTarget[] {
  const found = policy.steps[step];
  if (found === undefined) return [{ kind: "everyone" }];
  if (found.mode === "all") return found.targets;
  const target = found.targets[(turn + round) % found.targets.length];
  return target === undefined ? [] : [target];
}

/** What comes after a step, and how long an answer is waited for before it; undefined when nothing does. */
export function placeAfter(
  policy: EscalationPolicy,
  { round, step }: Place,
): (Place & { readonly wait: number }) | undefined {
  const present: EscalationStep | undefined = policy.steps[step];
  if (present === undefined) return undefined;
  const { wait } = present;
  const { length } = policy.steps;
  if (step + 1 < length) return { round, step: step + 1, wait };
  if (round < policy.repeats) return { round: round + 1, step: 0, wait };
  return policy.everyoneInTheEnd ? { round, step: length, wait } : undefined;
}

/** The step in words, e.g. `step 1 of 3`. */
export function stepInWords(policy: EscalationPolicy, { round, step }: Place): string {
  if (step >= policy.steps.length) return "everybody, because nobody has answered";
  const again = round === 0 ? "" : `, round ${round + 1}`;
  return `step ${step + 1} of ${policy.steps.length}${again}`;
}
