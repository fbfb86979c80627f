const UNITS: readonly (readonly [suffix: string, ms: number])[] = [
  ["y", 365 * 24 * 3600 * 1000],
  ["w", 7 * 24 * 3600 * 1000],
  ["d", 24 * 3600 * 1000],
  ["h", 3600 * 1000],
  ["m", 60 * 1000],
  ["s", 1000],
  ["ms", 1],
];
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
/** What 64 bits of nanoseconds hold, the most that Prometheus accepts: about 292 years. */
const MAX_DURATION_MS = 9_223_372_036_854;

/**
 * Parses a Prometheus duration (`1h30m`, `90s`, `0`) to milliseconds. Units go from large to
 * small, each at most once. Throws an Error that quotes the text.
 */
export function parseDuration(text: string): number {
  if (text === "0") return 0;
  if (text === "") throw new Error("empty duration string");
  const match = DURATION.exec(text);
  if (match === null) throw new Error(`not a valid duration string: ${JSON.stringify(text)}`);
  let total = 0;
  UNITS.forEach(([, ms], i) => {
    total += Number(match[i + 1] ?? 0) * ms;
  });
  if (total > MAX_DURATION_MS) throw new Error("duration out of range");
  return total;
}

/** Prints milliseconds as Prometheus does: `1h30m`, `100ms`, `0s`; weeks and years only when exact. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  if (ms < 0) return `-${formatDuration(-ms)}`;
  let rest = Math.round(ms);
  let text = "";
  for (const [suffix, unit] of UNITS) {
    if ((suffix === "y" || suffix === "w") && rest % unit !== 0) continue;
    const count = Math.floor(rest / unit);
    if (count === 0) continue;
    text += `${count}${suffix}`;
    rest -= count * unit;
  }
  return text;
}
