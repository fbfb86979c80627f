import { isUtf8 } from "node:buffer";
import { histogramFault, METRIC_NAME } from "../../../model/index.ts";
import type { HistogramSample, Labels, MetricMetadata } from "../../../model/index.ts";
import { NO_BUCKETS, readSide, Side } from "../../remote-write/histogram.ts";
import { ProtobufError, ProtoReader, tagOf, WIRE } from "../../protobuf.ts";
import { formatBound } from "./float-text.ts";
import { MetadataBook } from "./metadata-book.ts";
import { DEFAULT_EXPOSITION_LIMITS, ExpositionError } from "./parser.ts";
import type {
  ExposedExemplar,
  ExposedFamily,
  ExposedHistogram,
  ExpositionLimits,
  Parser,
  Resolve,
} from "./parser.ts";

const { varint, fixed64, bytes } = WIRE;
/** Fields of MetricFamily, */
const FAMILY = {
  name: tagOf(1, bytes),
  help: tagOf(2, bytes),
  type: tagOf(3, varint),
  metric: tagOf(4, bytes),
  unit: tagOf(5, bytes),
};
/** of Metric, where the field says the type a second time, */
const METRIC = {
  label: tagOf(1, bytes),
  gauge: tagOf(2, bytes),
  counter: tagOf(3, bytes),
  summary: tagOf(4, bytes),
  untyped: tagOf(5, bytes),
  time: tagOf(6, varint),
  histogram: tagOf(7, bytes),
};
/** of Summary and Histogram, */
const COUNT = tagOf(1, varint);
const SUM = tagOf(2, fixed64);
const PART = tagOf(3, bytes);
const COUNT_FLOAT = tagOf(4, fixed64);
/** When a counter, a summary, a histogram began to count. */
const COUNTER_CREATED = tagOf(3, bytes);
const SUMMARY_CREATED = tagOf(4, bytes);
const HISTOGRAM_CREATED = tagOf(15, bytes);
const HISTOGRAM = {
  schema: tagOf(5, varint),
  zeroThreshold: tagOf(6, fixed64),
  zeroCount: tagOf(7, varint),
  zeroCountFloat: tagOf(8, fixed64),
  exemplar: tagOf(16, bytes),
};
const NEGATIVE = { spans: tagOf(9, bytes), deltas: 10, counts: 11 };
const POSITIVE = { spans: tagOf(12, bytes), deltas: 13, counts: 14 };

/** MetricType, by its number. */
const TYPES: readonly MetricMetadata["type"][] = [
  "counter",
  "gauge",
  "summary",
  "unknown",
  "histogram",
  "gaugehistogram",
];

interface ReadExemplar {
  readonly labels: Labels;
  readonly value: number;
  readonly time: number;
}

interface Bucket {
  count: number;
  bound: number;
  exemplar: ReadExemplar | undefined;
}

interface ReadHistogram {
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly Bucket[];
  readonly exemplars: readonly ReadExemplar[];
  readonly created: number;
  readonly native: HistogramSample | undefined;
}

interface ProtobufOptions {
  /** Whether native histograms are taken; if not, histograms are what their classic buckets say. */
  readonly native: boolean;
  /** Whether the classic buckets of a native histogram are taken, too. */
  readonly classic: boolean;
}

/**
 * Reads Prometheus's protobuf format: MetricFamily messages, each after its length
 * (github.com/prometheus/client_model), with the series that the text format would have.
 */
export class ProtobufParser<Series> implements Parser<Series> {
  count = 0;
  values = new Float64Array(64);
  times = new Float64Array(64);
  #starts = new Float64Array(64);
  #family: ExposedFamily = { name: "", type: "unknown" };
  /** Since when the metric that is being read counts. */
  #created = Number.NaN;
  exemplars: ExposedExemplar[] = [];
  histograms: ExposedHistogram[] = [];
  readonly #resolve: Resolve<Series>;
  readonly #options: ProtobufOptions;
  readonly #limits: ExpositionLimits;
  readonly #metadata = new MetadataBook();
  /** By the labels' text, those of this body and of the last one. */
  #known = new Map<string, Series>();
  #before = new Map<string, Series>();
  #series: Series[] = [];
  #body: Buffer = Buffer.alloc(0);
  #reader = new ProtoReader(this.#body);
  #inLabels = false;

  constructor(
    resolve: Resolve<Series>,
    options: ProtobufOptions,
    limits: ExpositionLimits = DEFAULT_EXPOSITION_LIMITS,
  ) {
    this.#resolve = resolve;
    this.#options = options;
    this.#limits = limits;
  }

  get begun(): number {
    return this.count + (this.#inLabels ? 1 : 0);
  }

  seriesOf(index: number): Series {
    return this.#series[index] as Series;
  }

  startOf(index: number): number {
    return this.#starts[index] as number;
  }

  begin(body: Buffer): void {
    this.#before = this.#known;
    this.#known = new Map();
    this.#body = body;
    this.#reader = new ProtoReader(body);
    this.count = 0;
    this.exemplars = [];
    this.histograms = [];
    this.#series = [];
    this.#inLabels = false;
  }

  advance(amount: number): boolean {
    const reader = this.#reader;
    const stop = reader.at + amount;
    try {
      while (reader.more && reader.at < stop) {
        const outer = reader.open();
        this.#readFamily(reader);
        reader.close(outer);
      }
    } catch (error) {
      if (error instanceof ProtobufError)
        throw new ExpositionError(error.message, { cause: error });
      throw error;
    }
    return !reader.more;
  }

  release(): void {
    this.#body = Buffer.alloc(0);
    this.#reader = new ProtoReader(this.#body);
    this.#before = new Map();
  }

  takeChangedMetadata(): MetricMetadata[] {
    return this.#metadata.takeChanged(this.#known.size, () => new Set());
  }

  /** Reads a family in two passes, because its type may stand behind its metrics. */
  #readFamily(reader: ProtoReader): void {
    const begin = reader.at;
    let name = "";
    let help = "";
    let unit = "";
    let type = 0;
    let metrics = 0;
    while (reader.more) {
      const tag = reader.nextTag();
      if (tag === FAMILY.name) name = text(reader);
      else if (tag === FAMILY.help) help = text(reader);
      else if (tag === FAMILY.unit) unit = text(reader);
      else if (tag === FAMILY.type) type = reader.uint32();
      else {
        if (tag === FAMILY.metric) metrics += 1;
        reader.skip(tag);
      }
    }
    if (metrics === 0) return;
    if (name === "") reader.fail("a metric family has no name");
    const kind = TYPES[type] ?? reader.fail(`${name} has the unknown type ${type}`);
    this.#metadata.add(name, "type", kind);
    if (help !== "") this.#metadata.add(name, "help", help);
    if (unit !== "") this.#metadata.add(name, "unit", unit);
    this.#family = { name, type: kind };
    reader.at = begin;
    while (reader.more) {
      const tag = reader.nextTag();
      if (tag !== FAMILY.metric) reader.skip(tag);
      else {
        const outer = reader.open();
        this.#readMetric(reader, name, kind);
        reader.close(outer);
      }
    }
  }

  #readMetric(reader: ProtoReader, name: string, type: MetricMetadata["type"]): void {
    const begin = reader.at;
    const pairs: [string, string][] = [];
    let time = Number.NaN;
    while (reader.more) {
      const tag = reader.nextTag();
      if (tag === METRIC.label) {
        pairs.push(readLabel(reader));
        if (pairs.length > this.#limits.labels) {
          reader.fail(`${name} has more than ${this.#limits.labels} labels`);
        }
      } else if (tag === METRIC.time) {
        // 0 is "none", because the format cannot tell them apart.
        time = reader.int64() || Number.NaN;
      } else reader.skip(tag);
    }
    reader.at = begin;
    const add = (suffix: string, value: number, more?: readonly [string, string]) =>
      this.#push(reader, name + suffix, more === undefined ? pairs : [...pairs, more], value, time);
    this.#created = Number.NaN;
    const wanted = FIELD_OF[type];
    let found = false;
    while (reader.more) {
      const tag = reader.nextTag();
      if (tag !== wanted || found) {
        reader.skip(tag);
        continue;
      }
      found = true;
      const outer = reader.open();
      if (tag === METRIC.summary) this.#addSummary(readSummary(reader), add);
      else if (tag === METRIC.histogram) this.#addHistogram(readHistogram(reader, type), add);
      else this.#addSimple(reader, tag, add);
      reader.close(outer);
    }
    // A message that is not there has every field at zero.
    if (!found && !type.endsWith("histogram") && type !== "summary") add("", 0);
  }

  #addSimple(reader: ProtoReader, tag: number, add: Add): void {
    let value = 0;
    let exemplar: ReadExemplar | undefined;
    while (reader.more) {
      const field = reader.nextTag();
      if (field === tagOf(1, fixed64)) value = reader.double();
      else if (field === tagOf(2, bytes) && tag === METRIC.counter) exemplar = readExemplar(reader);
      else if (field === COUNTER_CREATED && tag === METRIC.counter)
        this.#created = readTime(reader);
      else reader.skip(field);
    }
    this.#addExemplar(add("", value), exemplar);
  }

  #addSummary({ count, sum, created, quantiles }: ReadSummary, add: Add): void {
    this.#created = created;
    add("_count", count);
    add("_sum", sum);
    for (const [quantile, value] of quantiles) add("", value, ["quantile", formatBound(quantile)]);
  }

  #addHistogram(histogram: ReadHistogram, add: Add): void {
    const { native, buckets } = histogram;
    this.#created = histogram.created;
    if (native !== undefined && this.#options.native) {
      const sample = add("", 0);
      this.histograms.push({ sample, histogram: native });
      const exemplars =
        histogram.exemplars.length > 0
          ? histogram.exemplars
          : buckets.map(({ exemplar }) => exemplar);
      // Only with a time can one be told from the same one again.
      for (const exemplar of exemplars) {
        if (exemplar !== undefined && !Number.isNaN(exemplar.time)) {
          this.#addExemplar(sample, exemplar);
        }
      }
      if (!this.#options.classic || buckets.length === 0) return;
    }
    add("_count", histogram.count);
    add("_sum", histogram.sum);
    let isWhole = false;
    for (const { bound, count, exemplar } of buckets) {
      this.#addExemplar(add("_bucket", count, ["le", formatBound(bound)]), exemplar);
      isWhole = bound === Number.POSITIVE_INFINITY;
      if (isWhole) break;
    }
    if (!isWhole) add("_bucket", histogram.count, ["le", "+Inf"]);
  }

  #addExemplar(sample: number, exemplar: ReadExemplar | undefined): void {
    if (exemplar !== undefined) this.exemplars.push({ sample, ...exemplar });
  }

  #push(
    reader: ProtoReader,
    metric: string,
    pairs: readonly (readonly [string, string])[],
    value: number,
    time: number,
  ): number {
    const index = this.count;
    if (index >= this.#limits.samples) reader.fail(`there are more than ${index} samples`);
    if (index === this.values.length) {
      const values = new Float64Array(index * 2);
      const times = new Float64Array(index * 2);
      const starts = new Float64Array(index * 2);
      values.set(this.values);
      times.set(this.times);
      starts.set(this.#starts);
      this.#starts = starts;
      this.values = values;
      this.times = times;
    }
    this.#series.push(this.#seriesFor(reader, metric, pairs));
    this.values[index] = value;
    this.times[index] = time;
    this.#starts[index] = this.#created;
    this.count = index + 1;
    return index;
  }

  #seriesFor(
    reader: ProtoReader,
    metric: string,
    pairs: readonly (readonly [string, string])[],
  ): Series {
    let key = metric;
    for (const [name, value] of pairs) key += `\u0001${name}\u0002${value}`;
    let series = this.#known.get(key);
    if (series !== undefined) return series;
    series = this.#before.get(key);
    if (series === undefined) {
      this.#inLabels = true;
      const names = new Set(pairs.map(([name]) => name).concat(METRIC_NAME));
      if (names.size !== pairs.length + 1) reader.fail(`${metric} has a label twice`);
      series = this.#resolve([[METRIC_NAME, metric], ...pairs], this.#family);
      this.#inLabels = false;
    }
    this.#known.set(key, series);
    return series;
  }
}

/** Adds a sample of the metric that is being read; answers its index. */
type Add = (suffix: string, value: number, more?: readonly [string, string]) => number;

const FIELD_OF: Readonly<Record<string, number>> = {
  counter: METRIC.counter,
  gauge: METRIC.gauge,
  summary: METRIC.summary,
  unknown: METRIC.untyped,
  histogram: METRIC.histogram,
  gaugehistogram: METRIC.histogram,
};

function text(reader: ProtoReader): string {
  const blob = reader.blob();
  if (!isUtf8(blob)) reader.fail("a text is not UTF-8");
  return blob.toString("utf8");
}

function readLabel(reader: ProtoReader): [string, string] {
  const outer = reader.open();
  let name = "";
  let value = "";
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === tagOf(1, bytes)) name = text(reader);
    else if (tag === tagOf(2, bytes)) value = text(reader);
    else reader.skip(tag);
  }
  if (name === "") reader.fail("a label has no name");
  reader.close(outer);
  return [name, value];
}

interface ReadSummary {
  readonly count: number;
  readonly sum: number;
  readonly created: number;
  readonly quantiles: readonly (readonly [quantile: number, value: number])[];
}

function readSummary(reader: ProtoReader): ReadSummary {
  let created = Number.NaN;
  let count = 0;
  let sum = 0;
  const quantiles: (readonly [quantile: number, value: number])[] = [];
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === COUNT) count = reader.uint64();
    else if (tag === SUM) sum = reader.double();
    else if (tag === PART) quantiles.push(readQuantile(reader));
    else if (tag === SUMMARY_CREATED) created = readTime(reader);
    else reader.skip(tag);
  }
  return { count, sum, created, quantiles };
}

function readQuantile(reader: ProtoReader): readonly [number, number] {
  const outer = reader.open();
  let quantile = 0;
  let value = 0;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === tagOf(1, fixed64)) quantile = reader.double();
    else if (tag === tagOf(2, fixed64)) value = reader.double();
    else reader.skip(tag);
  }
  reader.close(outer);
  return [quantile, value];
}

function readHistogram(reader: ProtoReader, type: MetricMetadata["type"]): ReadHistogram {
  const read = { count: 0, countFloat: 0, sum: 0, schema: 0, zeroThreshold: 0 };
  const zero = { count: 0, countFloat: 0 };
  const buckets: Bucket[] = [];
  const exemplars: ReadExemplar[] = [];
  let created = Number.NaN;
  const negative = new Side();
  const positive = new Side();
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === COUNT) read.count = reader.uint64();
    else if (tag === COUNT_FLOAT) read.countFloat = reader.double();
    else if (tag === SUM) read.sum = reader.double();
    else if (tag === PART) buckets.push(readBucket(reader));
    else if (tag === HISTOGRAM.schema) read.schema = reader.sint64();
    else if (tag === HISTOGRAM.zeroThreshold) read.zeroThreshold = reader.double();
    else if (tag === HISTOGRAM.zeroCount) zero.count = reader.uint64();
    else if (tag === HISTOGRAM.zeroCountFloat) zero.countFloat = reader.double();
    else if (tag === HISTOGRAM_CREATED) created = readTime(reader);
    else if (tag === HISTOGRAM.exemplar) exemplars.push(readExemplar(reader));
    else if (
      !readSide(reader, tag, NEGATIVE, negative) &&
      !readSide(reader, tag, POSITIVE, positive)
    ) {
      reader.skip(tag);
    }
  }
  const isNative =
    negative.lengths.length + positive.lengths.length > 0 ||
    read.zeroThreshold > 0 ||
    zero.count > 0;
  const integer = read.countFloat === 0 && zero.countFloat === 0;
  const count = read.countFloat || read.count;
  let native: HistogramSample | undefined;
  if (isNative) {
    native = {
      schema: read.schema,
      count: integer ? read.count : read.countFloat,
      sum: read.sum,
      zeroThreshold: read.zeroThreshold,
      zeroCount: integer ? zero.count : zero.countFloat,
      positive: bucketsOf(reader, positive, integer, "positive"),
      negative: bucketsOf(reader, negative, integer, "negative"),
      customValues: new Float64Array(0),
      counterResetHint: type === "gaugehistogram" ? "gauge" : "unknown",
      integer,
    };
    const fault = histogramFault(native);
    if (fault !== undefined) reader.fail(`a native histogram: ${fault}`);
  }
  return { count, sum: read.sum, buckets, exemplars, created, native };
}

function bucketsOf(reader: ProtoReader, side: Side, integer: boolean, sign: string) {
  const found = side.lengths.length === 0 ? NO_BUCKETS : side.buckets(integer, sign);
  return typeof found === "string" ? reader.fail(`a native histogram: ${found}`) : found;
}

function readBucket(reader: ProtoReader): Bucket {
  const outer = reader.open();
  const bucket: Bucket = { count: 0, bound: 0, exemplar: undefined };
  let whole = 0;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === tagOf(1, varint)) whole = reader.uint64();
    else if (tag === tagOf(2, fixed64)) bucket.bound = reader.double();
    else if (tag === tagOf(3, bytes)) bucket.exemplar = readExemplar(reader);
    else if (tag === tagOf(4, fixed64)) bucket.count = reader.double();
    else reader.skip(tag);
  }
  reader.close(outer);
  if (bucket.count === 0) bucket.count = whole;
  return bucket;
}

function readExemplar(reader: ProtoReader): ReadExemplar {
  const outer = reader.open();
  const pairs: [string, string][] = [];
  let value = 0;
  let time = Number.NaN;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === tagOf(1, bytes)) pairs.push(readLabel(reader));
    else if (tag === tagOf(2, fixed64)) value = reader.double();
    else if (tag === tagOf(3, bytes)) time = readTime(reader);
    else reader.skip(tag);
  }
  reader.close(outer);
  return { labels: Object.fromEntries(pairs), value, time };
}

/** A google.protobuf.Timestamp as milliseconds. */
function readTime(reader: ProtoReader): number {
  const outer = reader.open();
  let seconds = 0;
  let nanos = 0;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === tagOf(1, varint)) seconds = reader.int64();
    else if (tag === tagOf(2, varint)) nanos = reader.int64();
    else reader.skip(tag);
  }
  reader.close(outer);
  return seconds * 1000 + Math.trunc(nanos / 1_000_000);
}
