import { labelsKey, METRIC_NAME } from "../../model/index.ts";
import type { HistogramSample, Labels } from "../../model/index.ts";
import { BatchBuilder } from "../scrape/batch.ts";
import { labelsOf } from "./names.ts";
import type { Metric } from "./parse.ts";

/** Prometheus's default bounds, for timers in seconds. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Eight buckets for each doubling: values are known to 9 %. */
const SCHEMA = 3;
const ZERO_THRESHOLD = 2 ** -128;
/** Buckets of one native histogram: enough for values from a nanosecond to an hour. */
const MAX_BUCKETS = 400;

export interface AggregateLimits {
  /** Series that are kept; a histogram counts as one. */
  readonly series: number;
  /** Members of all sets together between two flushes. */
  readonly setMembers: number;
  /** A series that is not heard of for so long ends, milliseconds. */
  readonly expireAfter: number;
}

/** How timers, histograms and distributions are stored. */
export type HistogramForm = "classic" | "native";

type State =
  | { readonly kind: "counter"; value: number }
  | { readonly kind: "gauge"; value: number }
  | { readonly kind: "set"; members: Set<string> }
  | { readonly kind: "classic"; readonly counts: Float64Array; sum: number }
  | {
      readonly kind: "native";
      readonly positive: Map<number, number>;
      readonly negative: Map<number, number>;
      zero: number;
      sum: number;
    };

interface Series {
  readonly labels: Labels;
  readonly state: State;
  heard: number;
  /** Whether it has not been in a batch yet. */
  isNew: boolean;
}

/** Adds up what comes in between two flushes, within its limits. */
export class Aggregate {
  readonly #limits: AggregateLimits;
  readonly #form: HistogramForm;
  readonly #series = new Map<string, Series>();
  #lastFlush: number;
  #members = 0;

  constructor(limits: AggregateLimits, form: HistogramForm, now: number) {
    this.#limits = limits;
    this.#form = form;
    this.#lastFlush = now;
  }

  get size(): number {
    return this.#series.size;
  }

  /** Takes a metric; answers why not when it does not. */
  add(metric: Metric, now: number): "over_limit" | "invalid" | undefined {
    const labels = labelsOf(metric.name, metric.tags);
    const histogram = metric.kind === "timer" || metric.kind === "histogram";
    const kind = histogram ? this.#form : metric.kind;
    const key = labelsKey(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      if (this.#series.size >= this.#limits.series) return "over_limit";
      series = { labels, state: emptyState(kind), heard: now, isNew: true };
      this.#series.set(key, series);
    }
    // One name has one type: another would make nonsense of what is there.
    if (series.state.kind !== kind) return "invalid";
    series.heard = now;
    return this.#update(series.state, metric);
  }

  /** What is to be stored at `now`; series that have been silent for too long end. */
  flush(now: number): BatchBuilder {
    const batch = new BatchBuilder(this.#series.size * 2);
    const before = Math.min(this.#lastFlush, now - 1);
    for (const [key, series] of this.#series) {
      if (now - series.heard >= this.#limits.expireAfter) {
        this.#series.delete(key);
        if (!series.isNew) write(series, now, batch, "end");
        continue;
      }
      // A sum that begins counts from 0, so that its first events are in its rate.
      if (series.isNew && series.state.kind !== "gauge" && series.state.kind !== "set")
        write(series, before, batch, "zero");
      write(series, now, batch, "value");
      series.isNew = false;
      if (series.state.kind === "set") series.state.members.clear();
    }
    this.#lastFlush = now;
    this.#members = 0;
    return batch;
  }

  #update(state: State, metric: Metric): "over_limit" | undefined {
    const { weight, values } = metric;
    switch (state.kind) {
      case "counter":
        for (const value of values) state.value += value * weight;
        return undefined;
      case "gauge":
        for (const value of values) state.value = metric.isChange ? state.value + value : value;
        return undefined;
      case "set":
        for (const member of metric.members) {
          if (state.members.has(member)) continue;
          if (this.#members >= this.#limits.setMembers) return "over_limit";
          state.members.add(member);
          this.#members += 1;
        }
        return undefined;
      case "classic":
      case "native": {
        // Buckets hold whole numbers.
        const times = Math.max(1, Math.round(weight));
        for (const sent of values) {
          // Timers come in milliseconds, and seconds are what is stored.
          const value = metric.kind === "timer" ? sent / 1000 : sent;
          if (state.kind === "classic") {
            const at = BOUNDS.findIndex((bound) => value <= bound);
            const bucket = at < 0 ? BOUNDS.length : at;
            state.counts[bucket] = (state.counts[bucket] ?? 0) + times;
          } else if (Math.abs(value) <= ZERO_THRESHOLD) state.zero += times;
          else {
            const side = value > 0 ? state.positive : state.negative;
            const index = Math.ceil(Math.log2(Math.abs(value)) * 2 ** SCHEMA);
            const isFull = state.positive.size + state.negative.size >= MAX_BUCKETS;
            if (isFull && !side.has(index)) return "over_limit";
            side.set(index, (side.get(index) ?? 0) + times);
          }
          state.sum += value * times;
        }
        return undefined;
      }
    }
  }
}

function emptyState(kind: State["kind"]): State {
  switch (kind) {
    case "counter":
    case "gauge":
      return { kind, value: 0 };
    case "set":
      return { kind, members: new Set() };
    case "classic":
      return { kind, counts: new Float64Array(BOUNDS.length + 1), sum: 0 };
    case "native":
      return { kind, positive: new Map(), negative: new Map(), zero: 0, sum: 0 };
  }
}

/** Writes a series as it is, as it was before its first event, or its end. */
function write(
  { labels, state }: Series,
  time: number,
  batch: BatchBuilder,
  what: "value" | "zero" | "end",
): void {
  const put = (of: Labels, value: number) => {
    if (what === "end") batch.addStale(of, time);
    else batch.add(of, time, what === "zero" ? 0 : value);
  };
  switch (state.kind) {
    case "counter":
    case "gauge":
      return put(labels, state.value);
    case "set":
      return put(labels, state.members.size);
    case "classic": {
      const name = labels[METRIC_NAME] ?? "";
      let total = 0;
      state.counts.forEach((count, i) => {
        total += count;
        const bound = BOUNDS[i];
        const le =
          bound === undefined ? "+Inf" : Number.isInteger(bound) ? `${bound}.0` : `${bound}`;
        put({ ...labels, [METRIC_NAME]: `${name}_bucket`, le }, total);
      });
      put({ ...labels, [METRIC_NAME]: `${name}_sum` }, state.sum);
      return put({ ...labels, [METRIC_NAME]: `${name}_count` }, total);
    }
    case "native":
      if (what === "end") return batch.addStale(labels, time);
      return batch.addHistogram(
        labels,
        time,
        nativeHistogram(what === "zero" ? emptyState("native") : state),
      );
  }
}

function nativeHistogram(state: State): HistogramSample {
  if (state.kind !== "native") throw new TypeError("not a native histogram");
  const [positive, negative] = [state.positive, state.negative].map((side) => {
    const entries = [...side].sort(([a], [b]) => a - b);
    return {
      indexes: Int32Array.from(entries, ([index]) => index),
      counts: Float64Array.from(entries, ([, count]) => count),
    };
  });
  const none = { indexes: new Int32Array(0), counts: new Float64Array(0) };
  const sides = [positive ?? none, negative ?? none] as const;
  return {
    schema: SCHEMA,
    count: sides.reduce((sum, { counts }) => counts.reduce((a, b) => a + b, sum), state.zero),
    sum: state.sum,
    zeroThreshold: ZERO_THRESHOLD,
    zeroCount: state.zero,
    positive: sides[0],
    negative: sides[1],
    customValues: new Float64Array(0),
    counterResetHint: "unknown",
    integer: true,
  };
}
