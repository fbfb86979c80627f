import { histogramFault } from "../../model/index.ts";
import type { HistogramSample, MetricMetadata } from "../../model/index.ts";
import type { PushBatch } from "../push/batch.ts";
import { exemplarFits, isTime } from "../push/exemplars.ts";
import type { PushLimits } from "../push/limits.ts";
import type { Refusals } from "../push/refusals.ts";
import { textOf } from "./attributes.ts";
import type { CumulativeRequest } from "./cumulative.ts";
import { addClassic } from "./deltas.ts";
import type { ClassicHistogram, DeltaRequest } from "./deltas.ts";
import { originOf, resourceLabels, SeriesLabels } from "./labels.ts";
import type { Origin, PointLabels } from "./labels.ts";
import { CUMULATIVE, DELTA, NO_RECORDED_VALUE } from "./metrics-schema.ts";
import type { AttributeList } from "./attribute-list.ts";
import type {
  ExponentialDataPoint,
  HistogramDataPoint,
  Metric,
  NumberDataPoint,
  OtlpExemplar,
  ResourceMetrics,
  SummaryDataPoint,
} from "./metrics-schema.ts";
import { createNamer, unitSuffix } from "./names.ts";
import type { NamedType, Namer } from "./names.ts";
import { addHistograms, customBuckets, nativeHistogram } from "./native-histogram.ts";
import { decimal } from "./number-text.ts";
import type { OtlpSettings } from "./settings.ts";

/** Where a request's points go. */
export interface OtlpIntake {
  readonly batch: PushBatch;
  /** Counted in points. */
  readonly refusals: Refusals;
  readonly deltas: DeltaRequest;
}

/** What every kind of point has. */
interface AnyPoint {
  readonly startTimeUnixNano: number;
  readonly timeUnixNano: number;
  readonly attributes: AttributeList;
  readonly flags: number;
}

/** The metric that a point belongs to, and where its samples go. */
interface Place {
  readonly name: string;
  readonly origin: Origin;
  readonly isDelta: boolean;
  readonly intake: OtlpIntake;
  /** The latest time of the resource's points. */
  readonly seen: { latest: number };
}

/**
 * Makes samples of OTLP's metrics by the OpenTelemetry-to-Prometheus compatibility specification.
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export class MetricsTranslator {
  readonly settings: OtlpSettings;
  readonly #namer: Namer;
  readonly #labels: SeriesLabels;

  constructor(limits: PushLimits, settings: OtlpSettings) {
    this.settings = settings;
    this.#namer = createNamer(settings.translationStrategy);
    this.#labels = new SeriesLabels(limits, this.#namer);
  }

  /** Adds the points of a request. Throws PushError when they are too many. */
  translate(resources: readonly ResourceMetrics[], intake: OtlpIntake): void {
    for (const { resource, scopeMetrics } of resources) {
      const labels = resourceLabels(resource.attributes, this.#namer, this.settings);
      const seen = { latest: 0 };
      for (const scope of scopeMetrics) {
        const origin = originOf(labels, scope, this.#namer, this.settings);
        for (const metric of scope.metrics) this.#metric(metric, origin, intake, seen);
      }
      if (labels.info === undefined || seen.latest === 0) continue;
      const origin = { key: JSON.stringify(labels.info), strong: labels.info, weak: {} };
      const place = { name: "target_info", origin, isDelta: false, intake, seen };
      const series = this.#series(place, this.#labels.point(origin, []), "");
      if (series === undefined) continue;
      intake.batch.addValue(series, seen.latest, 1);
      const help =
        "Attributes of the resource that the metrics of this job and instance are about.";
      intake.batch.describe({ metric: "target_info", type: "info", help, unit: "" });
    }
  }

  #metric(metric: Metric, origin: Origin, intake: OtlpIntake, seen: { latest: number }): void {
    const { gauge, sum, histogram, exponentialHistogram: exponential, summary } = metric;
    const [type, named] = typesOf(metric);
    const name = this.#namer.metric(metric.name, metric.unit, named);
    const points = gauge ?? sum ?? histogram ?? exponential ?? summary;
    const count = points?.dataPoints.length ?? 0;
    if (points === undefined || count === 0) return;
    if (name === undefined) {
      const what = `the metric ${JSON.stringify(metric.name)} has no name that could be stored`;
      intake.refusals.add("invalid", what, count);
      return;
    }
    const temporality = (sum ?? histogram ?? exponential)?.aggregationTemporality;
    if (temporality !== undefined && temporality !== DELTA && temporality !== CUMULATIVE) {
      const what = `the metric ${metric.name} has no aggregation temporality`;
      intake.refusals.add("invalid", what, count);
      return;
    }
    const unit = unitSuffix(metric.unit);
    intake.batch.describe({ metric: name, type, help: metric.description, unit });
    const place = { name, origin, isDelta: temporality === DELTA, intake, seen };
    for (const point of gauge?.dataPoints ?? []) this.#number(point, place, false);
    for (const point of sum?.dataPoints ?? []) this.#number(point, place, true);
    for (const point of histogram?.dataPoints ?? []) this.#classic(point, place);
    for (const point of exponential?.dataPoints ?? []) this.#native(point, place);
    for (const point of summary?.dataPoints ?? []) this.#summary(point, place);
  }

  #number(point: NumberDataPoint, place: Place, isSum: boolean): void {
    const labels = this.#begin(point, place);
    if (labels === undefined) return;
    const { batch, deltas } = place.intake;
    const time = point.timeUnixNano;
    if (isEnd(point)) {
      this.#stale(place, labels, "", time);
      return;
    }
    const sent = point.asDouble ?? point.asInt ?? 0;
    const add = (before: number, delta: number) => before + delta;
    const value = place.isDelta ? summedUp(deltas.numbers, point, place, labels, sent, add) : sent;
    if (value === undefined) return;
    const series = this.#series(place, labels, "");
    if (series === undefined) return;
    batch.addValue(series, time, value, isSum ? startOf(point, place) : 0);
    if (isSum) for (const each of point.exemplars) this.#exemplar(each, series, batch);
  }

  #classic(point: HistogramDataPoint, place: Place): void {
    const labels = this.#begin(point, place);
    if (labels === undefined) return;
    const { explicitBounds: bounds, bucketCounts: counts, count, sum } = point;
    if (counts.length > 0 && counts.length !== bounds.length + 1) {
      refuse(place, `has ${counts.length} buckets for ${bounds.length} bounds`);
      return;
    }
    const sent: ClassicHistogram = { bounds, counts, count, sum };
    const stale = isEnd(point);
    const { classic } = place.intake.deltas;
    const value =
      place.isDelta && !stale ? summedUp(classic, point, place, labels, sent, addClassic) : sent;
    if (value === undefined) return;
    if (this.settings.convertHistogramsToNhcb) {
      this.#addNative(stale ? "stale" : customBuckets(value), point, place, labels);
    } else this.#classicSeries(value, point, place, labels, stale);
  }

  #classicSeries(
    value: ClassicHistogram,
    point: HistogramDataPoint,
    place: Place,
    labels: PointLabels,
    stale: boolean,
  ): void {
    const { batch } = place.intake;
    const add = (suffix: string, sample: number, bound?: number): number | undefined => {
      const extra = bound === undefined ? undefined : (["le", decimal(bound)] as const);
      const series = this.#series(place, labels, suffix, extra);
      if (series === undefined) return undefined;
      if (stale) batch.addStale(series, point.timeUnixNano);
      else batch.addValue(series, point.timeUnixNano, sample, startOf(point, place));
      return series;
    };
    if (value.sum !== undefined) add("_sum", value.sum);
    add("_count", value.count);
    const buckets: { readonly bound: number; readonly series: number | undefined }[] = [];
    let below = 0;
    value.bounds.forEach((bound, i) => {
      if (value.counts.length === 0 || bound === Number.POSITIVE_INFINITY) return;
      below += value.counts[i] ?? 0;
      buckets.push({ bound, series: add("_bucket", below, bound) });
    });
    const all = Number.POSITIVE_INFINITY;
    buckets.push({ bound: all, series: add("_bucket", value.count, all) });
    for (const exemplar of point.exemplars) {
      const observed = exemplar.asDouble ?? exemplar.asInt ?? 0;
      const series = buckets.find(({ bound }) => observed <= bound)?.series;
      if (series !== undefined) this.#exemplar(exemplar, series, batch);
    }
  }

  #native(point: ExponentialDataPoint, place: Place): void {
    const labels = this.#begin(point, place);
    if (labels === undefined) return;
    if (isEnd(point)) {
      this.#addNative("stale", point, place, labels);
      return;
    }
    const sent = nativeHistogram(point);
    if (typeof sent === "string") {
      refuse(place, `cannot become a native histogram: ${sent}`);
      return;
    }
    const { native } = place.intake.deltas;
    const value = place.isDelta
      ? summedUp(native, point, place, labels, sent, (a, b) => addHistograms(a, b) ?? b)
      : sent;
    if (value !== undefined) this.#addNative(value, point, place, labels);
  }

  #addNative(
    value: HistogramSample | "stale",
    point: ExponentialDataPoint | HistogramDataPoint,
    place: Place,
    labels: PointLabels,
  ): void {
    const fault = value === "stale" ? undefined : histogramFault(value);
    if (fault !== undefined) {
      refuse(place, `cannot become a native histogram: ${fault}`);
      return;
    }
    const series = this.#series(place, labels, "");
    if (series === undefined) return;
    const { batch } = place.intake;
    if (value === "stale") batch.addStale(series, point.timeUnixNano);
    else batch.addHistogram(series, point.timeUnixNano, value, startOf(point, place));
    for (const exemplar of point.exemplars) this.#exemplar(exemplar, series, batch);
  }

  #summary(point: SummaryDataPoint, place: Place): void {
    const labels = this.#begin(point, place);
    if (labels === undefined) return;
    const { batch } = place.intake;
    const add = (suffix: string, value: number, quantile?: number) => {
      const extra = quantile === undefined ? undefined : (["quantile", decimal(quantile)] as const);
      const series = this.#series(place, labels, suffix, extra);
      if (series === undefined) return;
      if (isEnd(point)) batch.addStale(series, point.timeUnixNano);
      else batch.addValue(series, point.timeUnixNano, value, startOf(point, place));
    };
    add("_sum", point.sum);
    add("_count", point.count);
    for (const { quantile, value } of point.quantileValues) add("", value, quantile);
  }

  /** What a point's series are made from; undefined, with the reason noted, when it cannot be stored. */
  #begin(point: AnyPoint, place: Place): PointLabels | undefined {
    const time = point.timeUnixNano;
    if (time === 0 || !isTime(time)) {
      const what = time === 0 ? "has no time" : `has the time ${time} ms`;
      refuse(place, `${what}, which is not between 1970 and 2100`);
      return undefined;
    }
    const labels = this.#labels.point(place.origin, point.attributes);
    const series = this.#labels.series(labels, place.name);
    if (typeof series === "string") {
      place.intake.refusals.add("invalid", series, 1);
      return undefined;
    }
    place.seen.latest = Math.max(place.seen.latest, time);
    return labels;
  }

  #series(
    { name, intake }: Place,
    point: PointLabels,
    suffix: string,
    extra?: readonly [string, string],
  ): number | undefined {
    const labels = this.#labels.series(point, name + suffix, extra);
    if (typeof labels !== "string") return intake.batch.addSeries(labels);
    intake.refusals.add("invalid", labels, 1);
    return undefined;
  }

  #stale(place: Place, labels: PointLabels, suffix: string, time: number): void {
    const series = this.#series(place, labels, suffix);
    if (series !== undefined) place.intake.batch.addStale(series, time);
  }

  #exemplar(sent: OtlpExemplar, series: number, batch: PushBatch): void {
    const { traceId, spanId, filteredAttributes, timeUnixNano: time } = sent;
    if (time === 0 || !isTime(time)) return;
    const trace: Record<string, string> = {};
    if (traceId !== "") trace["trace_id"] = traceId;
    if (spanId !== "") trace["span_id"] = spanId;
    const labels = { ...trace };
    for (const { key, value } of filteredAttributes) {
      const name = this.#namer.label(key);
      if (name !== undefined) labels[name] = textOf(value);
    }
    const value = sent.asDouble ?? sent.asInt ?? 0;
    // Attributes that are too long for an exemplar must not cost it its trace.
    const kept = exemplarFits(labels) ? labels : trace;
    if (exemplarFits(kept)) batch.addExemplar({ series, time, value, labels: kept });
  }
}

/** Since when a sample made of a point counts; 0 for not known. What deltas add up to begins here. */
function startOf({ startTimeUnixNano: start }: AnyPoint, { isDelta }: Place): number {
  return isDelta ? 0 : start;
}

function isEnd({ flags }: { readonly flags: number }): boolean {
  return (flags & NO_RECORDED_VALUE) !== 0;
}

/** A metric's type, and as what it is named. */
function typesOf({
  sum,
  histogram,
  exponentialHistogram,
  summary,
}: Metric): [MetricMetadata["type"], NamedType] {
  if (sum !== undefined) return sum.isMonotonic ? ["counter", "counter"] : ["gauge", "other"];
  if (histogram !== undefined || exponentialHistogram !== undefined) return ["histogram", "other"];
  return summary === undefined ? ["gauge", "gauge"] : ["summary", "other"];
}

/** The running sum with a delta; undefined, with the reason noted, when it adds nothing. */
function summedUp<V>(
  sums: CumulativeRequest<V>,
  point: AnyPoint,
  place: Place,
  labels: PointLabels,
  delta: V,
  add: (before: V, delta: V) => V,
): V | undefined {
  const { startTimeUnixNano: start, timeUnixNano: time } = point;
  const sum = sums.add(`${place.name}\u0000${labels.key}`, { start, time, delta }, add);
  if (sum === "full") refuse(place, "would be one series of deltas too many", "over_limit");
  if (sum === "overlapping") refuse(place, "begins before the last delta's end", "out_of_order");
  return typeof sum === "object" ? sum.value : undefined;
}

function refuse(
  { name, intake }: Place,
  what: string,
  reason: "invalid" | "over_limit" | "out_of_order" = "invalid",
): void {
  intake.refusals.add(reason, `a point of ${name} ${what}`, 1);
}
