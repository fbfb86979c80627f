import type { IncidentState } from "../../model/index.ts";

/**
 * Which state may follow which when a person says so. Nobody can take back that somebody answered: an
 * incident is triggered only by being opened, or by an alert that fires again. What is resolved is
 * reopened, which is a command of its own.
 */
const NEXT: Readonly<Record<IncidentState, readonly IncidentState[]>> = {
  triggered: ["acknowledged", "investigating", "identified", "monitoring", "resolved"],
  acknowledged: ["investigating", "identified", "monitoring", "resolved"],
  investigating: ["identified", "monitoring", "resolved"],
  identified: ["investigating", "monitoring", "resolved"],
  monitoring: ["investigating", "identified", "resolved"],
  resolved: [],
};

/** The states to which an incident may go, the usual one first. */
export function statesAfter(state: IncidentState): readonly IncidentState[] {
  return NEXT[state];
}

/** Whether it may go from one to the other. */
export function mayFollow(from: IncidentState, to: IncidentState): boolean {
  return NEXT[from].includes(to);
}
