import { labelsKey, METRIC_NAME } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import type { ExposedLabels } from "./format/parser.ts";
import { ScrapeFault } from "./fault.ts";
import type { ScrapeConfig } from "./job.ts";
import { isLegacyMetric, isName } from "./names.ts";
import { relabel } from "./relabel.ts";

/** One series of one target, as it is stored. */
export interface TargetSeries {
  readonly labels: Labels;
  /** The last round (successful scrape) that brought it. */
  round: number;
  /** The time of its last sample. */
  time: number;
  /** What its last exemplar was, so that it is not stored again. */
  exemplar: string | undefined;
  /** False once the book has forgotten it. */
  kept: boolean;
}

/** What metric relabelling dropped. */
export const DROPPED = Symbol("dropped");

type LabelRules = Pick<ScrapeConfig, "honorLabels" | "metricRelabelRules" | "limits" | "names">;

/** The series of one target: turns exposed labels into stored ones, and keeps one object a series. */
export class SeriesBook {
  readonly #series = new Map<string, TargetSeries>();
  readonly #targetLabels: Labels;
  #rules: LabelRules;

  constructor(targetLabels: Labels, rules: LabelRules) {
    this.#targetLabels = targetLabels;
    this.#rules = rules;
  }

  get size(): number {
    return this.#series.size;
  }

  /** Uses other rules from the next new text on; known series stay known. */
  reconfigure(rules: LabelRules): void {
    this.#rules = rules;
  }

  /** The series for labels as a target exposed them. Throws ScrapeFault when a limit is exceeded. */
  resolve(exposed: ExposedLabels): TargetSeries | typeof DROPPED {
    const labels = this.#rules.honorLabels
      ? honor(exposed, this.#targetLabels)
      : rename(exposed, this.#targetLabels);
    for (const [name, value] of labels) if (value === "") labels.delete(name);
    if (!relabel(labels, this.#rules.metricRelabelRules) || labels.size === 0) return DROPPED;
    this.#check(labels);
    return this.intern(Object.fromEntries(labels));
  }

  /** The one object for a label set. */
  intern(labels: Labels): TargetSeries {
    const key = labelsKey(labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const series = {
      labels,
      round: 0,
      time: Number.NEGATIVE_INFINITY,
      exemplar: undefined,
      kept: true,
    };
    this.#series.set(key, series);
    return series;
  }

  /** Forgets series that came in none of the last rounds, once they are the most. */
  prune(round: number, alive: number): void {
    if (this.#series.size <= 2 * alive + 256) return;
    for (const [key, series] of this.#series) {
      if (series.round === round) continue;
      series.kept = false;
      this.#series.delete(key);
    }
  }

  #check(labels: ReadonlyMap<string, string>): void {
    const metric = labels.get(METRIC_NAME);
    if (metric === undefined) {
      throw new ScrapeFault("relabelling left a series without a name (__name__)");
    }
    const { limits, names } = this.#rules;
    if (names === "legacy") checkLegacyNames(labels, metric);
    if (limits.labels > 0 && labels.size > limits.labels) {
      throw new ScrapeFault(
        `label_limit exceeded: ${metric} has ${labels.size} labels, the limit is ${limits.labels}`,
      );
    }
    if (limits.labelNameLength === 0 && limits.labelValueLength === 0) return;
    for (const [name, value] of labels) {
      if (limits.labelNameLength > 0 && Buffer.byteLength(name) > limits.labelNameLength) {
        throw new ScrapeFault(
          `label_name_length_limit exceeded: the label ${JSON.stringify(name)} of ${metric}, the limit is ${limits.labelNameLength}`,
        );
      }
      if (limits.labelValueLength > 0 && Buffer.byteLength(value) > limits.labelValueLength) {
        throw new ScrapeFault(
          `label_value_length_limit exceeded: the label ${name} of ${metric}, the limit is ${limits.labelValueLength}`,
        );
      }
    }
  }
}

function checkLegacyNames(labels: ReadonlyMap<string, string>, metric: string): void {
  const wrong = [...labels.keys()].find((name) => !isName(name, "legacy"));
  if (wrong === undefined && isLegacyMetric(metric)) return;
  throw new ScrapeFault(
    `${JSON.stringify(wrong ?? metric)} is no name in the legacy metric_name_validation_scheme`,
  );
}

/** honor_labels: what the target says wins; an empty label there takes the target's own away. */
function honor(exposed: ExposedLabels, target: Labels): Map<string, string> {
  return new Map([...Object.entries(target), ...exposed]);
}

/** The target's labels win; an exposed label of the same name is renamed until nothing clashes. */
function rename(exposed: ExposedLabels, target: Labels): Map<string, string> {
  const labels = new Map(exposed);
  const clashes: [string, string][] = [];
  for (const [name, value] of Object.entries(target)) {
    const given = labels.get(name) ?? "";
    if (given !== "") clashes.push([name, given]);
    labels.set(name, value);
  }
  // Shortest first, so that job becomes exported_job before exported_job has to make room.
  clashes.sort(([a], [b]) => a.length - b.length);
  const taken = new Set([...exposed.map(([name]) => name), ...Object.keys(target)]);
  for (const [name, value] of clashes) {
    let free = `exported_${name}`;
    while (taken.has(free)) free = `exported_${free}`;
    taken.add(free);
    labels.set(free, value);
  }
  return labels;
}
