import type { NativeHistogram, QueryContext, RawSeries, SelectRequest } from "@seaworthy/promql";
import { setStale } from "../../../model/index.ts";
import { FIVE_MINUTES, ONE_HOUR } from "../../../store/index.ts";
import type { KeptResolutions, Telemetry } from "../../../store/index.ts";
import { withHistograms } from "../histograms.ts";
import type { HistogramSeries } from "../histograms.ts";
import { readSamples } from "../samples.ts";
import type { IndexedSeries, SeriesIndex } from "../series-index.ts";
import { portions, readKeptHistograms, readWindows } from "./read.ts";
import { joinWindows, NO_WINDOWS } from "./windows.ts";
import type { Windows } from "./windows.ts";

/** Series of one lot: a year of windows of an hour is 8,760. */
const PORTION = 100;
/** Functions of counters, which must see what resets took away. */
const FOR_COUNTERS: ReadonlySet<string> = new Set(["rate", "increase", "irate", "resets"]);

/** The end of what is answered from windows because its samples are not kept, ms. */
export function seamOf({ rawFromMs, windowsUntilMs }: KeptResolutions): number {
  return Math.min(rawFromMs, windowsUntilMs);
}

/**
 * Reads samples of a time range that begins before the seam: of each window there the last sample,
 * of counters also the first and, in between, what makes up for resets; then the samples themselves.
 */
export async function* selectAcrossSeam(
  { telemetry, index }: { readonly telemetry: Telemetry; readonly index: SeriesIndex },
  { matchers, startMs, endMs, hints }: SelectRequest,
  kept: KeptResolutions,
  context: QueryContext,
): AsyncGenerator<RawSeries[]> {
  const seamMs = seamOf(kept);
  const families = await index.match(matchers, startMs, endMs, context.signal);
  const subject = hints.function === "" ? "values are" : `${hints.function} is`;
  context.note(
    "warning",
    `samples before ${new Date(seamMs).toISOString().slice(0, 10)} are kept in windows of ${FIVE_MINUTES.name} or ${ONE_HOUR.name}: there ${subject} told from the last sample of each window`,
  );
  const isCounter = FOR_COUNTERS.has(hints.function);
  const after = startMs - 1;
  const throughMs = Math.min(endMs, seamMs);
  const hours = { afterMs: after, throughMs: Math.min(throughMs, kept.fiveMinutesFromMs) };
  const minutes = { afterMs: Math.max(after, kept.fiveMinutesFromMs), throughMs };
  for (const portion of portions(families, PORTION)) {
    const [long, short] = await Promise.all([
      readWindows(telemetry, portion, ONE_HOUR, hours, context),
      readWindows(telemetry, portion, FIVE_MINUTES, minutes, context),
    ]);
    const withThem = portion.filter(({ histograms }) => histograms);
    const [longHistograms, shortHistograms] = await Promise.all([
      readKeptHistograms(telemetry, withThem, ONE_HOUR, hours, context),
      readKeptHistograms(telemetry, withThem, FIVE_MINUTES, minutes, context),
    ]);
    const later = new Map<IndexedSeries["labels"], RawSeries>();
    if (endMs > throughMs) {
      const range = { startMs: Math.floor(throughMs) + 1, endMs };
      for await (const read of readSamples(telemetry, portion, range, context.signal)) {
        for (const series of read) later.set(series.labels, series);
      }
    }
    const found: RawSeries[] = [];
    for (const { id, labels } of portion.flatMap(({ series }) => series)) {
      const windows = joinWindows(
        long.get(id) ?? NO_WINDOWS,
        short.get(id) ?? NO_WINDOWS,
        Number.NEGATIVE_INFINITY,
      );
      const kept1 = longHistograms.get(id);
      const kept2 = shortHistograms.get(id);
      const floats = samplesOf(windows, labels, isCounter, startMs);
      const histograms = concatHistograms(kept1, kept2);
      const early = histograms === undefined ? floats : withHistograms(floats, histograms);
      const whole = concat(early, later.get(labels));
      if (whole.times.length > 0) found.push(whole);
    }
    yield found;
  }
}

function concatHistograms(
  before: HistogramSeries | undefined,
  after: HistogramSeries | undefined,
): HistogramSeries | undefined {
  if (before === undefined || after === undefined) return before ?? after;
  return {
    times: [...before.times, ...after.times],
    histograms: [...before.histograms, ...after.histograms],
  };
}

function samplesOf(
  windows: Windows,
  labels: RawSeries["labels"],
  isCounter: boolean,
  startMs: number,
): RawSeries {
  const times: number[] = [];
  const values: number[] = [];
  const stale: number[] = [];
  const add = (time: number, value: number) => {
    if (time < startMs || time <= (times.at(-1) ?? -1)) return;
    times.push(time);
    values.push(value);
  };
  for (let i = 0; i < windows.end.length; i += 1) {
    const firstTime = windows.firstTime[i] ?? 0;
    const lastTime = windows.lastTime[i] ?? 0;
    const lost = windows.lost[i] ?? 0;
    const isFilled = windows.samples[i] !== 0;
    if (isCounter && isFilled) {
      add(firstTime, windows.first[i] ?? 0);
      if (lost > 0 && lastTime - firstTime > 2) {
        add(firstTime + 1, lost);
        add(firstTime + 2, Math.min(0, windows.last[i] ?? 0));
      }
    }
    if (isFilled) add(lastTime, windows.last[i] ?? 0);
    if (windows.stale[i] === 1) {
      const size = times.length;
      add(Math.max(lastTime, windows.end[i] ?? 0), 0);
      if (times.length > size) stale.push(size);
    }
  }
  const floats = { labels, times: Float64Array.from(times), values: Float64Array.from(values) };
  for (const at of stale) setStale(floats.values, at);
  return floats;
}

function concat(before: RawSeries, after: RawSeries | undefined): RawSeries {
  if (after === undefined) return before;
  if (before.times.length === 0) return after;
  const size = before.times.length;
  const times = new Float64Array(size + after.times.length);
  times.set(before.times);
  times.set(after.times, size);
  // As bytes: a NaN's payload must not pass through a number.
  const bits = new BigUint64Array(times.length);
  bits.set(bitsOf(before.values));
  bits.set(bitsOf(after.values), size);
  const values = new Float64Array(bits.buffer);
  const startTimes = new Float64Array(times.length);
  if (after.startTimes !== undefined) startTimes.set(after.startTimes, size);
  const histograms: (NativeHistogram | undefined)[] = [
    ...(before.histograms ?? Array.from(before.times, () => undefined)),
    ...(after.histograms ?? Array.from(after.times, () => undefined)),
  ];
  const hasHistograms = before.histograms !== undefined || after.histograms !== undefined;
  return {
    labels: before.labels,
    times,
    values,
    ...(hasHistograms ? { histograms } : {}),
    ...(after.startTimes === undefined ? {} : { startTimes }),
  };
}

function bitsOf(values: Float64Array): BigUint64Array {
  return new BigUint64Array(values.buffer, values.byteOffset, values.length);
}
