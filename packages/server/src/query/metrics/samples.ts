import type { RawSeries } from "@seaworthy/promql";
import type { Block, Parameters, Telemetry } from "../../store/index.ts";
import { SampleGatherer } from "./gather.ts";
import type { IndexedSeries, MatchedFamily } from "./series-index.ts";

/** Samples to ask for at a time: 24 MB. */
const CHUNK_SAMPLES = 1_000_000;
/** Until an answer has told better, series are taken to have a sample a second. */
const FIRST_INTERVAL_MS = 1000;
/** An IN list costs some 3 µs a series to parse; a range of ids costs what else lies in it. */
const MAX_LISTED = 5000;

/** A part of the matched series that one statement reads. */
export interface SeriesChunk {
  readonly series: readonly IndexedSeries[];
  /** Which rows of `samples`, as SQL with its parameters. */
  readonly where: string;
  readonly parameters: Parameters;
}

/**
 * Reads the samples of matched series from startMs to endMs, both inclusive, ascending and each time
 * once. The next statement runs while the caller works on what the last one read.
 */
export async function* readSamples(
  telemetry: Telemetry,
  families: readonly MatchedFamily[],
  range: { readonly startMs: number; readonly endMs: number },
  signal: AbortSignal,
): AsyncGenerator<RawSeries> {
  const chunks = new Chunker(families);
  const read = async (chunk: SeriesChunk | undefined) => {
    if (chunk === undefined) return undefined;
    return { chunk, blocks: await readChunk(telemetry, chunk, range, signal) };
  };
  const guess = Math.max(1, (range.endMs - range.startMs) / FIRST_INTERVAL_MS);
  let next = read(chunks.take(chunkSeries(guess)));
  // A caller that stops early leaves the statement under way to nobody.
  next.catch(() => {});
  for (;;) {
    const answer = await next;
    if (answer === undefined) return;
    const samples = answer.blocks.reduce((sum, { rows }) => sum + rows, 0);
    next = read(chunks.take(chunkSeries(samples / answer.chunk.series.length)));
    next.catch(() => {});
    yield* new SampleGatherer(answer.chunk.series).gather(answer.blocks);
  }
}

function chunkSeries(samplesPerSeries: number): number {
  return Math.max(1, Math.floor(CHUNK_SAMPLES / Math.max(1, samplesPerSeries)));
}

function readChunk(
  telemetry: Telemetry,
  chunk: SeriesChunk,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  signal: AbortSignal,
): Promise<Block[]> {
  const sql = `SELECT series, time, value FROM samples
    WHERE ${chunk.where}
      AND time >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
      AND time <= fromUnixTimestamp64Milli({end:Int64}, 'UTC')`;
  const parameters = { ...chunk.parameters, start: clampTime(startMs), end: clampTime(endMs) };
  // One thread reads in the table's order; a second one works on the answer meanwhile: this one.
  return telemetry.select(sql, parameters, { signal, settings: { max_threads: 1 } });
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
    while (series.length < wanted) {
      const family = this.#families[this.#family];
      if (family === undefined) break;
      families.push(family.family);
      const part = family.series.slice(this.#at, this.#at + wanted - series.length);
      series.push(...part);
      this.#advance(part.length, family);
    }
    return {
      series,
      where: "family IN {families:Array(UInt32)} AND series IN {series:Array(UInt64)}",
      parameters: { families, series: series.map(({ id }) => id) },
    };
  }

  #takeRange(family: MatchedFamily, count: number): SeriesChunk {
    const part = family.series.slice(this.#at, this.#at + count);
    this.#advance(part.length, family);
    return {
      series: part,
      where: "family = {family:UInt32} AND series >= {low:UInt64} AND series <= {high:UInt64}",
      parameters: {
        family: family.family,
        low: part[0]?.id ?? 0n,
        high: part.at(-1)?.id ?? 0n,
      },
    };
  }

  #advance(taken: number, family: MatchedFamily): void {
    this.#at += taken;
    if (this.#at < family.series.length) return;
    this.#family += 1;
    this.#at = 0;
  }
}
