import { Temporal } from "temporal-polyfill";

/**
 * The first instant at which the wall clock of a zone shows this local time or a later one, in
 * milliseconds since 1970. A time that daylight saving leaves out is the moment of the leap; one that
 * comes twice is its first coming. So a handover is never skipped and never happens twice.
 */
export function instantOf(local: Temporal.PlainDateTime, timeZone: string): number {
  const zoned = local.toZonedDateTime(timeZone, { disambiguation: "compatible" });
  if (zoned.toPlainDateTime().equals(local)) return zoned.epochMilliseconds;
  // A nanosecond later, for what is left out first is shown at the very moment of the leap.
  const leap = zoned.add({ nanoseconds: 1 }).getTimeZoneTransition("previous");
  return (leap ?? zoned).epochMilliseconds;
}

/** The wall clock of a zone at an instant. */
export function localOf(at: number, timeZone: string): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDateTime();
}

/** Whether the zone is known here. */
export function isTimeZone(name: string): boolean {
  try {
    Temporal.Now.zonedDateTimeISO(name);
    // Offsets are taken, too, but know no daylight saving: nobody means them.
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}
