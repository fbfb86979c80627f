/** Backgrounds of the page, and what is written on them. */
const LIGHT = "#ffffff";
const DARK = "#16181d";
/** The least contrast of text, WCAG 2.2 AA. */
const AA = 4.5;

type Rgb = readonly [number, number, number];

function read(colour: string): Rgb {
  const value = Number.parseInt(colour.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

const write = (rgb: Rgb): string =>
  `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

/** Relative luminance (WCAG 2.2). */
function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast of two colours, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(read(a)), luminance(read(b))];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** The colour, made darker or lighter until it can be read on the background. */
export function readableOn(colour: string, background: string): string {
  const target = luminance(read(background)) > 0.18 ? 0 : 255;
  const from = read(colour);
  for (let step = 0; step <= 20; step += 1) {
    const mixed = write(from.map((part) => part + ((target - part) * step) / 20) as unknown as Rgb);
    if (contrast(mixed, background) >= AA) return mixed;
  }
  return write([target, target, target]);
}

/** An accent as the page uses it: as text in both looks, and behind text. */
export function accentColours(accent: string): {
  readonly light: string;
  readonly dark: string;
  readonly behind: string;
  readonly on: string;
} {
  const on = contrast(accent, "#ffffff") >= contrast(accent, "#000000") ? "#ffffff" : "#000000";
  return { light: readableOn(accent, LIGHT), dark: readableOn(accent, DARK), behind: accent, on };
}
