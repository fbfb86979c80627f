/** What a chart paints with, read from the theme's tokens. */
export interface Palette {
  readonly text: string;
  readonly grid: string;
  readonly threshold: string;
  readonly thresholdSoft: string;
  /** Of the times in which something fired. */
  readonly band: string;
  readonly mark: string;
  readonly rest: string;
  readonly lines: readonly string[];
}

/** Reads the tokens as they stand on the page; the theme is named so that a change of it is a reason to read again. */
export function readPalette(_theme: "light" | "dark"): Palette {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: token("--text-muted"),
    grid: token("--grid"),
    threshold: token("--firing"),
    thresholdSoft: token("--firing-soft"),
    band: token("--firing-line"),
    mark: token("--text-faint"),
    rest: token("--series-rest"),
    lines: Array.from({ length: 8 }, (_, i) => token(`--series-${i + 1}`)),
  };
}

/** The colour of a line by its place, for the page. */
export function lineColour(place: number): string {
  return place < 8 ? `var(--series-${place + 1})` : "var(--series-rest)";
}
