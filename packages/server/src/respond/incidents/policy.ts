import type { IncidentSeverity, Labels, Severity } from "../../model/index.ts";

/** Which alerts call for an incident, and when one that comes back is the same incident. */
export interface IncidentPolicy {
  /** The label that says how bad an alert is. */
  readonly severityLabel: string;
  /** From that label's value, in lower case, to the incident's severity. Values not listed open none. */
  readonly severities: Readonly<Record<string, Severity>>;
  /** The labels that name the service an alert is about; the first that is there counts. */
  readonly serviceLabels: readonly string[];
  /** An alert that fires again within this time of its incident's end reopens it. Milliseconds. */
  readonly reopenWithin: number;
  /** Within this time of its beginning somebody has to have answered. Milliseconds. */
  readonly respondWithin: Readonly<Record<Severity, number>>;
  /** Alerts that agree in one of these labels (and have it) are one fault: they join one incident. */
  readonly joinLabels: readonly string[];
  /**
   * For so long after an incident began, alerts of services that call its service or are called by it
   * join it. Milliseconds.
   */
  readonly stormWithin: number;
}

/**
 * | severity of the alert | incident |
 * | --- | --- |
 * | critical, page | P1 |
 * | error | P2 |
 * | warning | P3 |
 * | anything else (info, none), or no such label | none |
 */
export const DEFAULT_INCIDENT_POLICY: IncidentPolicy = {
  severityLabel: "severity",
  severities: { critical: "P1", page: "P1", error: "P2", warning: "P3" },
  serviceLabels: ["service", "job"],
  reopenWithin: 5 * 60_000,
  respondWithin: { P1: 15 * 60_000, P2: 60 * 60_000, P3: 4 * 60 * 60_000 },
  joinLabels: [],
  stormWithin: 10 * 60_000,
};

/** The policy with what differs from the default. */
export function incidentPolicy(given: Partial<IncidentPolicy> = {}): IncidentPolicy {
  const policy = { ...DEFAULT_INCIDENT_POLICY, ...given };
  const severities = Object.entries(policy.severities);
  return {
    ...policy,
    severities: Object.fromEntries(severities.map(([name, worth]) => [name.toLowerCase(), worth])),
  };
}

/** The severity of the incident that the alert calls for; undefined when it calls for none. */
export function severityOf(policy: IncidentPolicy, labels: Labels): Severity | undefined {
  const value = (labels[policy.severityLabel] ?? "").toLowerCase();
  return Object.hasOwn(policy.severities, value) ? policy.severities[value] : undefined;
}

/** The service that the alert is about, or null when it does not say. */
export function serviceOf(policy: IncidentPolicy, labels: Labels): string | null {
  for (const name of policy.serviceLabels) {
    const value = labels[name];
    if (value !== undefined && value !== "") return value;
  }
  return null;
}

/** Whether `a` is worse than `b`; everything is worse than what was planned. */
export function worse(a: IncidentSeverity, b: IncidentSeverity): boolean {
  return a < b;
}

/** What joins alerts to one fault, of their labels: `NAME=VALUE`. */
export function joinKeysOf(policy: IncidentPolicy, labels: Labels): readonly string[] {
  return policy.joinLabels.flatMap((name) => {
    const value = labels[name] ?? "";
    return value === "" ? [] : [`${name}=${value}`];
  });
}
