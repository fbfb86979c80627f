import type { Labels } from "../../model/index.ts";
import { MAX_TIME_MS } from "./limits.ts";

/** What OpenMetrics allows an exemplar's label names and values together, characters. */
const EXEMPLAR_CHARACTERS = 128;

/** Whether these can be an exemplar's labels. */
export function exemplarFits(labels: Labels): boolean {
  let sum = 0;
  for (const [name, value] of Object.entries(labels)) {
    for (const text of [name, value]) sum += Array.from(text).length;
  }
  return sum <= EXEMPLAR_CHARACTERS;
}

/** Whether a number of milliseconds is a time that can be stored. */
export function isTime(time: number): boolean {
  return time >= 0 && time <= MAX_TIME_MS;
}
