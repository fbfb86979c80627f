/** A time of the week or of the day at which a layer is on duty; outside of its windows it is not. */
export interface DutyWindow {
  /** ISO weekdays on which it begins, 1 is Monday. */
  readonly days: readonly number[];
  /** Local times `HH:MM`. An end at or before the beginning is on the next day. */
  readonly from: string;
  readonly to: string;
}

/** People who take turns. */
export interface ScheduleLayer {
  readonly name: string;
  /** An IANA name; handovers and windows are in its local time. */
  readonly timeZone: string;
  /** Users' ids in the order of their turns. */
  readonly people: readonly string[];
  /** The local time of the first handover, `YYYY-MM-DDTHH:MM`; nobody is on duty before it. */
  readonly startsAt: string;
  /** The local time at which the layer ends; null for never. */
  readonly endsAt: string | null;
  /** How long a turn is: handovers keep their local time through daylight saving. */
  readonly turn: { readonly unit: "day" | "week"; readonly length: number };
  /** Empty for all the time. */
  readonly windows: readonly DutyWindow[];
}

/** Somebody takes a duty over for a while. Milliseconds since 1970, the end excluded. */
export interface DutyOverride {
  readonly id: string;
  readonly personId: string;
  readonly from: number;
  readonly to: number;
}

/** Who is on duty from when to when. Milliseconds since 1970, the end excluded. */
export interface Duty {
  readonly from: number;
  readonly to: number;
  readonly personId: string;
  /** The layer's place in its schedule, or the override's id. */
  readonly by: { readonly layer: number } | { readonly override: string };
}
