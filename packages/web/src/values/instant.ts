/** Where times of day are read. */
export type Zone = "utc" | "local";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How long something has lasted, in words short enough for a table: `12 s`, `4 min`, `2 h 5 min`, `6 days`. */
export function formatAge(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < minute) return `${Math.floor(ms / 1000)} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min`;
  if (ms < day) {
    // Minutes matter less and less: after ten hours they are left out.
    const minutes = ms < 10 * hour ? Math.floor((ms % hour) / minute) : 0;
    return `${Math.floor(ms / hour)} h${minutes === 0 ? "" : ` ${minutes} min`}`;
  }
  const days = Math.floor(ms / day);
  return days === 1 ? "1 day" : `${days} days`;
}

/** `4 min ago`, `just now`, `in 3 h`. */
export function formatRelative(at: number, now: number): string {
  const past = now - at;
  if (Math.abs(past) < 5000) return "just now";
  return past > 0 ? `${formatAge(past)} ago` : `in ${formatAge(-past)}`;
}

const zoneOption = (zone: Zone): Intl.DateTimeFormatOptions =>
  zone === "utc" ? { timeZone: "UTC" } : {};

function formatter(options: Intl.DateTimeFormatOptions): (at: number, zone: Zone) => string {
  const made = new Map<Zone, Intl.DateTimeFormat>();
  return (at, zone) => {
    let format = made.get(zone);
    if (format === undefined) {
      format = new Intl.DateTimeFormat("en-GB", { ...options, ...zoneOption(zone) });
      made.set(zone, format);
    }
    return format.format(at);
  };
}

const dateAndTime = formatter({
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const zoneName = formatter({ timeZoneName: "short", hour: "2-digit" });

/** `21 Nov 2026, 07:36:12 UTC`. */
export function formatInstant(at: number, zone: Zone): string {
  const name = zone === "utc" ? "UTC" : (zoneName(at, zone).split(" ").at(-1) ?? "");
  return `${dateAndTime(at, zone)} ${name}`;
}

/** `07:36:12`. */
export const formatTimeOfDay = formatter({ hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** `07:36`. */
export const formatHourMinute = formatter({ hour: "2-digit", minute: "2-digit" });

/** `21 Nov`. */
export const formatDayMonth = formatter({ day: "numeric", month: "short" });

/** `21 Nov, 07:36`. */
export const formatDayAndTime = formatter({
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
