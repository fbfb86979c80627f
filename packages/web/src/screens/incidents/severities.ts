import type { IncidentSeverity } from "@seaworthy/contract";

/** How bad an incident can be, for a field that asks for it. */
export const severities: readonly { readonly value: IncidentSeverity; readonly label: string }[] = [
  { value: "P1", label: "P1: wakes people" },
  { value: "P2", label: "P2: within the hour" },
  { value: "P3", label: "P3: in working hours" },
  { value: "maintenance", label: "Planned work, pages nobody" },
];

/** Those of faults. */
export const faultSeverities = severities.filter(({ value }) => value !== "maintenance");

/** The one that a field holds. */
export function severityOf(value: string): IncidentSeverity {
  return severities.find((each) => each.value === value)?.value ?? "P2";
}
