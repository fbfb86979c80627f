import type { Labels } from "./labels.ts";

/** The state of one alert of one rule. */
export type AlertState = "inactive" | "pending" | "firing";

/**
 * An alert as a rule engine hands it to the router (Alertmanager's data model). Times are
 * milliseconds since 1970. `endsAt` in the future means "firing, and resolved by itself at that time
 * unless told again"; in the past it means resolved.
 */
export interface Alert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: number;
  readonly endsAt: number;
  /** Where the alert came from: the expression's page. */
  readonly generatorURL: string;
}

/** An alert as it stands at a moment, with its identity. */
export interface AlertSnapshot extends Alert {
  readonly fingerprint: string;
  readonly status: "firing" | "resolved";
}

/** A group of alerts as the router notifies about it: the content of Alertmanager's webhook. */
export interface AlertGroup {
  /** Identifies the group for as long as the configuration stands: route path and group labels. */
  readonly groupKey: string;
  readonly status: "firing" | "resolved";
  readonly groupLabels: Labels;
  readonly commonLabels: Labels;
  readonly commonAnnotations: Labels;
  readonly alerts: readonly AlertSnapshot[];
}
