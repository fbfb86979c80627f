import { setImmediate } from "node:timers/promises";
import { FLOAT } from "@seaworthy/promql";
import type { GridRequest, GridSeries, QueryContext } from "@seaworthy/promql";
import type { KeptResolutions, Telemetry } from "../../../store/index.ts";
import { readSamples } from "../samples.ts";
import type { IndexedSeries, MatchedFamily, SeriesIndex } from "../series-index.ts";
import { WINDOW_FUNCTIONS } from "./functions.ts";
import type { Range } from "./functions.ts";
import { spanAt } from "./plan.ts";
import type { Asked, Stretch } from "./plan.ts";
import { portions, readWindows } from "./read.ts";
import { joinWindows, NO_WINDOWS, windowsOfSamples } from "./windows.ts";
import type { Windows } from "./windows.ts";

/** Windows and samples to hold at a time. */
const PORTION = 400_000;
/** How far apart samples are taken to be in planning, ms. */
const USUAL_INTERVAL_MS = 15_000;

/** A stretch with the bounds of all its steps' windows, ms. */
interface Work extends Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Answers a grid of which some steps are older than the samples, or can be answered from windows as
 * well; undefined when native histograms are among the series.
 */
export async function evaluateStretches(
  { telemetry, index }: { readonly telemetry: Telemetry; readonly index: SeriesIndex },
  request: GridRequest & { readonly asked: Asked },
  stretches: readonly Stretch[],
  kept: KeptResolutions,
  context: QueryContext,
): Promise<GridSeries[] | undefined> {
  const { asked, matchers, grid } = request;
  const compute = WINDOW_FUNCTIONS.get(request.function);
  if (compute === undefined) return undefined;
  const works = stretches.map((stretch) => boundsOf(stretch, asked, kept));
  const fromMs = Math.min(...works.map((work) => work.fromMs));
  const toMs = Math.max(...works.map((work) => work.toMs));
  const families = await index.match(matchers, fromMs, toMs, context.signal);
  if (families.some(({ histograms }) => histograms)) return undefined;
  noteWhatDiffers(request, works, kept, context);
  const samplesFromMs = firstSample(works, kept);
  const weight =
    works.reduce((sum, { resolution, fromMs: a, toMs: b }) => {
      return resolution === undefined ? sum : sum + (b - a) / resolution.ms;
    }, 0) +
    Math.max(0, toMs - samplesFromMs) / USUAL_INTERVAL_MS;
  const answer: GridSeries[] = [];
  for (const portion of portions(families, Math.max(1, Math.floor(PORTION / weight)))) {
    const reading = { telemetry, portion, context };
    const samples = await samplesById(reading, samplesFromMs, toMs);
    const parts = await Promise.all(
      works.map((work) => windowsOfWork(reading, work, kept, samples)),
    );
    for (const { series } of portion) {
      for (const one of series) {
        const points = { kinds: new Uint8Array(grid.steps), values: new Float64Array(grid.steps) };
        works.forEach((work, i) => {
          const windows = parts[i]?.get(one.id);
          if (windows !== undefined) fill(points, work, windows, { asked, kept, compute });
        });
        if (points.kinds.includes(FLOAT)) answer.push({ labels: one.labels, ...points });
      }
    }
    // Others have a turn, and a caller that has gone is noticed.
    await setImmediate();
    context.signal.throwIfAborted();
  }
  return answer;
}

function boundsOf(stretch: Stretch, asked: Asked, kept: KeptResolutions): Work {
  const { startMs, stepMs } = asked.grid;
  const first = startMs + stretch.firstStep * stepMs;
  const last = first + (stretch.steps - 1) * stepMs;
  return {
    ...stretch,
    fromMs: spanAt(first, asked, stretch.resolution, kept).startMs,
    toMs: spanAt(last, asked, stretch.resolution, kept).endMs,
  };
}

/** From when on samples are needed, exclusive; without end when none are. */
function firstSample(works: readonly Work[], { windowsUntilMs }: KeptResolutions): number {
  return Math.min(
    ...works.map(({ resolution, fromMs, toMs }) => {
      if (resolution === undefined) return fromMs;
      return toMs > windowsUntilMs ? Math.max(fromMs, windowsUntilMs) : Number.POSITIVE_INFINITY;
    }),
  );
}

interface Reading {
  readonly telemetry: Telemetry;
  readonly portion: readonly MatchedFamily[];
  readonly context: QueryContext;
}

async function samplesById(
  { telemetry, portion, context }: Reading,
  afterMs: number,
  toMs: number,
): Promise<Map<bigint, Windows>> {
  const found = new Map<bigint, Windows>();
  if (afterMs >= toMs) return found;
  const ids = new Map<IndexedSeries["labels"], bigint>();
  for (const { series } of portion) for (const { labels, id } of series) ids.set(labels, id);
  const range = { startMs: Math.floor(afterMs) + 1, endMs: toMs };
  for await (const read of readSamples(telemetry, portion, range, context.signal)) {
    for (const series of read) {
      context.takeSamples(series.times.length);
      const id = ids.get(series.labels);
      if (id !== undefined) found.set(id, windowsOfSamples(series));
    }
  }
  return found;
}

async function windowsOfWork(
  { telemetry, portion, context }: Reading,
  { resolution, fromMs, toMs }: Work,
  { windowsUntilMs }: KeptResolutions,
  samples: ReadonlyMap<bigint, Windows>,
): Promise<ReadonlyMap<bigint, Windows>> {
  if (resolution === undefined) return samples;
  const range = { afterMs: fromMs, throughMs: Math.min(toMs, windowsUntilMs) };
  const windows = await readWindows(telemetry, portion, resolution, range, context);
  if (toMs <= windowsUntilMs) return windows;
  for (const [id, later] of samples) {
    windows.set(id, joinWindows(windows.get(id) ?? NO_WINDOWS, later, windowsUntilMs));
  }
  return windows;
}

/** Both ends of the window only ever go forward. */
function fill(
  points: { readonly kinds: Uint8Array; readonly values: Float64Array },
  { resolution, firstStep, steps }: Work,
  windows: Windows,
  how: {
    readonly asked: Asked;
    readonly kept: KeptResolutions;
    readonly compute: (range: Range) => number | undefined;
  },
): void {
  const { asked, kept, compute } = how;
  const { startMs, stepMs } = asked.grid;
  const { end } = windows;
  let from = 0;
  let to = 0;
  for (let step = firstStep; step < firstStep + steps; step += 1) {
    const span = spanAt(startMs + step * stepMs, asked, resolution, kept);
    while (to < end.length && (end[to] ?? 0) <= span.endMs) to += 1;
    while (from < to && (end[from] ?? 0) <= span.startMs) from += 1;
    const value = compute({ windows, from, to, span, windowMs: asked.windowMs });
    if (value === undefined) continue;
    points.kinds[step] = FLOAT;
    points.values[step] = value;
  }
}

/** Says what is not as it would be over the samples themselves. */
function noteWhatDiffers(
  { function: name, asked }: GridRequest & { readonly asked: Asked },
  works: readonly Work[],
  kept: KeptResolutions,
  context: QueryContext,
): void {
  for (const { resolution, firstStep, steps } of works) {
    if (resolution === undefined) continue;
    const kinds = `samples this old are kept in windows of ${resolution.name}`;
    if (name === "irate") {
      context.note("warning", `${kinds}: irate is the rate over the whole of the last window`);
    }
    let [moved, stretched] = [false, false];
    for (let step = firstStep; step < firstStep + steps; step += 1) {
      const timeMs = asked.grid.startMs + step * asked.grid.stepMs;
      const span = spanAt(timeMs, asked, resolution, kept);
      moved ||= span.endMs !== timeMs;
      stretched ||= !asked.isLookup && span.endMs - span.startMs !== asked.windowMs;
    }
    if (stretched) {
      context.note(
        "warning",
        `${kinds}: ${name} over ${seconds(asked.windowMs)} is told from as many whole windows as come nearest, at least one`,
      );
    }
    if (moved) {
      context.note("info", `${kinds}: between their ends the answer is that of the last end`);
    }
  }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
