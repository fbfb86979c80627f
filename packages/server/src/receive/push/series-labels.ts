import { METRIC_NAME } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import type { PushLimits } from "./limits.ts";

/**
 * Makes a label set of names and values in turn, as a sender wrote them. Empty values are absent
 * labels. Answers what is wrong with it where it can be no series: no name, a label twice, a limit.
 */
export function seriesLabels(pairs: readonly string[], limits: PushLimits): Labels | string {
  const labels = pairsToLabels(pairs, limits);
  if (typeof labels === "string" || (labels[METRIC_NAME] ?? "") !== "") return labels;
  return `the series ${shown(labels)} has no metric name (${METRIC_NAME})`;
}

/** The same for labels that need no metric's name: an exemplar's. */
export function pairsToLabels(pairs: readonly string[], limits: PushLimits): Labels | string {
  if (pairs.length > 2 * limits.labels) {
    return `the series ${shown(plain(pairs))} has ${pairs.length / 2} labels (limit ${limits.labels})`;
  }
  const labels: Record<string, string> = {};
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] ?? "";
    const value = pairs[i + 1] ?? "";
    if (name === "") return `the series ${shown(plain(pairs))} has a label with an empty name`;
    if (Object.hasOwn(labels, name)) {
      return `the series ${shown(labels)} has the label ${JSON.stringify(name)} twice`;
    }
    if (tooLong(name, limits.labelNameBytes)) {
      return `a label name of ${shown(plain(pairs))} is longer than ${limits.labelNameBytes} bytes: ${short(name)}`;
    }
    if (tooLong(value, limits.labelValueBytes)) {
      return `the label ${JSON.stringify(name)} of ${shown(plain(pairs))} is longer than ${limits.labelValueBytes} bytes`;
    }
    // Defined, not assigned: a label may be called __proto__.
    define(labels, name, value);
  }
  for (const name in labels) if (labels[name] === "") delete labels[name];
  return labels;
}

function define(labels: Record<string, string>, name: string, value: string): void {
  if (name === "__proto__") {
    Object.defineProperty(labels, name, { value, enumerable: true, configurable: true });
  } else labels[name] = value;
}

function tooLong(text: string, limit: number): boolean {
  // A UTF-16 unit takes at most three bytes of UTF-8.
  return text.length * 3 > limit && Buffer.byteLength(text) > limit;
}

function plain(pairs: readonly string[]): Labels {
  const labels: Record<string, string> = {};
  for (let i = 0; i < Math.min(pairs.length, 20); i += 2) {
    define(labels, pairs[i] ?? "", pairs[i + 1] ?? "");
  }
  return labels;
}

/** A series as people write it, cut short. */
export function shown(labels: Labels): string {
  const { [METRIC_NAME]: name = "", ...rest } = labels;
  const inner = Object.entries(rest).map(
    ([label, value]) => `${label}=${JSON.stringify(short(value))}`,
  );
  const text = `${name}{${inner.join(",")}}`;
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
