import type { RulePreview } from "@seaworthy/contract";
import { count, formatQuantity } from "../../values/quantity.ts";

type Told = Pick<RulePreview, "times" | "firingSeconds" | "tooShort" | "series">;

/** What a rule would have done, in one sentence. */
export function verdictOf({ times, firingSeconds, series }: Told, days: number): string {
  const lately = `in the last ${days} days`;
  if (series === 0) return `The expression was never true ${lately}.`;
  if (times === 0) return `This would not have fired ${lately}.`;
  const often = times === 1 ? "once" : count(times, "time");
  return `This would have fired ${often} ${lately}, for ${formatQuantity(firingSeconds, "seconds")} in all.`;
}

/** What else is worth knowing: how often it held for too short a time, or why there is nothing. */
export function remarkOf({ series, tooShort }: Told, hold: string): string | null {
  if (series === 0)
    return "Where the graph has no line either, check the names: completion offers those that exist.";
  if (tooShort === 0) return null;
  return `${count(tooShort, "more time", "more times")} it was true for less than ${hold}.`;
}
