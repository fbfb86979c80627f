import type { Labels, RawSeries } from "@seaworthy/promql";
import type { Block, Parameters, Telemetry } from "../../store/index.ts";
import { SampleDensity } from "./density.ts";
import { SampleGatherer } from "./gather.ts";
import type { SampleArrays } from "./gather.ts";
import type { LentArrays } from "./lent-arrays.ts";
import { HISTOGRAM_COLUMNS, histogramsById, withHistograms } from "./histograms.ts";
import type { HistogramSeries } from "./histograms.ts";
import type { IndexedSeries, MatchedFamily } from "./series-index.ts";

/** Samples to ask for at a time: 48 MB. */
const CHUNK_SAMPLES = 2_000_000;
/** An IN list costs some 3 µs a series to parse; a range of ids costs what else lies in it. */
const MAX_LISTED = 5000;
/** A native histogram is taken to be as large as this many floats. */
const HISTOGRAM_SAMPLES = 100;

/** A part of the matched series that one statement reads. */
export interface SeriesChunk {
  readonly families: readonly number[];
  readonly series: readonly IndexedSeries[];
  /** Which rows of `samples`, as SQL with its parameters. */
  readonly where: string;
  readonly parameters: Parameters;
  /** Whether any of the series may have native histograms. */
  readonly histograms: boolean;
}

/**
 * Reads the samples of matched series from startMs to endMs, both inclusive, ascending and each time
 * once, in portions that are in memory at once: in lent arrays a portion lasts until the next one is
 * asked for. The next statement runs while the caller works on what the last one read.
 */
export async function* readSamples(
  telemetry: Telemetry,
  families: readonly MatchedFamily[],
  range: { readonly startMs: number; readonly endMs: number },
  signal: AbortSignal,
  density = new SampleDensity(),
  lent?: LentArrays<SampleArrays>,
): AsyncGenerator<Iterable<RawSeries>> {
  const arrays = lent?.borrow();
  try {
    yield* readInto(arrays, telemetry, families, range, signal, density);
  } finally {
    if (arrays !== undefined) lent?.giveBack(arrays);
  }
}

async function* readInto(
  arrays: SampleArrays | undefined,
  telemetry: Telemetry,
  families: readonly MatchedFamily[],
  range: { readonly startMs: number; readonly endMs: number },
  signal: AbortSignal,
  density: SampleDensity,
): AsyncGenerator<Iterable<RawSeries>> {
  const chunks = new Chunker(families);
  const weight = families.some(({ histograms }) => histograms) ? HISTOGRAM_SAMPLES : 1;
  const spanMs = range.endMs - range.startMs + 1;
  const take = () => {
    const family = chunks.nextFamily;
    return family === undefined
      ? undefined
      : chunks.take(chunkSeries(density.samplesOf(family, spanMs) * weight));
  };
  const read = async (chunk: SeriesChunk | undefined) => {
    if (chunk === undefined) return undefined;
    const [blocks, histograms] = await Promise.all([
      readChunk(telemetry, FLOATS, chunk, range, signal),
      chunk.histograms ? readChunk(telemetry, HISTOGRAMS, chunk, range, signal) : undefined,
    ]);
    return { chunk, blocks, histograms };
  };
  let next = read(take());
  // A caller that stops early leaves the statement under way to nobody.
  next.catch(() => {});
  for (;;) {
    const answer = await next;
    if (answer === undefined) return;
    const { chunk, blocks, histograms } = answer;
    const samples = blocks.reduce((sum, { rows }) => sum + rows, 0);
    density.learn(chunk.families, chunk.series.length, spanMs, samples);
    next = read(take());
    next.catch(() => {});
    const floats = new SampleGatherer(chunk.series, arrays).gather(blocks);
    yield histograms === undefined ? floats : joined(floats, chunk.series, histograms);
  }
}

/** Floats with the histograms of the same series, and the series that have histograms alone. */
function* joined(
  floats: Iterable<RawSeries>,
  wanted: readonly IndexedSeries[],
  blocks: readonly Block[],
): Generator<RawSeries> {
  const byId = histogramsById(blocks);
  const found = new Map<Labels, HistogramSeries>();
  for (const { id, labels } of wanted) {
    const histograms = byId.get(id);
    if (histograms !== undefined) found.set(labels, histograms);
  }
  for (const series of floats) {
    const histograms = found.get(series.labels);
    found.delete(series.labels);
    yield histograms === undefined ? series : withHistograms(series, histograms);
  }
  const nothing = new Float64Array(0);
  for (const [labels, histograms] of found) {
    yield withHistograms({ labels, times: nothing, values: nothing }, histograms);
  }
}

function chunkSeries(samplesPerSeries: number): number {
  return Math.max(1, Math.floor(CHUNK_SAMPLES / Math.max(1, samplesPerSeries)));
}

const FLOATS = "series, toFloat64(toUnixTimestamp64Milli(time)) AS ms, value FROM samples";
const HISTOGRAMS = `${HISTOGRAM_COLUMNS} FROM histograms`;

function readChunk(
  telemetry: Telemetry,
  what: string,
  chunk: SeriesChunk,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  signal: AbortSignal,
): Promise<Block[]> {
  const sql = `SELECT ${what}
    WHERE ${chunk.where}
      AND time >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
      AND time <= fromUnixTimestamp64Milli({end:Int64}, 'UTC')`;
  const parameters = { ...chunk.parameters, start: clampTime(startMs), end: clampTime(endMs) };
  // One thread reads in the table's order; a second one works on the answer meanwhile: this one.
  return telemetry.select(sql, parameters, { signal, settings: { max_threads: 1 }, long: true });
}

/** Within what the table's times can be; queries may ask for the year 292277025. */
export function clampTime(ms: number): number {
  return Math.min(Math.max(Math.trunc(ms), 0), 4_102_444_800_000);
}

/** Cuts matched series into chunks, in the order in which the table has them. */
export class Chunker {
  readonly #families: readonly MatchedFamily[];
  #family = 0;
  #at = 0;

  constructor(families: readonly MatchedFamily[]) {
    this.#families = families;
  }

  /** The family of which the next chunk will be. */
  get nextFamily(): number | undefined {
    return this.#families[this.#family]?.family;
  }

  /** The next chunk of at most `count` series; undefined when all have been taken. */
  take(count: number): SeriesChunk | undefined {
    const wanted = Math.min(count, MAX_LISTED);
    const first = this.#families[this.#family];
    if (first === undefined) return undefined;
    const dense = first.series.length * 2 > first.total;
    if (dense) return this.#takeRange(first, count);
    // Families of few series each (a selector without a metric name) share a statement.
    const families: number[] = [];
    const series: IndexedSeries[] = [];
    let histograms = false;
    while (series.length < wanted) {
      const family = this.#families[this.#family];
      if (family === undefined) break;
      families.push(family.family);
      histograms ||= family.histograms;
      const part = family.series.slice(this.#at, this.#at + wanted - series.length);
      series.push(...part);
      this.#advance(part.length, family);
    }
    return {
      families,
      series,
      where: "family IN {families:Array(UInt32)} AND series IN {series:Array(UInt64)}",
      parameters: { families, series: series.map(({ id }) => id) },
      histograms,
    };
  }

  #takeRange(family: MatchedFamily, count: number): SeriesChunk {
    const part = family.series.slice(this.#at, this.#at + count);
    this.#advance(part.length, family);
    return {
      families: [family.family],
      series: part,
      where: "family = {family:UInt32} AND series >= {low:UInt64} AND series <= {high:UInt64}",
      parameters: {
        family: family.family,
        low: part[0]?.id ?? 0n,
        high: part.at(-1)?.id ?? 0n,
      },
      histograms: family.histograms,
    };
  }

  #advance(taken: number, family: MatchedFamily): void {
    this.#at += taken;
    if (this.#at < family.series.length) return;
    this.#family += 1;
    this.#at = 0;
  }
}
