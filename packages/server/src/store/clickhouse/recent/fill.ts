import type { ClickHouse } from "../engine.ts";
import type { Block } from "../native-format.ts";
import type { RecentSamples } from "./recent-samples.ts";
import type { RecentSeries } from "./recent-series.ts";

/** So far back at most, ms. */
const LONGEST_MS = 24 * 3_600_000;
/** The density of samples is asked by these, ms. */
const STRETCH_MS = 1_800_000;
/** What a sample is taken to need, bytes. */
const SAMPLE_BYTES = 4;
/** Samples of one statement; 24 bytes each. */
const PIECE_SAMPLES = 500_000;
/** Samples without letting others have a turn: some milliseconds. */
const SAMPLES_OF_TURN = 20_000;

/**
 * Fills the memory of the newest samples from the tables, as far back as half of it holds: after a
 * start, and after a deletion. `newestMs`: no older sample than that will be committed without being
 * added to memory as well. What is committed meanwhile waits, and is added in the end; until then
 * memory has nothing. Ends early, and well, when memory is emptied or `signal` fires meanwhile. Throws
 * what the engine throws; memory then begins with what is committed from now on.
 */
export async function fillRecent(
  engine: ClickHouse,
  recent: RecentSamples,
  newestMs: number,
  signal: AbortSignal,
): Promise<void> {
  const isOver = recent.beginFill();
  try {
    const stretches = await fittingStretches(engine, newestMs, recent.maxBytes / 2 / SAMPLE_BYTES);
    const from = stretches.at(-1)?.from ?? newestMs + 1000;
    if (isOver() || signal.aborted) return;
    recent.fillFrom(from);
    for (const { from: start, samples } of stretches.toReversed()) {
      const pieces = Math.ceil(samples / PIECE_SAMPLES);
      for (let piece = 0; piece < pieces; piece += 1) {
        const at = (i: number) => start + Math.floor((STRETCH_MS * i) / pieces);
        const blocks = await readPiece(engine, at(piece), at(piece + 1), signal);
        if (!(await addBlocks(blocks, recent, () => isOver() || signal.aborted))) return;
        recent.trim();
        if (isOver()) return;
      }
    }
    recent.endFill();
  } catch (error) {
    if (isOver() || signal.aborted) return;
    recent.restart(recent.next);
    throw error;
  }
}

interface Stretch {
  readonly from: number;
  readonly samples: number;
}

/** The newest stretches of half an hour that hold no more than so many samples, the newest first. */
async function fittingStretches(
  engine: ClickHouse,
  newestMs: number,
  most: number,
): Promise<Stretch[]> {
  const blocks = await engine.select(
    `SELECT toFloat64(toUnixTimestamp(toStartOfInterval(time, INTERVAL 30 MINUTE))) * 1000 AS start,
      toFloat64(count()) AS samples
    FROM samples WHERE time > fromUnixTimestamp64Milli({after:Int64}, 'UTC')
    GROUP BY start ORDER BY start DESC`,
    { after: Math.max(0, newestMs - LONGEST_MS) },
    { settings: { max_threads: 1 } },
  );
  const fitting: Stretch[] = [];
  let sum = 0;
  for (const { rows, columns } of blocks) {
    const [starts, counts] = [columns.get("start"), columns.get("samples")];
    if (starts?.kind !== "numbers" || counts?.kind !== "numbers") continue;
    for (let row = 0; row < rows; row += 1) {
      const samples = Number(counts.data[row]);
      sum += samples;
      if (sum > most) return fitting;
      fitting.push({ from: Number(starts.data[row]), samples });
    }
  }
  return fitting;
}

/** The samples from startMs to before endMs, those of a series ascending. */
function readPiece(
  engine: ClickHouse,
  startMs: number,
  endMs: number,
  signal: AbortSignal,
): Promise<Block[]> {
  return engine.select(
    `SELECT series, toFloat64(toUnixTimestamp64Milli(time)) AS ms, value FROM samples
    WHERE time >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
      AND time < fromUnixTimestamp64Milli({end:Int64}, 'UTC')
    ORDER BY family, toStartOfInterval(time, INTERVAL 30 MINUTE), series, time`,
    { start: startMs, end: endMs },
    { settings: { max_threads: 1 }, long: true, signal },
  );
}

/** False when it was stopped. */
async function addBlocks(
  blocks: readonly Block[],
  recent: RecentSamples,
  isOver: () => boolean,
): Promise<boolean> {
  for (const { rows, columns } of blocks) {
    const [ids, times, values] = [columns.get("series"), columns.get("ms"), columns.get("value")];
    if (ids?.kind !== "numbers" || times?.kind !== "numbers" || values?.kind !== "numbers")
      continue;
    const bits = new Uint32Array(new Uint8Array(values.bytes).buffer);
    let id: number | bigint | undefined;
    let series: RecentSeries | undefined;
    for (let row = 0; row < rows; row += 1) {
      if (row % SAMPLES_OF_TURN === 0) {
        await new Promise(setImmediate);
        if (isOver()) return false;
      }
      const next = ids.data[row] ?? 0n;
      if (series === undefined || next !== id) {
        id = next;
        series = recent.of(BigInt(next));
      }
      recent.add(series, Number(times.data[row]), bits[2 * row] ?? 0, bits[2 * row + 1] ?? 0);
    }
  }
  return true;
}
