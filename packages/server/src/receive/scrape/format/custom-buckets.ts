import { CUSTOM_BUCKETS_SCHEMA, histogramFault, METRIC_NAME } from "../../../model/index.ts";
import type { HistogramSample, MetricMetadata } from "../../../model/index.ts";
import type {
  ExposedExemplar,
  ExposedFamily,
  ExposedHistogram,
  ExposedLabels,
  Parser,
  Resolve,
} from "./parser.ts";

/** What a line of the exposition is: a sample of its own, or a part of a classic histogram. */
interface Line<Series> {
  readonly labels: ExposedLabels;
  readonly family: ExposedFamily;
  /** Made when it is needed: what becomes part of a histogram has no series of its own. */
  series: Series | undefined;
  /** The histogram that it is a part of, or that it is. */
  group: Group<Series> | undefined;
  readonly part: "count" | "sum" | "all" | number | undefined;
}

/** A histogram: its series without `le`, and what this body has of it. */
class Group<Series> {
  readonly key: string;
  readonly labels: ExposedLabels;
  series: Series | undefined;
  isForgotten = false;
  round = -1;
  /** The round in which it came as a native histogram, too. */
  nativeRound = -1;
  count = Number.NaN;
  sum = 0;
  time = Number.NaN;
  start = Number.NaN;
  buckets = new Map<number, number>();
  exemplars: Omit<ExposedExemplar, "sample">[] = [];
  /** Its lines in the body, for when they cannot be one histogram. */
  lines: number[] = [];

  constructor(key: string, labels: ExposedLabels) {
    this.key = key;
    this.labels = labels;
  }

  begin(round: number, time: number, start: number): void {
    this.round = round;
    this.count = Number.NaN;
    this.sum = 0;
    this.time = time;
    this.start = start;
    this.buckets = new Map();
    this.exemplars = [];
    this.lines = [];
  }
}

/**
 * Makes native histograms with custom buckets of classic ones (`convert_classic_histograms_to_nhcb`),
 * on top of the parser of a format. What is exposed as a native histogram too is left as it is, and so
 * is what cannot be one histogram: buckets that do not add up, say.
 */
export class CustomBucketsParser<Series> implements Parser<Series> {
  count = 0;
  values = new Float64Array(64);
  times = new Float64Array(64);
  exemplars: ExposedExemplar[] = [];
  histograms: ExposedHistogram[] = [];
  readonly #inner: Parser<Line<Series>>;
  readonly #resolve: Resolve<Series>;
  readonly #keepsClassic: boolean;
  readonly #groups = new Map<string, Group<Series>>();
  #series: Series[] = [];
  #starts: number[] = [];
  #round = 0;

  /** `make` makes the format's parser; `keepsClassic`: the parts are samples as well. */
  constructor(
    make: (resolve: Resolve<Line<Series>>) => Parser<Line<Series>>,
    resolve: Resolve<Series>,
    keepsClassic: boolean,
  ) {
    this.#inner = make((labels, family) => this.#understand(labels, family));
    this.#resolve = resolve;
    this.#keepsClassic = keepsClassic;
  }

  get begun(): number {
    return this.#inner.begun;
  }

  seriesOf(index: number): Series {
    return this.#series[index] as Series;
  }

  startOf(index: number): number {
    return this.#starts[index] as number;
  }

  begin(body: Buffer): void {
    this.#round += 1;
    this.count = 0;
    this.exemplars = [];
    this.histograms = [];
    this.#series = [];
    this.#starts = [];
    this.#inner.begin(body);
  }

  advance(bytes: number): boolean {
    const done = this.#inner.advance(bytes);
    if (done) this.#convert();
    return done;
  }

  release(): void {
    this.#inner.release();
  }

  takeChangedMetadata(): MetricMetadata[] {
    return this.#inner.takeChangedMetadata();
  }

  #understand(labels: ExposedLabels, family: ExposedFamily): Line<Series> {
    const line = { labels, family, series: undefined, group: undefined, part: undefined };
    if (family.type !== "histogram") return line;
    const name = labels[0]?.[1] ?? "";
    if (name === family.name) return { ...line, group: this.#group(labels, name), part: "all" };
    if (!name.startsWith(`${family.name}_`)) return line;
    const suffix = name.slice(family.name.length);
    if (suffix === "_count" || suffix === "_sum") {
      const part = suffix === "_count" ? "count" : "sum";
      return { ...line, group: this.#group(labels, family.name), part };
    }
    const le = labels.find(([label]) => label === "le")?.[1] ?? "";
    const bound = le === "+Inf" ? Number.POSITIVE_INFINITY : le === "" ? Number.NaN : Number(le);
    if (suffix !== "_bucket" || Number.isNaN(bound)) return line;
    const own = labels.filter(([label]) => label !== "le");
    return { ...line, group: this.#group(own, family.name), part: bound };
  }

  #group(labels: ExposedLabels, name: string): Group<Series> {
    const own = [[METRIC_NAME, name] as const, ...labels.slice(1)];
    const key = JSON.stringify(own.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new Group(key, own);
      this.#groups.set(key, group);
    }
    return group;
  }

  /** The line's histogram, the one that all its parts have. */
  #groupOf(line: Line<Series>): Group<Series> | undefined {
    const { group } = line;
    if (group?.isForgotten !== true) return group;
    const known = this.#groups.get(group.key);
    if (known !== undefined) line.group = known;
    else {
      group.isForgotten = false;
      this.#groups.set(group.key, group);
    }
    return line.group;
  }

  #convert(): void {
    const inner = this.#inner;
    const met: Group<Series>[] = [];
    for (const { sample } of inner.histograms) {
      const group = this.#groupOf(inner.seriesOf(sample));
      if (group !== undefined) group.nativeRound = this.#round;
    }
    let nextHistogram = 0;
    let nextExemplar = 0;
    for (let i = 0; i < inner.count; i += 1) {
      const line = inner.seriesOf(i);
      const native = inner.histograms[nextHistogram];
      const exemplars: ExposedExemplar[] = [];
      for (let e = inner.exemplars[nextExemplar]; e?.sample === i;) {
        exemplars.push(e);
        nextExemplar += 1;
        e = inner.exemplars[nextExemplar];
      }
      const group = this.#groupOf(line);
      const isPart = line.part !== undefined && line.part !== "all";
      if (group === undefined || !isPart || group.nativeRound === this.#round) {
        const at = this.#pass(i, line, exemplars);
        if (native?.sample === i) {
          this.histograms.push({ sample: at, histogram: native.histogram });
          nextHistogram += 1;
        }
        continue;
      }
      if (this.#keepsClassic) this.#pass(i, line, exemplars);
      if (group.round !== this.#round) {
        group.begin(this.#round, inner.times[i] as number, inner.startOf(i));
        met.push(group);
      }
      group.lines.push(i);
      // Only with a time can one be told from the same one again.
      group.exemplars.push(...exemplars.filter(({ time }) => !Number.isNaN(time)));
      const value = inner.values[i] as number;
      if (line.part === "count") group.count = value;
      else if (line.part === "sum") group.sum = value;
      else if (typeof line.part === "number" && !group.buckets.has(line.part))
        group.buckets.set(line.part, value);
    }
    for (const group of met) this.#finish(group);
    this.#prune(met.length);
  }

  #finish(group: Group<Series>): void {
    const histogram = histogramOf(group);
    if (histogram === undefined) {
      if (this.#keepsClassic) return;
      for (const i of group.lines) this.#pass(i, this.#inner.seriesOf(i), []);
      return;
    }
    const family = { name: group.labels[0]?.[1] ?? "", type: "histogram" };
    group.series ??= this.#resolve(group.labels, family);
    const sample = this.#push(group.series, 0, group.time, group.start);
    this.histograms.push({ sample, histogram });
    for (const exemplar of group.exemplars) this.exemplars.push({ ...exemplar, sample });
  }

  /** Takes a sample as the format has it. */
  #pass(i: number, line: Line<Series>, exemplars: readonly ExposedExemplar[]): number {
    const inner = this.#inner;
    line.series ??= this.#resolve(line.labels, line.family);
    const [value, time] = [inner.values[i] as number, inner.times[i] as number];
    const sample = this.#push(line.series, value, time, inner.startOf(i));
    for (const exemplar of exemplars) this.exemplars.push({ ...exemplar, sample });
    return sample;
  }

  #push(series: Series, value: number, time: number, start: number): number {
    const index = this.count;
    if (index === this.values.length) {
      const values = new Float64Array(index * 2);
      const times = new Float64Array(index * 2);
      values.set(this.values);
      times.set(this.times);
      this.values = values;
      this.times = times;
    }
    this.#series.push(series);
    this.#starts.push(start);
    this.values[index] = value;
    this.times[index] = time;
    this.count = index + 1;
    return index;
  }

  /** Forgets histograms that did not come, once they are the most. */
  #prune(met: number): void {
    if (this.#groups.size <= 2 * met + 256) return;
    for (const [key, group] of this.#groups) {
      if (group.round === this.#round) continue;
      group.isForgotten = true;
      this.#groups.delete(key);
    }
  }
}

/** One histogram of its parts; undefined when they contradict each other. */
function histogramOf<Series>(group: Group<Series>): HistogramSample | undefined {
  const ascending = [...group.buckets].toSorted(([a], [b]) => a - b);
  const last = ascending.at(-1);
  const count = Number.isNaN(group.count) ? last?.[1] : group.count;
  if (count === undefined) return undefined;
  if (last?.[0] !== Number.POSITIVE_INFINITY) ascending.push([Number.POSITIVE_INFINITY, count]);
  const indexes: number[] = [];
  const counts: number[] = [];
  let below = 0;
  for (const [index, [, upTo]] of ascending.entries()) {
    if (!(upTo >= below)) return undefined;
    if (upTo > below) {
      indexes.push(index);
      counts.push(upTo - below);
    }
    below = upTo;
  }
  if (below !== count) return undefined;
  const histogram: HistogramSample = {
    schema: CUSTOM_BUCKETS_SCHEMA,
    count,
    sum: group.sum,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { indexes: Int32Array.from(indexes), counts: Float64Array.from(counts) },
    negative: { indexes: new Int32Array(0), counts: new Float64Array(0) },
    customValues: Float64Array.from(ascending.slice(0, -1), ([bound]) => bound),
    counterResetHint: "unknown",
    integer: [count, ...counts].every((each) => Number.isSafeInteger(each)),
  };
  return histogramFault(histogram) === undefined ? histogram : undefined;
}
