const units: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

const form = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const order = ["y", "w", "d", "h", "m", "s", "ms"] as const;

/** Seconds of a duration as Prometheus writes it, `1h30m`; `0` and nothing are 0. Null when it cannot be read. */
export function readDuration(text: string): number | null {
  const bare = text.trim();
  if (bare === "" || bare === "0") return 0;
  const found = form.exec(bare);
  if (found === null) return null;
  return order.reduce(
    (sum, unit, place) => sum + Number(found[place + 1] ?? 0) * (units[unit] ?? 0),
    0,
  );
}

/** A duration as Prometheus writes it; nothing for 0. Below a millisecond it is rounded. */
export function writeDuration(seconds: number): string {
  let left = Math.round(seconds * 1000);
  let text = "";
  // Years and weeks are read, but said in days: nobody counts in them here.
  for (const unit of ["d", "h", "m", "s", "ms"] as const) {
    const size = (units[unit] ?? 1) * 1000;
    const amount = Math.floor(left / size);
    left -= amount * size;
    if (amount > 0) text += `${amount}${unit}`;
  }
  return text;
}
