/** How bad: P1 wakes people, P2 is for the next hour, P3 for the working day. */
export type Severity = "P1" | "P2" | "P3";

/** What an incident is: a fault of some severity, or work that was planned, which pages nobody. */
export type IncidentSeverity = Severity | "maintenance";

/** How far people are with an incident. */
export const INCIDENT_STATES = [
  "triggered",
  "acknowledged",
  "investigating",
  "identified",
  "monitoring",
  "resolved",
] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** Who does what in an incident. */
export const INCIDENT_ROLES = ["commander", "communications", "scribe"] as const;
export type IncidentRole = (typeof INCIDENT_ROLES)[number];

/**
 * What can stand on an incident's timeline. Whoever has something new to tell adds its kind here, in the
 * contract's `timelineKind` and, for its icon, in the interface's `timeline-kinds.ts`.
 */
export type TimelineKind =
  | "opened"
  | "alert_firing"
  | "alert_resolved"
  | "severity_raised"
  | "severity_set"
  | "notified"
  | "notification_failed"
  | "acknowledged"
  | "state_changed"
  | "comment"
  | "picture"
  | "role"
  | "task"
  | "link"
  | "edited"
  | "change"
  | "log_burst"
  | "merged"
  | "split"
  | "resolved"
  | "reopened"
  /** Of the other rooms of an incident's life. */
  | "runbook_step"
  | "post_mortem"
  | "status_update"
  | "control";

/** What an entry points at, beside its words. */
export interface TimelineDetail {
  /** A page of ours (a path) or elsewhere (https://…). */
  readonly url?: string;
  /** Of a note: the pictures that stand below it. */
  readonly pictures?: readonly NotePicture[];
}

/** A picture that stands below a note. */
export interface NotePicture {
  readonly id: string;
  /** What it shows, in words; empty where nobody has said. */
  readonly alt: string;
  /** Points, as it is shown. */
  readonly width: number;
  readonly height: number;
}
