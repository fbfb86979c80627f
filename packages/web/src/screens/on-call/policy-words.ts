import type {
  EscalationPolicy,
  EscalationTarget,
  PolicyDraft,
  Schedule,
  User,
} from "@seaworthy/contract";
import { formatAge } from "../../values/instant.ts";

/** Who a target is, by name. */
export function targetName(
  target: EscalationTarget,
  schedules: readonly Pick<Schedule, "id" | "name">[],
  people: readonly Pick<User, "id" | "name">[],
): string {
  if (target.kind === "everyone") return "everybody";
  if (target.kind === "person")
    return people.find(({ id }) => id === target.id)?.name ?? "somebody who is gone";
  const schedule = schedules.find(({ id }) => id === target.id);
  return schedule === undefined ? "a schedule that is gone" : `on call by ${schedule.name}`;
}

/** What a policy is for, e.g. `P1 and P2 of checkout, search`. */
export function scopeInWords({
  severities,
  services,
}: Pick<EscalationPolicy, "severities" | "services">): string {
  const which = new Intl.ListFormat("en-GB").format(severities);
  return services.length === 0
    ? `${which} of every service that no other policy names`
    : `${which} of ${services.join(", ")}`;
}

/** The steps, one sentence each. */
export function stepsInWords(
  policy: Pick<PolicyDraft, "steps" | "repeats" | "everyoneInTheEnd">,
  nameOf: (target: EscalationTarget) => string,
): readonly string[] {
  const { steps } = policy;
  const waits = steps.map(({ waitSeconds }) => formatAge(waitSeconds * 1000));
  const sentences = steps.map(({ targets, mode }, place) => {
    const names = targets.map(nameOf);
    const type = mode === "round-robin" ? "disjunction" : "conjunction";
    const who = new Intl.ListFormat("en-GB", { type }).format(names);
    const turns = mode === "round-robin" && names.length > 1 ? ", in turns" : "";
    return place === 0
      ? `At once: ${who}${turns}`
      : `After ${waits[place - 1]} without an answer: ${who}${turns}`;
  });
  const { repeats } = policy;
  const last = waits.at(-1) ?? "";
  if (repeats > 0)
    sentences.push(
      `After ${last} more: all of it again, ${repeats === 1 ? "once" : `${repeats} times`}`,
    );
  if (policy.everyoneInTheEnd) sentences.push(`After ${last} more: everybody`);
  return sentences;
}
