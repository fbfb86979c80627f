/**
 * The numbers of `http_requests_total` and its histograms for one combination of labels, in one
 * array: recording an exchange writes into it and allocates nothing. prom-client sees them through
 * its own classes, whose values are made from the arrays when somebody asks.
 */
import { Counter, Histogram, type Registry } from "prom-client";

export const labelNames = ["method", "path", "status"] as const;
type LabelName = (typeof labelNames)[number];

/** A histogram's place in a series' array: its count, its sum, then a count for each bucket. */
interface Layout {
  readonly at: number;
  readonly bounds: readonly number[];
}

const durationBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const sizeBounds = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/** Where the counter stands; the histograms follow. */
const requestsAt = 0;
const durations: Layout = { at: 1, bounds: durationBounds };
const requestSizes: Layout = { at: after(durations), bounds: sizeBounds };
const responseSizes: Layout = { at: after(requestSizes), bounds: sizeBounds };

function after({ at, bounds }: Layout): number {
  return at + 2 + bounds.length;
}

/** One combination of labels and what was counted under it. */
export class HttpSeries {
  readonly labels: Readonly<Record<LabelName, string>>;
  /** The labels as an exposition writes them. */
  readonly text: string;
  readonly values = new Float64Array(after(responseSizes));

  constructor(labels: Readonly<Record<LabelName, string>>) {
    this.labels = labels;
    this.text = labelNames.map((name) => `${name}="${escape(labels[name])}"`).join(",");
  }

  /** Counts one exchange; sizes in bytes, undefined when not known. */
  record(seconds: number, requestBytes: number | undefined, responseBytes: number | undefined) {
    const { values } = this;
    values[requestsAt] = (values[requestsAt] ?? 0) + 1;
    observe(values, durations, seconds);
    if (requestBytes !== undefined) observe(values, requestSizes, requestBytes);
    if (responseBytes !== undefined) observe(values, responseSizes, responseBytes);
  }
}

function observe(values: Float64Array, { at, bounds }: Layout, value: number): void {
  values[at] = (values[at] ?? 0) + 1;
  values[at + 1] = (values[at + 1] ?? 0) + value;
  for (let bucket = 0; bucket < bounds.length; bucket += 1) {
    if (value > (bounds[bucket] ?? 0)) continue;
    const slot = at + 2 + bucket;
    values[slot] = (values[slot] ?? 0) + 1;
    return;
  }
}

type HistogramObject = Awaited<ReturnType<Histogram<LabelName>["get"]>>;

/** What both kinds of metric read: all series there are. */
export type AllSeries = Iterable<HttpSeries>;

/** A metric that writes its own part of an exposition, one series at a time. */
export interface SelfWritten {
  /** The lines of each series that has something to show. */
  lines(): Iterable<string>;
}

class SeriesCounter extends Counter<LabelName> implements SelfWritten {
  readonly #name: string;
  readonly #series: AllSeries;

  constructor(name: string, help: string, series: AllSeries) {
    super({ name, help, labelNames, registers: [] });
    this.#name = name;
    this.#series = series;
  }

  override async get(): ReturnType<Counter<LabelName>["get"]> {
    const base = await super.get();
    return {
      ...base,
      values: Array.from(this.#series, ({ labels, values }) => ({
        labels: { ...labels },
        value: values[requestsAt] ?? 0,
      })),
    };
  }

  override reset(): void {
    super.reset();
    // prom-client's constructor resets as well, before there is anything of ours.
    if (#series in this) for (const { values } of this.#series) values[requestsAt] = 0;
  }

  *lines(): Iterable<string> {
    for (const { text, values } of this.#series)
      yield `${this.#name}{${text}} ${values[requestsAt] ?? 0}\n`;
  }
}

class SeriesHistogram extends Histogram<LabelName> implements SelfWritten {
  readonly #name: string;
  readonly #layout: Layout;
  readonly #series: AllSeries;

  constructor(name: string, help: string, layout: Layout, series: AllSeries) {
    super({ name, help, labelNames, buckets: [...layout.bounds], registers: [] });
    this.#name = name;
    this.#layout = layout;
    this.#series = series;
  }

  override async get(): ReturnType<Histogram<LabelName>["get"]> {
    const { at, bounds } = this.#layout;
    const values: HistogramObject["values"] = [];
    for (const { labels, values: numbers } of this.#series) {
      const count = numbers[at] ?? 0;
      if (count === 0) continue;
      const add = (
        suffix: string,
        value: number,
        bound: { readonly le?: number | string } = {},
      ) => {
        const all = { ...labels, ...bound };
        values.push({ metricName: `${this.#name}_${suffix}`, labels: all, value });
      };
      let below = 0;
      for (const [bucket, bound] of bounds.entries()) {
        below += numbers[at + 2 + bucket] ?? 0;
        add("bucket", below, { le: bound });
      }
      add("bucket", count, { le: "+Inf" });
      add("sum", numbers[at + 1] ?? 0);
      add("count", count);
    }
    // prom-client keeps these on the metric itself; its types do not say so.
    const { name, help, type, aggregator, collect } = this as unknown as HistogramObject;
    return { name, help, type, aggregator, collect, values };
  }

  /** What prom-client's registry asks for when it writes text. */
  getForPromString(): ReturnType<Histogram<LabelName>["get"]> {
    return this.get();
  }

  override reset(): void {
    super.reset();
    if (!(#series in this)) return;
    const { at, bounds } = this.#layout;
    for (const { values } of this.#series) values.fill(0, at, after({ at, bounds }));
  }

  *lines(): Iterable<string> {
    const { at, bounds } = this.#layout;
    const name = this.#name;
    for (const { text, values } of this.#series) {
      const count = values[at] ?? 0;
      if (count === 0) continue;
      let lines = "";
      let below = 0;
      for (let bucket = 0; bucket < bounds.length; bucket += 1) {
        below += values[at + 2 + bucket] ?? 0;
        lines += `${name}_bucket{${text},le="${bounds[bucket] ?? 0}"} ${below}\n`;
      }
      lines += `${name}_bucket{${text},le="+Inf"} ${count}\n`;
      lines += `${name}_sum{${text}} ${values[at + 1] ?? 0}\n${name}_count{${text}} ${count}\n`;
      yield lines;
    }
  }
}

/** Shows the series in a registry under the names that dashboards and rules know. */
export function registerHttpSeries(series: AllSeries, registry: Registry): void {
  const counter = new SeriesCounter(
    "http_requests_total",
    "HTTP requests answered, by method, route template and status code.",
    series,
  );
  const histogram = (name: string, help: string, layout: Layout) =>
    new SeriesHistogram(name, help, layout, series);
  for (const metric of [
    counter,
    histogram(
      "http_request_duration_seconds",
      "Time from a request's headers to the end of its response.",
      durations,
    ),
    histogram("http_request_size_bytes", "Size of request bodies.", requestSizes),
    histogram("http_response_size_bytes", "Size of response bodies.", responseSizes),
  ])
    registry.registerMetric(metric);
}

export function isSelfWritten(metric: object): metric is SelfWritten {
  return metric instanceof SeriesCounter || metric instanceof SeriesHistogram;
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
