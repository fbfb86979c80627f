import { useMemo } from "react";
import { isMoving, resolveRange, stepFor, type Span, type TimeRange } from "../time/time-range.ts";
import { useNow } from "../time/use-now.ts";
import { alignSpan } from "./series-data.ts";

interface SteppedSpan {
  /** Aligned to the step. */
  readonly span: Span;
  /** Seconds. */
  readonly step: number;
}

/** A graph never asks more often than this, in milliseconds. */
const atMostEvery = 5000;

/** The span of a range and the step to ask with. A range that ends now moves on by whole steps. */
export function useMovingSpan(range: TimeRange): SteppedSpan {
  const ticking = useNow(atMostEvery);
  const now = isMoving(range) ? ticking : 0;
  return useMemo(() => stepped(resolveRange(range, now)), [range, now]);
}

/** A span aligned to the step that suits its length. */
export function stepped(span: Span): SteppedSpan {
  const step = stepFor(span);
  const aligned = alignSpan(span, step);
  return { span: aligned, step };
}
