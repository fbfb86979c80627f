import { labelsKey, formatDuration, parseDuration } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import type { ScrapeConfig } from "./job.ts";
import { relabel } from "./relabel.ts";

/** One endpoint to scrape, as configuration and relabelling made it. */
export interface Target {
  /** Equal for targets that are the same before and after a reload. */
  readonly key: string;
  readonly url: string;
  /** The labels that its samples get: `job`, `instance` and what the configuration adds. */
  readonly labels: Labels;
  /** The labels before relabelling, with `__address__` and its like. */
  readonly discoveredLabels: Labels;
  /** Milliseconds. */
  readonly interval: number;
  readonly timeout: number;
}

/** Why an address with its labels makes no target. */
export class TargetFault extends Error {
  override readonly name = "TargetFault";
}

/** What of a job's configuration makes its targets. */
type TargetSource = Pick<
  ScrapeConfig,
  | "jobName"
  | "scheme"
  | "metricsPath"
  | "params"
  | "scrapeInterval"
  | "scrapeTimeout"
  | "relabelRules"
>;

/**
 * Makes the target for one address of a group, as Prometheus does: defaults become hidden labels,
 * relabelling works on them, and the result is read from them. Answers the labels before relabelling
 * when that drops the target; throws TargetFault when what comes out is no target.
 */
export function makeTarget(
  source: TargetSource,
  address: string,
  groupLabels: Labels,
): Target | { readonly drop: Labels } {
  const labels = new Map<string, string>();
  const put = (name: string, value: string) => {
    if (value !== "") labels.set(name, value);
  };
  put("job", source.jobName);
  put("__scrape_interval__", formatDuration(source.scrapeInterval));
  put("__scrape_timeout__", formatDuration(source.scrapeTimeout));
  put("__metrics_path__", source.metricsPath);
  put("__scheme__", source.scheme);
  for (const [name, values] of Object.entries(source.params)) {
    if (values[0] !== undefined) put(`__param_${name}`, values[0]);
  }
  for (const [name, value] of Object.entries(groupLabels)) put(name, value);
  put("__address__", address);
  const discoveredLabels = toLabels(labels);
  if (!relabel(labels, source.relabelRules)) return { drop: discoveredLabels };
  return { ...read(labels, source), discoveredLabels };
}

function read(labels: Map<string, string>, source: TargetSource): Omit<Target, "discoveredLabels"> {
  const address = labels.get("__address__") ?? "";
  if (address === "") throw new TargetFault("no address");
  const reason = addressFault(address);
  if (reason !== undefined) throw new TargetFault(reason);
  const interval = durationOf(labels, "__scrape_interval__");
  const timeout = durationOf(labels, "__scrape_timeout__");
  if (timeout > interval) {
    throw new TargetFault(
      `the scrape timeout ${formatDuration(timeout)} is longer than the scrape interval ${formatDuration(interval)}`,
    );
  }
  if (!labels.has("instance")) labels.set("instance", address);
  const visible = [...labels].filter(([name]) => !name.startsWith("__"));
  return {
    key: labelsKey(Object.fromEntries([...labels].filter(([name]) => !name.startsWith("__meta_")))),
    url: urlOf(labels, source.params),
    labels: Object.fromEntries(visible),
    interval,
    timeout,
  };
}

/** Says why a text cannot be a target's address, or nothing when it can. */
export function addressFault(address: string): string | undefined {
  if (!address.includes("/")) return undefined;
  return `${JSON.stringify(address)} is not host:port; scheme and path have fields of their own, scheme and metrics_path`;
}

function durationOf(labels: Map<string, string>, name: string): number {
  const text = labels.get(name) ?? "";
  const value = parseDuration(text);
  if (value === undefined || value === 0) {
    throw new TargetFault(`${name} is ${JSON.stringify(text)}, not a duration above 0`);
  }
  return value;
}

function urlOf(labels: Map<string, string>, params: TargetSource["params"]): string {
  const query = new Map(Object.entries(params).map(([name, values]) => [name, [...values]]));
  for (const [label, value] of labels) {
    if (!label.startsWith("__param_")) continue;
    const name = label.slice("__param_".length);
    query.set(name, [value, ...(query.get(name) ?? []).slice(1)]);
  }
  const search = new URLSearchParams(
    [...query]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, values]) => values.map((value): [string, string] => [name, value])),
  ).toString();
  const path = (labels.get("__metrics_path__") ?? "").replaceAll("?", "%3F").replaceAll("#", "%23");
  const slash = path === "" || path.startsWith("/") ? "" : "/";
  const scheme = labels.get("__scheme__") ?? "http";
  return `${scheme}://${labels.get("__address__")}${slash}${path}${search === "" ? "" : `?${search}`}`;
}

function toLabels(labels: ReadonlyMap<string, string>): Labels {
  return Object.fromEntries(labels);
}
