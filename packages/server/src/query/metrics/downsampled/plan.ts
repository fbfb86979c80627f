import type { Grid } from "@seaworthy/promql";
import { FIVE_MINUTES, ONE_HOUR } from "../../../store/index.ts";
import type { KeptResolutions, Resolution } from "../../../store/index.ts";

/** Steps of a grid, one after the other, that are answered from the same resolution. */
export interface Stretch {
  /** undefined: from the samples themselves. */
  readonly resolution: Resolution | undefined;
  readonly firstStep: number;
  readonly steps: number;
}

/** The window that is looked at for a step: `(startMs, endMs]`. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

export interface Asked {
  readonly grid: Grid;
  readonly windowMs: number;
  /** Only the last sample of the window is wanted, so that its length need not fit. */
  readonly isLookup: boolean;
}

/**
 * Cuts a grid by resolution. A coarser one is taken where its answer is the same (steps and ranges
 * are multiples of it) and the samples are old enough to be preferred so, or where nothing finer is
 * kept any more.
 */
export function stretchesOf(asked: Asked, kept: KeptResolutions): Stretch[] {
  const { grid, windowMs } = asked;
  const fits = (resolution: Resolution) => isExact(asked, resolution);
  const [fitsHours, fitsMinutes] = [fits(ONE_HOUR), fits(FIVE_MINUTES)];
  const choose = (timeMs: number): Resolution | undefined => {
    const from = timeMs - windowMs;
    const isCovered = timeMs <= kept.windowsUntilMs;
    if (fitsHours && isCovered && timeMs <= kept.hoursUntilMs) return ONE_HOUR;
    const isWithoutSamples = from < Math.min(kept.rawFromMs, kept.windowsUntilMs);
    if (isWithoutSamples && from < kept.fiveMinutesFromMs) return ONE_HOUR;
    return isWithoutSamples || (fitsMinutes && isCovered) ? FIVE_MINUTES : undefined;
  };
  const stretches: { resolution: Resolution | undefined; firstStep: number; steps: number }[] = [];
  for (let step = 0; step < grid.steps; step += 1) {
    const resolution = choose(grid.startMs + step * grid.stepMs);
    const last = stretches.at(-1);
    if (last !== undefined && last.resolution === resolution) last.steps += 1;
    else stretches.push({ resolution, firstStep: step, steps: 1 });
  }
  return stretches;
}

function isExact({ grid, windowMs, isLookup }: Asked, { ms }: Resolution): boolean {
  return (
    grid.startMs % ms === 0 &&
    (grid.steps === 1 || grid.stepMs % ms === 0) &&
    (isLookup || (windowMs > 0 && windowMs % ms === 0))
  );
}

/**
 * What to look at for the step at `timeMs`: whole windows as far as there are any. A time between the
 * ends of two windows is answered as of the earlier, and a range that is no multiple of the
 * resolution by the nearest one.
 */
export function spanAt(
  timeMs: number,
  { windowMs, isLookup }: Pick<Asked, "windowMs" | "isLookup">,
  resolution: Resolution | undefined,
  { windowsUntilMs }: KeptResolutions,
): Span {
  if (resolution === undefined) return { startMs: timeMs - windowMs, endMs: timeMs };
  const { ms } = resolution;
  const isCovered = timeMs <= windowsUntilMs;
  const endMs = isCovered ? Math.floor(timeMs / ms) * ms : timeMs;
  if (isLookup) return { startMs: endMs - Math.ceil(windowMs / ms) * ms, endMs };
  if (isCovered) return { startMs: endMs - Math.max(1, Math.round(windowMs / ms)) * ms, endMs };
  const startMs = timeMs - windowMs;
  return { startMs: startMs < windowsUntilMs ? Math.round(startMs / ms) * ms : startMs, endMs };
}
