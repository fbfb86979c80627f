import {
  formatDayAndTime,
  formatHourMinute,
  formatDayMonth,
  type Zone,
} from "../values/instant.ts";

/**
 * A range as it stands in the URL. Each end is `now`, `now-1h` (units s, m, h, d, w) or an RFC 3339
 * instant.
 */
export interface TimeRange {
  readonly from: string;
  readonly to: string;
}

/** A range with both ends known, milliseconds since 1970. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const defaultRange: TimeRange = { from: "now-1h", to: "now" };

const unitMilliseconds: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const relativePattern = /^now(?:-(\d{1,6})([smhdw]))?$/;

/** The instant that one end of a range means, or null when it cannot be read. */
export function resolveEnd(text: string, now: number): number | null {
  const relative = relativePattern.exec(text);
  if (relative !== null) {
    const [, amount, unit] = relative;
    if (amount === undefined || unit === undefined) return now;
    return now - Number(amount) * (unitMilliseconds[unit] ?? 0);
  }
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** The instants that a range means; what cannot be read, or ends before it starts, is the default. */
export function resolveRange(range: TimeRange, now: number): Span {
  const start = resolveEnd(range.from, now);
  const end = resolveEnd(range.to, now);
  if (start === null || end === null || end <= start) return resolveRange(defaultRange, now);
  return { start, end };
}

/** Whether the range moves with the clock. */
export function isMoving(range: TimeRange): boolean {
  return range.to.startsWith("now") || range.from.startsWith("now");
}

/** An absolute range; ends are rounded to whole seconds. */
export function absoluteRange(start: number, end: number): TimeRange {
  const from = Math.floor(start / 1000) * 1000;
  const to = Math.max(from + 1000, Math.ceil(end / 1000) * 1000);
  return { from: rfc3339(from), to: rfc3339(to) };
}

function rfc3339(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

/** The range twice as long around the same middle, not reaching past now. */
export function zoomOut(range: TimeRange, now: number): TimeRange {
  const { start, end } = resolveRange(range, now);
  const length = end - start;
  const later = Math.min(now, end + length / 2);
  return absoluteRange(later - 2 * length, later);
}

export const presets: readonly { readonly label: string; readonly range: TimeRange }[] = [
  ["5 minutes", "now-5m"],
  ["15 minutes", "now-15m"],
  ["30 minutes", "now-30m"],
  ["1 hour", "now-1h"],
  ["3 hours", "now-3h"],
  ["6 hours", "now-6h"],
  ["12 hours", "now-12h"],
  ["24 hours", "now-24h"],
  ["2 days", "now-2d"],
  ["7 days", "now-7d"],
  ["30 days", "now-30d"],
].map(([label = "", from = ""]) => ({ label, range: { from, to: "now" } }));

/** A range in words for a button: `Last 1 hour`, `07:00 to 08:30`. */
export function describeRange(range: TimeRange, zone: Zone, now: number): string {
  const preset = presets.find(({ range: r }) => r.from === range.from && r.to === range.to);
  if (preset !== undefined) return `Last ${preset.label}`;
  const { start, end } = resolveRange(range, now);
  const sameDay = formatDayMonth(start, zone) === formatDayMonth(end, zone);
  const today = formatDayMonth(start, zone) === formatDayMonth(now, zone);
  if (sameDay)
    return `${today ? formatHourMinute(start, zone) : formatDayAndTime(start, zone)} to ${formatHourMinute(end, zone)}`;
  return `${formatDayAndTime(start, zone)} to ${formatDayAndTime(end, zone)}`;
}

const niceSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200];

/** The distance of points, in seconds, that gives a graph of at most about `points` over the span. */
export function stepFor({ start, end }: Span, points = 300): number {
  const wanted = (end - start) / 1000 / points;
  return niceSteps.find((step) => step >= wanted) ?? 86_400;
}
