import type { ComponentState } from "../../model/index.ts";
import { worstState } from "./state.ts";

export const DAY_MS = 86_400_000;
/** How many days the page shows, today among them. */
export const SHOWN_DAYS = 90;

/** How much of the time in a state counts as down, as Statuspage counts it. */
const DOWN_SHARE: Readonly<Record<ComponentState, number>> = {
  operational: 0,
  degraded_performance: 0,
  partial_outage: 0.3,
  major_outage: 1,
  under_maintenance: 0,
};

/** A stretch of time, the end excluded. Milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is known of one day, UTC. */
export interface DayHistory {
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** Of how much of the day anything is known; 0 is a day without data. */
  readonly knownMs: number;
  readonly downMs: number;
  /** The worst that was shown. */
  readonly worst: ComponentState;
}

/** `YYYY-MM-DD` of an instant, UTC. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The beginnings of the days that are shown, oldest first; the last one is today. */
export function shownDays(now: number): readonly number[] {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  return Array.from({ length: SHOWN_DAYS }, (_, i) => today - (SHOWN_DAYS - 1 - i) * DAY_MS);
}

/**
 * The days of a component by what was shown of it, as far as somebody looked: `changes` are its own,
 * oldest first; before the first one, and outside of `watched`, nothing is known.
 */
export function daysOfChanges(
  changes: readonly { readonly at: number; readonly state: ComponentState }[],
  watched: readonly Span[],
  now: number,
): readonly DayHistory[] {
  return shownDays(now).map((start) => {
    const end = Math.min(start + DAY_MS, now);
    let knownMs = 0;
    let downMs = 0;
    const states: ComponentState[] = [];
    for (const [index, { at, state }] of changes.entries()) {
      const from = Math.max(at, start);
      const to = Math.min(changes[index + 1]?.at ?? now, end);
      if (to <= from) continue;
      const seen = watched.reduce(
        (sum, span) => sum + Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)),
        0,
      );
      if (seen === 0) continue;
      knownMs += seen;
      downMs += seen * DOWN_SHARE[state];
      states.push(state);
    }
    return { day: dayOf(start), knownMs, downMs, worst: worstState(states) };
  });
}

/** The days of a component that is probed, by what the probe found; what was shown gives the colour. */
export function daysOfProbes(
  days: readonly { readonly day: string; readonly knownMs: number; readonly upMs: number }[],
  shown: readonly DayHistory[],
): readonly DayHistory[] {
  const found = new Map(days.map((day) => [day.day, day]));
  return shown.map(({ day, worst }) => {
    const { knownMs = 0, upMs = 0 } = found.get(day) ?? {};
    const downMs = Math.max(0, knownMs - upMs);
    // A probe may have failed for so short a time that nothing was shown of it.
    return { day, knownMs, downMs, worst };
  });
}

/** How much of the known time it was up, 0 to 1, and of how many days anything is known. */
export function uptimeOf(days: readonly DayHistory[]): {
  readonly ratio: number | null;
  readonly knownDays: number;
} {
  const known = days.reduce((sum, { knownMs }) => sum + knownMs, 0);
  const down = days.reduce((sum, { downMs }) => sum + downMs, 0);
  return {
    ratio: known === 0 ? null : Math.max(0, 1 - down / known),
    knownDays: days.filter(({ knownMs }) => knownMs > 0).length,
  };
}
