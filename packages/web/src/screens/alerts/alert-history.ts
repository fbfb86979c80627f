import type { AlertHistory, Firing } from "@seaworthy/contract";
import { count, formatQuantity } from "../../values/quantity.ts";

/** How often an alert began to fire lately, where the configuration calls that flapping. */
export function flapsOf({ firings, flapping }: AlertHistory, now: number): number | null {
  if (flapping === null) return null;
  const since = now - flapping.withinSeconds * 1000;
  const lately = firings.filter(({ startedAt }) => Date.parse(startedAt) > since).length;
  return lately >= flapping.firings ? lately : null;
}

/** What the history comes to, in one sentence. */
export function sumUp({ firings, firingSeconds, truncated }: AlertHistory, days: number): string {
  if (firings.length === 0) return `It has not fired in the last ${days} days.`;
  const often = firings.length === 1 ? "once" : count(firings.length, "time");
  return `Fired ${truncated ? "more than " : ""}${often} in ${days} days, for ${formatQuantity(firingSeconds, "seconds")} in all`;
}

/** A firing's place in a strip: where it begins and how wide it is, as shares of the whole. */
export interface StripPiece {
  readonly left: number;
  readonly width: number;
}

/** The firings as pieces of a strip from `start` to `end` (milliseconds); what lasts still ends now. */
export function stripOf(
  firings: readonly Firing[],
  start: number,
  end: number,
): readonly StripPiece[] {
  const length = Math.max(1, end - start);
  return firings.flatMap(({ startedAt, endedAt }) => {
    // What began since the strip was drawn last is at its end.
    const from = Math.min(end, Math.max(start, Date.parse(startedAt)));
    const to = Math.min(end, endedAt === null ? end : Date.parse(endedAt));
    return to < start
      ? []
      : [{ left: (from - start) / length, width: Math.max(0, to - from) / length }];
  });
}
