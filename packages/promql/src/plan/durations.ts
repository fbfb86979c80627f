import { parseError } from "../errors.ts";
import type { DurationExpr } from "../parse/ast.ts";
import type { QueryFrame } from "./frame.ts";

const MAX_MS = 9_223_372_036_854;

/** Works out a duration in whole milliseconds. Throws where it is not a usable number. */
export function durationMs(duration: DurationExpr, frame: QueryFrame): number {
  const ms = Math.round(seconds(duration, frame) * 1000);
  if (!Number.isFinite(ms) || Math.abs(ms) > MAX_MS) {
    throw parseError(frame.query, duration, "duration out of range");
  }
  return ms;
}

function seconds(duration: DurationExpr, frame: QueryFrame): number {
  switch (duration.kind) {
    case "seconds":
      return duration.value;
    case "step":
      return frame.stepMs / 1000;
    case "range":
      return (frame.endMs - frame.startMs) / 1000;
    case "paren":
    case "plus":
      return seconds(duration.expr, frame);
    case "negate":
      return -seconds(duration.expr, frame);
    default: {
      const left = seconds(duration.left, frame);
      const right = seconds(duration.right, frame);
      if (right === 0 && (duration.kind === "/" || duration.kind === "%")) {
        const problem = duration.kind === "/" ? "division by zero" : "modulo by zero";
        throw parseError(frame.query, duration, problem);
      }
      return ARITHMETIC[duration.kind](left, right);
    }
  }
}

const ARITHMETIC = {
  "+": (a: number, b: number) => a + b,
  "-": (a: number, b: number) => a - b,
  "*": (a: number, b: number) => a * b,
  "/": (a: number, b: number) => a / b,
  "%": (a: number, b: number) => a % b,
  "^": (a: number, b: number) => a ** b,
  min_of: Math.min,
  max_of: Math.max,
};
