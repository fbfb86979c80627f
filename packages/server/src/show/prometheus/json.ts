import { FLOAT, formatValue, HISTOGRAM } from "@seaworthy/promql";
import type {
  Labels,
  NativeHistogram,
  QueryResult,
  QueryValue,
  RawSeries,
} from "@seaworthy/promql";
import { histogramJson } from "./histogram-json.ts";

/** A piece of JSON this long goes out; building one answer of 30 MB at once would hold up the loop. */
const PIECE = 64 * 1024;

/** Seconds with three decimals, or none. */
export function formatTime(ms: number): string {
  const whole = Math.trunc(ms / 1000);
  const rest = Math.abs(ms % 1000);
  const sign = ms < 0 && whole === 0 ? "-" : "";
  return rest === 0 ? String(whole) : `${sign}${whole}.${String(rest).padStart(3, "0")}`;
}

/** The envelope of an answer whose data is small. */
export function success(data: unknown, warnings: readonly string[] = []): string {
  const notes = warnings.length === 0 ? {} : { warnings };
  return JSON.stringify({ status: "success", data, ...notes });
}

/** The notes of an answer, each list left out when it is empty. */
export interface Notes {
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

/** Prints a query's answer in pieces. `stats` is JSON text, left out when undefined. */
export function* queryAnswer(
  value: QueryValue,
  { warnings, infos }: Notes,
  stats: string | undefined,
): Generator<string> {
  const type = value.type === "grid" ? "matrix" : value.type;
  let piece = `{"status":"success","data":{"resultType":"${type}","result":`;
  for (const part of resultParts(value)) {
    piece += part;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  if (stats !== undefined) piece += `,"stats":${stats}`;
  piece += "}";
  if (warnings.length > 0) piece += `,"warnings":${JSON.stringify(warnings)}`;
  if (infos.length > 0) piece += `,"infos":${JSON.stringify(infos)}`;
  yield `${piece}}`;
}

function* resultParts(value: QueryValue): Generator<string> {
  if (value.type === "scalar" || value.type === "string") {
    const text = value.type === "scalar" ? `"${formatValue(value.value)}"` : quoted(value.value);
    yield `[${formatTime(value.timeMs)},${text}]`;
    return;
  }
  yield "[";
  let separator = "";
  for (const part of seriesParts(value)) {
    yield separator + part;
    separator = ",";
  }
  yield "]";
}

type SeriesValue = Exclude<QueryValue, { readonly type: "scalar" | "string" }>;

function* seriesParts(value: SeriesValue): Generator<string> {
  if (value.type === "vector") {
    const time = formatTime(value.timeMs);
    for (const { labels, value: sample, histogram } of value.samples) {
      const [key, text] =
        histogram === undefined
          ? ["value", `"${formatValue(sample)}"`]
          : ["histogram", histogramJson(histogram)];
      yield `{"metric":${labelsJson(labels)},"${key}":[${time},${text}]}`;
    }
    return;
  }
  if (value.type === "matrix") {
    for (const series of value.series) yield rawJson(series);
    return;
  }
  const { startMs, stepMs, steps } = value.grid;
  // Every series has the same times: they are printed once.
  const times = Array.from({ length: steps }, (_, step) => formatTime(startMs + step * stepMs));
  for (const { labels, kinds, values, histograms } of value.series) {
    const points = new Points();
    for (let step = 0; step < steps; step += 1) {
      const kind = kinds[step];
      const time = times[step] ?? "";
      if (kind === FLOAT) points.float(time, values[step] ?? 0);
      else if (kind === HISTOGRAM) points.histogram(time, histograms?.[step]);
    }
    if (!points.isEmpty) yield points.series(labels);
  }
}

function rawJson({ labels, times, values, histograms }: RawSeries): string {
  const points = new Points();
  times.forEach((time, i) => {
    const histogram = histograms?.[i];
    if (histogram === undefined) points.float(formatTime(time), values[i] ?? 0);
    else points.histogram(formatTime(time), histogram);
  });
  return points.series(labels);
}

/** The points of one series: floats and native histograms in lists of their own. */
class Points {
  #floats = "";
  #histograms = "";

  get isEmpty(): boolean {
    return this.#floats === "" && this.#histograms === "";
  }

  float(time: string, value: number): void {
    this.#floats += `${this.#floats === "" ? "" : ","}[${time},"${formatValue(value)}"]`;
  }

  histogram(time: string, histogram: NativeHistogram | undefined): void {
    if (histogram === undefined) return;
    this.#histograms += `${this.#histograms === "" ? "" : ","}[${time},${histogramJson(histogram)}]`;
  }

  series(labels: Labels): string {
    const values = this.#floats === "" ? "" : `,"values":[${this.#floats}]`;
    const histograms = this.#histograms === "" ? "" : `,"histograms":[${this.#histograms}]`;
    return `{"metric":${labelsJson(labels)}${values}${histograms}}`;
  }
}

/** A label set as an object, names in order. */
export function labelsJson(labels: Labels): string {
  let text = "";
  for (const [name, value] of labels) {
    text += `${text === "" ? "" : ","}${quoted(name)}:${quoted(value)}`;
  }
  return `{${text}}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

/** The `limit` of /query and /query_range: the first series, with a warning when there are more. */
export function limitSeries(
  result: QueryResult,
  limit: number | undefined,
): { readonly value: QueryValue; readonly notes: Notes } {
  const { value } = result;
  const count = seriesCount(value);
  if (limit === undefined || count <= limit) return { value, notes: result };
  const warnings = [...result.warnings, TRUNCATED];
  return { value: cut(value, limit), notes: { warnings, infos: result.infos } };
}

export const TRUNCATED = "results truncated due to limit";

function seriesCount(value: QueryValue): number {
  if (value.type === "vector") return value.samples.length;
  return value.type === "matrix" || value.type === "grid" ? value.series.length : 0;
}

function cut(value: QueryValue, limit: number): QueryValue {
  if (value.type === "vector") return { ...value, samples: value.samples.slice(0, limit) };
  if (value.type === "matrix") return { ...value, series: value.series.slice(0, limit) };
  if (value.type === "grid") return { ...value, series: value.series.slice(0, limit) };
  return value;
}
