/** What a figure measures. `share` is 0 to 1 and shown in percent. */
export type Unit = "none" | "perSecond" | "seconds" | "bytes" | "bytesPerSecond" | "share";

/** A number and its unit never part at the end of a line. */
const gap = "\u00a0";

const siSteps: readonly (readonly [number, string])[] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

const byteSteps: readonly (readonly [number, string])[] = [
  [2 ** 40, "TiB"],
  [2 ** 30, "GiB"],
  [2 ** 20, "MiB"],
  [2 ** 10, "KiB"],
];

/** Three significant digits, never more decimals than carry meaning, no trailing zeros. */
function digits(value: number, significant = 3): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-4 || size >= 1e7) return value.toExponential(1);
  const whole = Math.floor(Math.log10(size)) + 1;
  const decimals = Math.max(0, significant - Math.max(whole, 0) - (whole <= 0 ? whole : 0));
  return String(Number(value.toFixed(Math.min(decimals, 6))));
}

function stepped(
  value: number,
  steps: readonly (readonly [number, string])[],
  base: string,
  suffix = "",
): string {
  // 999.6 rounds to 1000 and must read "1 k": half a unit in the third digit counts as reached.
  const step = steps.find(([size]) => Math.abs(value) >= size * 0.9995);
  if (step === undefined)
    return suffix + base === "" ? digits(value) : digits(value) + gap + base + suffix;
  return digits(value / step[0]) + gap + step[1] + suffix;
}

function duration(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0) return `0${gap}s`;
  if (size < 0.9995e-3) return digits(seconds * 1e6) + gap + "µs";
  if (size < 0.9995) return digits(seconds * 1e3) + gap + "ms";
  if (size < 119.5) return digits(seconds) + gap + "s";
  if (size < 7200) return digits(seconds / 60) + gap + "min";
  if (size < 172_800) return digits(seconds / 3600) + gap + "h";
  return digits(seconds / 86_400) + gap + "d";
}

function share(value: number): string {
  const percent = value * 100;
  // Near 100 % the distance to it is what matters: 99.95 % is not 100 %.
  if (percent > 99 && percent < 100) {
    const shown = Math.floor(percent * 100) / 100;
    return `${shown}${gap}%`;
  }
  return digits(percent) + gap + "%";
}

/** A figure for people: `1.2 k/s`, `348 ms`, `99.95 %`; an unknown one is a dash. */
export function formatQuantity(value: number | null | undefined, unit: Unit = "none"): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const text = magnitude(value, unit);
  return text.startsWith("-") ? `−${text.slice(1)}` : text;
}

function magnitude(value: number, unit: Unit): string {
  switch (unit) {
    case "seconds":
      return duration(value);
    case "share":
      return share(value);
    case "bytes":
      return stepped(value, byteSteps, "B");
    case "bytesPerSecond":
      return stepped(value, byteSteps, "B", "/s");
    case "perSecond":
      return stepped(value, siSteps, "", "/s");
    case "none":
      return stepped(value, siSteps, "");
  }
}

/** `1 incident`, `3 incidents`, `4,211 incidents`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}
