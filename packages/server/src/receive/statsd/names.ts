import { METRIC_NAME } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";

/** The job of everything that comes by StatsD, unless a tag says otherwise. */
const JOB = "statsd";

/** A metric's name as statsd_exporter makes it: what cannot stand in one becomes `_`. */
export function metricName(name: string): string {
  const clean = name.replaceAll(/[^a-zA-Z0-9_:]/g, "_");
  return /^\d/.test(clean) ? `_${clean}` : clean;
}

/** The labels of a metric with its tags, names and values in turn; of a tag twice the last counts. */
export function labelsOf(name: string, tags: readonly string[]): Labels {
  const labels = new Map([
    [METRIC_NAME, metricName(name)],
    ["job", JOB],
  ]);
  for (let i = 0; i < tags.length; i += 2) {
    const clean = (tags[i] ?? "").replaceAll(/[^a-zA-Z0-9_]/g, "_");
    // Two underscores at the beginning are the system's own.
    const label = clean.replace(/^(?:_+(?=_)|(?=\d))/, (found) => (found === "" ? "_" : ""));
    // le and quantile are what histograms are made of.
    const own = label === "le" || label === "quantile" ? `exported_${label}` : label;
    if (own !== "") labels.set(own, tags[i + 1] ?? "");
  }
  return Object.fromEntries([...labels].filter(([, value]) => value !== ""));
}
