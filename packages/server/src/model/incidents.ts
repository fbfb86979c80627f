/** How bad: P1 wakes people, P2 is for the next hour, P3 for the working day. */
export type Severity = "P1" | "P2" | "P3";

/** The first cut of an incident's life; later states go between acknowledged and resolved. */
export type IncidentState = "triggered" | "acknowledged" | "resolved";
