import type { QueryContext, RawSeries } from "@seaworthy/promql";
import type { Block, Parameters, Telemetry } from "../../store/index.ts";
import { ascending } from "./ascending.ts";
import type { IndexedSeries, MatchedFamily } from "./series-index.ts";

/** Samples to ask for at a time: some 16 MB. */
const CHUNK_SAMPLES = 1_000_000;
/** Until an answer has told better, series are taken to have a sample a second. */
const FIRST_INTERVAL_MS = 1000;
/** An IN list costs some 3 µs a series to parse; a range of ids costs what else lies in it. */
const MAX_LISTED = 5000;

/** A part of the matched series that one statement reads. */
export interface SeriesChunk {
  readonly byId: ReadonlyMap<bigint, IndexedSeries>;
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
  context: QueryContext,
): AsyncGenerator<RawSeries> {
  const chunks = new Chunker(families);
  const read = async (chunk: SeriesChunk | undefined) => {
    if (chunk === undefined) return undefined;
    return { chunk, blocks: await readChunk(telemetry, chunk, range, context) };
  };
  const guess = Math.max(1, (range.endMs - range.startMs) / FIRST_INTERVAL_MS);
  let next = read(chunks.take(chunkSeries(guess)));
  // A caller that stops early leaves the statement under way to nobody.
  next.catch(() => {});
  for (;;) {
    const answer = await next;
    if (answer === undefined) return;
    const samples = countSamples(answer.blocks);
    next = read(chunks.take(chunkSeries(samples / answer.chunk.byId.size)));
    next.catch(() => {});
    for (const series of rawSeries(answer.blocks, answer.chunk.byId)) {
      context.takeSamples(series.times.length);
      yield series;
    }
  }
}

function chunkSeries(samplesPerSeries: number): number {
  return Math.max(1, Math.floor(CHUNK_SAMPLES / Math.max(1, samplesPerSeries)));
}

function readChunk(
  telemetry: Telemetry,
  chunk: SeriesChunk,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  { signal }: QueryContext,
): Promise<Block[]> {
  const sql = `SELECT series,
      groupArray(toFloat64(toUnixTimestamp64Milli(time))) AS times, groupArray(value) AS values
    FROM samples
    WHERE ${chunk.where}
      AND time >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
      AND time <= fromUnixTimestamp64Milli({end:Int64}, 'UTC')
    GROUP BY series`;
  const parameters = { ...chunk.parameters, start: clampTime(startMs), end: clampTime(endMs) };
  return telemetry.select(sql, parameters, { signal });
}

/** Within what the table's times can be; queries may ask for the year 292277025. */
export function clampTime(ms: number): number {
  return Math.min(Math.max(Math.trunc(ms), 0), 4_102_444_800_000);
}

function countSamples(blocks: readonly Block[]): number {
  let samples = 0;
  for (const { rows, columns } of blocks) {
    const times = columns.get("times");
    if (times?.kind === "array") samples += times.ends[rows - 1] ?? 0;
  }
  return samples;
}

function* rawSeries(
  blocks: readonly Block[],
  byId: ReadonlyMap<bigint, IndexedSeries>,
): Generator<RawSeries> {
  for (const { rows, columns } of blocks) {
    const ids = columns.get("series");
    const times = columns.get("times");
    const values = columns.get("values");
    if (ids?.kind !== "numbers" || times?.kind !== "array" || values?.kind !== "array") continue;
    if (times.values.kind !== "numbers" || values.values.kind !== "numbers") continue;
    const allTimes = times.values.data;
    const allValues = values.values.data;
    if (!(allTimes instanceof Float64Array) || !(allValues instanceof Float64Array)) continue;
    for (let row = 0; row < rows; row += 1) {
      // A range of ids also meets series that do not match.
      const series = byId.get(BigInt(ids.data[row] ?? 0));
      if (series === undefined) continue;
      const from = times.ends[row - 1] ?? 0;
      const to = times.ends[row] ?? 0;
      const sorted = ascending(allTimes.subarray(from, to), allValues.subarray(from, to));
      yield { labels: series.labels, times: sorted.times, values: sorted.values };
    }
  }
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
    const byId = new Map<bigint, IndexedSeries>();
    while (byId.size < wanted) {
      const family = this.#families[this.#family];
      if (family === undefined) break;
      families.push(family.family);
      const part = family.series.slice(this.#at, this.#at + wanted - byId.size);
      for (const series of part) byId.set(series.id, series);
      this.#advance(part.length, family);
    }
    return {
      byId,
      where: "family IN {families:Array(UInt32)} AND series IN {series:Array(UInt64)}",
      parameters: { families, series: [...byId.keys()] },
    };
  }

  #takeRange(family: MatchedFamily, count: number): SeriesChunk {
    const part = family.series.slice(this.#at, this.#at + count);
    const byId = new Map(part.map((series) => [series.id, series]));
    this.#advance(part.length, family);
    return {
      byId,
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
