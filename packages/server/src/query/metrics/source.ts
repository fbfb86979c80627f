import { setImmediate } from "node:timers/promises";
import { PromqlError } from "@seaworthy/promql";
import type {
  GridRequest,
  QueryContext,
  RawSeries,
  SelectRequest,
  Source,
} from "@seaworthy/promql";
import { SampleSpace, StoreError } from "../../store/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { SampleDensity } from "./density.ts";
import { withWindows } from "./downsampled/source.ts";
import { SampleArrays } from "./gather.ts";
import { evaluateGrid } from "./grid.ts";
import { LentArrays } from "./lent-arrays.ts";
import type { PortionedSource } from "./portioned.ts";
import { readSamples } from "./samples.ts";
import type { MatchedFamily, SeriesIndex } from "./series-index.ts";

/** Samples from memory without a pause: some 5 ms of evaluation. */
const SAMPLES_OF_TURN = 100_000;

/** PromQL's view of the metrics' store. */
export function createSource(telemetry: Telemetry, index: SeriesIndex): Source & PortionedSource {
  const density = new SampleDensity();
  const kept = withWindows(samplesSource(telemetry, index, density), telemetry, index);
  const lent: Lent = {
    arrays: new LentArrays(() => new SampleArrays()),
    spaces: new LentArrays(() => new SampleSpace()),
  };
  const source = withWindows(samplesSource(telemetry, index, density, lent), telemetry, index);
  return {
    async *select(request, context) {
      try {
        for await (const portion of kept.selectPortions(request, context)) yield* portion;
      } catch (error) {
        throw promqlErrorOf(error);
      }
    },
    async *selectPortions(request, context) {
      try {
        yield* source.selectPortions(request, context);
      } catch (error) {
        throw promqlErrorOf(error);
      }
    },
    async estimate(request, context) {
      try {
        return (await source.estimate?.(request, context)) ?? 0;
      } catch (error) {
        throw promqlErrorOf(error);
      }
    },
    grid: (request, context) =>
      source.grid?.(request, context)?.catch((error: unknown) => {
        throw promqlErrorOf(error);
      }),
  };
}

/** Where the samples of portions go that last until the next one is asked for. */
interface Lent {
  readonly arrays: LentArrays<SampleArrays>;
  readonly spaces: LentArrays<SampleSpace>;
}

/** The samples as they were stored; in lent arrays a portion lasts until the next one is asked for. */
function samplesSource(
  telemetry: Telemetry,
  index: SeriesIndex,
  density: SampleDensity,
  lent?: Lent,
): PortionedSource {
  return {
    async *selectPortions(request: SelectRequest, context: QueryContext) {
      const { matchers, startMs, endMs } = request;
      const families = await index.match(matchers, startMs, endMs, context.signal);
      if (inMemory(telemetry, families, startMs)) {
        const space = lent?.spaces.borrow();
        try {
          yield* recentSamples(telemetry, families, startMs, endMs, space);
        } finally {
          if (space !== undefined) lent?.spaces.giveBack(space);
        }
        return;
      }
      const range = { startMs, endMs };
      yield* readSamples(telemetry, families, range, context.signal, density, lent?.arrays);
    },
    async estimate({ matchers, startMs, endMs }: SelectRequest, { signal }: QueryContext) {
      const families = await index.match(matchers, startMs, endMs, signal);
      return inMemory(telemetry, families, startMs)
        ? 0
        : density.total(families, endMs - startMs + 1);
    },
    grid: (request: GridRequest, { signal }: QueryContext) =>
      evaluateGrid(telemetry, index, request, signal),
  };
}

/** What the store refuses for the query's own fault is the query's error; the rest is the store's. */
export function promqlErrorOf(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  if (error.code === "query_timeout") return new PromqlError("timeout", error.message);
  if (error.code === "query_too_large") return new PromqlError("limit", error.message);
  if (error.code === "query_cancelled") return new PromqlError("canceled", error.message);
  return error;
}

/** Whether memory has all samples of the families from startMs on. It has no histograms. */
function inMemory(
  { recent }: Telemetry,
  families: readonly MatchedFamily[],
  startMs: number,
): boolean {
  return recent.covers(startMs) && families.every(({ histograms }) => !histograms);
}

/** Lets others have a turn now and then: a caller that has gone, or the time that is up, say. */
async function* recentSamples(
  { recent }: Telemetry,
  families: readonly MatchedFamily[],
  startMs: number,
  endMs: number,
  space: SampleSpace | undefined,
): AsyncGenerator<RawSeries[]> {
  let samples = 0;
  let portion: RawSeries[] = [];
  space?.clear();
  for (const { series } of families) {
    for (const { id, labels } of series) {
      const found = recent.read(id, startMs, endMs, space);
      if (found === undefined) continue;
      portion.push({ labels, ...found });
      samples += found.times.length;
      if (samples < SAMPLES_OF_TURN) continue;
      yield portion;
      [samples, portion] = [0, []];
      space?.clear();
      await setImmediate();
    }
  }
  yield portion;
}
