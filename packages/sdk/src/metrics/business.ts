import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { BoundedSet, labelValue, overflow } from "./bounds.ts";

/** Labels of a business metric. Values are cut to 128 characters. */
export type Labels = Readonly<Record<string, string | number | boolean>>;

/** What may be said about a business metric before its first use. */
export interface Description {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Upper bounds of a histogram's buckets, rising. */
  readonly buckets?: readonly number[];
  /** Label sets that shall exist from the start, at zero. */
  readonly series?: readonly Labels[];
}

type Metric =
  | { readonly kind: "counter"; readonly it: Counter }
  | { readonly kind: "gauge"; readonly it: Gauge }
  | { readonly kind: "histogram"; readonly it: Histogram };

/** One series of a counter, for code that counts often: a number until somebody asks. */
export class Tally {
  #count = 0;

  /** Counts one more. */
  add(): void {
    this.#count += 1;
  }

  /** What was counted since it was last taken. */
  take(): number {
    const count = this.#count;
    this.#count = 0;
    return count;
  }
}

interface Entry {
  readonly metric: Metric;
  readonly labelNames: readonly string[];
  readonly series: BoundedSet;
  /** By their labels as JSON. */
  readonly tallies: Map<string, Tally>;
}

/**
 * The application's own metrics, made on first use. A metric keeps the kind and the label names of
 * its first use. Methods throw on misuse; the kit's guard turns that into a count.
 */
export class BusinessMetrics {
  readonly #entries = new Map<string, Entry>();
  readonly #registry: Registry;
  readonly #limits: { readonly maxMetrics: number; readonly maxSeries: number };
  readonly #onOverflow: (metric: string) => void;

  constructor(
    registry: Registry,
    limits: { readonly maxMetrics: number; readonly maxSeries: number },
    onOverflow: (metric: string) => void,
  ) {
    this.#registry = registry;
    this.#limits = limits;
    this.#onOverflow = onOverflow;
  }

  /** Gives a metric its help text, buckets and first series. To be called before its first use. */
  describe(name: string, description: Description): void {
    if (this.#entries.has(name)) throw new Error(`metric ${name} is in use already`);
    const first = description.series?.[0] ?? {};
    const entry = this.#create(name, description, first);
    for (const labels of description.series ?? []) {
      const values = this.#labels(name, entry, labels);
      if (entry.metric.kind === "counter") entry.metric.it.inc(values, 0);
      else if (entry.metric.kind === "gauge") entry.metric.it.set(values, 0);
      else entry.metric.it.zero(values);
    }
  }

  count(name: string, labels: Labels, by: number): void {
    finite(name, by);
    const { metric, values } = this.#use(name, "counter", labels);
    if (metric.kind === "counter") metric.it.inc(values, by);
  }

  /** A counter's series of these labels; they are looked at once. */
  tally(name: string, labels: Labels): Tally {
    const { tallies, values } = this.#use(name, "counter", labels);
    const key = JSON.stringify(values);
    const tally = tallies.get(key) ?? new Tally();
    tallies.set(key, tally);
    return tally;
  }

  gauge(name: string, value: number, labels: Labels): void {
    finite(name, value);
    const { metric, values } = this.#use(name, "gauge", labels);
    if (metric.kind === "gauge") metric.it.set(values, value);
  }

  observe(name: string, value: number, labels: Labels): void {
    finite(name, value);
    const { metric, values } = this.#use(name, "histogram", labels);
    if (metric.kind === "histogram") metric.it.observe(values, value);
  }

  #use(name: string, kind: Metric["kind"], labels: Labels) {
    const entry = this.#entries.get(name) ?? this.#create(name, { kind, help: name }, labels);
    if (entry.metric.kind !== kind)
      throw new Error(`metric ${name} is a ${entry.metric.kind}, not a ${kind}`);
    const { metric, tallies } = entry;
    return { metric, tallies, values: this.#labels(name, entry, labels) };
  }

  #create(name: string, description: Description, labels: Labels): Entry {
    if (this.#entries.size >= this.#limits.maxMetrics) {
      this.#onOverflow("business");
      throw new Error(
        `metric ${name}: there are ${this.#limits.maxMetrics} business metrics already`,
      );
    }
    const labelNames = Object.keys(labels).sort();
    const config = { name, help: description.help, labelNames, registers: [this.#registry] };
    const tallies: Entry["tallies"] = new Map();
    const metric = create(description, config, tallies);
    const entry = { metric, labelNames, series: new BoundedSet(this.#limits.maxSeries), tallies };
    this.#entries.set(name, entry);
    return entry;
  }

  #labels(name: string, entry: Entry, labels: Labels): Record<string, string> {
    const values: Record<string, string> = {};
    for (const label of entry.labelNames) {
      const value = labels[label];
      if (value === undefined) throw new Error(`metric ${name}: label ${label} is missing`);
      values[label] = labelValue(value);
    }
    if (Object.keys(labels).length !== entry.labelNames.length)
      throw new Error(`metric ${name} has the labels ${entry.labelNames.join(", ") || "(none)"}`);
    if (entry.series.admit(JSON.stringify(values))) return values;
    this.#onOverflow(name);
    for (const label of entry.labelNames) values[label] = overflow;
    return values;
  }
}

function create(
  description: Description,
  config: { name: string; help: string; labelNames: string[]; registers: Registry[] },
  tallies: Entry["tallies"],
): Metric {
  switch (description.kind) {
    case "counter":
      return {
        kind: "counter",
        it: new Counter({
          ...config,
          collect() {
            for (const [labels, tally] of tallies)
              this.inc(JSON.parse(labels) as Record<string, string>, tally.take());
          },
        }),
      };
    case "gauge":
      return { kind: "gauge", it: new Gauge(config) };
    default: {
      const { buckets } = description;
      const it = new Histogram(
        buckets === undefined ? config : { ...config, buckets: [...buckets] },
      );
      return { kind: "histogram", it };
    }
  }
}

/** prom-client lets NaN into a counter, which then stays NaN for ever. */
function finite(name: string, value: number): void {
  if (!Number.isFinite(value)) throw new Error(`metric ${name}: ${value} is not a finite number`);
}
