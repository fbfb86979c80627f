/** How bad: P1 wakes people, P2 is for the next hour, P3 for the working day. */
export type Severity = "P1" | "P2" | "P3";
