import type { Zone } from "../values/instant.ts";

/** The text of a `datetime-local` field for an instant, in the given zone, to the second. */
export function instantToField(at: number, zone: Zone): string {
  const shift = zone === "utc" ? 0 : new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - shift).toISOString().slice(0, 19);
}

/** The text of such a field in this device's zone, to the minute, for times that people choose ahead. */
export const instantToMinute = (at: number): string => instantToField(at, "local").slice(0, 16);

/** The instant that a `datetime-local` field's text means in the given zone, or null. */
export function fieldToInstant(text: string, zone: Zone): number | null {
  if (text === "") return null;
  // Without a zone, date-times are local by the language's rules.
  const at = Date.parse(zone === "utc" ? `${text}Z` : text);
  return Number.isNaN(at) ? null : at;
}
