import { formatValue } from "@seaworthy/promql";
import { METRIC_NAME, sortedNames } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import { formatTime } from "./json.ts";

/** The text formats and their media types. */
export const FORMATS = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
} as const;

/** A sample of which the type is not known. */
export interface ExposedSample {
  /** Labels with the empty value are written, too. */
  readonly labels: Labels;
  readonly timeMs: number;
  readonly value: number;
}

/** Writes samples as an exposition, by metric and then by labels. */
export function writeExposition(
  samples: readonly ExposedSample[],
  format: keyof typeof FORMATS,
): string {
  const lines = samples.map((sample) => {
    const name = sample.labels[METRIC_NAME] ?? "";
    const time = format === "text" ? String(sample.timeMs) : formatTime(sample.timeMs);
    return {
      name,
      text: `${seriesText(name, sample.labels)} ${formatValue(sample.value)} ${time}\n`,
    };
  });
  lines.sort((a, b) => compare(a.name, b.name) || compare(a.text, b.text));
  let text = "";
  let before: string | undefined;
  for (const line of lines) {
    if (line.name !== before) {
      text += `# TYPE ${plainName(line.name)} ${format === "text" ? "untyped" : "unknown"}\n`;
    }
    before = line.name;
    text += line.text;
  }
  return format === "text" ? text : `${text}# EOF\n`;
}

function seriesText(name: string, labels: Labels): string {
  const pairs = sortedNames(labels)
    .filter((label) => label !== METRIC_NAME)
    .map((label) => `${plainName(label)}="${escaped(labels[label] ?? "")}"`);
  return `${plainName(name)}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`}`;
}

/** The formats know letters, digits, `_` and `:` alone in names. */
function plainName(name: string): string {
  return name.replace(/^\d|[^A-Za-z0-9_:]/gu, "_");
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
