import type { RulePreview } from "@seaworthy/contract";
import { count, formatQuantity } from "../../values/quantity.ts";

type Told = Pick<RulePreview, "times" | "firingSeconds" | "tooShort" | "series" | "stepSeconds">;

/** What a rule would have done, in one sentence; `past` is e.g. `the last 7 days`. */
export function verdictOf({ times, firingSeconds, series }: Told, past: string): string {
  const lately = `in ${past}`;
  if (series === 0) return `The expression was never true ${lately}.`;
  if (times === 0) return `This would not have fired ${lately}.`;
  const often = times === 1 ? "once" : count(times, "time");
  return `This would have fired ${often} ${lately}, for ${formatQuantity(firingSeconds, "seconds")} in all.`;
}

/** What else is worth knowing: how closely was looked, how often it held for too short a time, why there is nothing. */
export function remarkOf({ series, tooShort, stepSeconds }: Told, hold: string): string {
  const step = `Looked at every ${formatQuantity(stepSeconds, "seconds")}: what was shorter may be missed.`;
  if (series === 0)
    return `${step} Where the graph has no line either, check the names: completion offers those that exist.`;
  if (tooShort === 0) return step;
  return `${count(tooShort, "more time", "more times")} it was true for less than ${hold}. ${step}`;
}
