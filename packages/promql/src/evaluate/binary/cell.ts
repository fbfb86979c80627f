import type { Annotations } from "../../annotations.ts";
import type { Span } from "../../errors.ts";
import { add, divide, scale, subtract } from "../../histogram/arithmetic.ts";
import { histogramsEqual } from "../../histogram/equality.ts";
import type { NativeHistogram } from "../../histogram/histogram.ts";
import { trimAbove, trimBelow } from "../../histogram/trim.ts";
import type { BinaryOperator } from "../../parse/ast.ts";
import { ABSENT, FLOAT, HISTOGRAM } from "../../source.ts";
import { infoReconciled, warnResetCollision } from "../window/notes.ts";
import { arithmetic, comparison } from "./operators.ts";

/** One operand, or the result, at one step. */
export interface Operand {
  kind: number;
  value: number;
  histogram: NativeHistogram | undefined;
}

export function operand(): Operand {
  return { kind: ABSENT, value: 0, histogram: undefined };
}

export interface CellOperation {
  /**
   * Computes `left operator right` into `out`; leaves `out` absent where a comparison filters or
   * the types do not go together. A filter keeps `left`, or `right` with `keepRight`.
   */
  (left: Operand, right: Operand, out: Operand): void;
}

export interface CellOptions {
  readonly operator: BinaryOperator;
  readonly returnBool: boolean;
  /** A scalar on the left: a comparison that holds keeps the vector's value. */
  readonly keepRight: boolean;
  readonly annotations: Annotations;
  readonly span: Span;
}

/** The operation on single cells, of whatever types. */
export function cellOperation(options: CellOptions): CellOperation {
  const compute = arithmetic(options.operator);
  const compare = comparison(options.operator);
  return (left, right, out) => {
    out.kind = ABSENT;
    if (left.kind === FLOAT && right.kind === FLOAT) {
      if (compute !== undefined) setFloat(out, compute(left.value, right.value));
      else if (compare === undefined) noteIncompatible(options, left, right);
      else compared(options, compare(left.value, right.value), left, right, out);
      return;
    }
    withHistograms(options, left, right, out);
  };
}

function setFloat(out: Operand, value: number): void {
  out.kind = FLOAT;
  out.value = value;
}

function compared(
  { returnBool, keepRight }: CellOptions,
  holds: boolean,
  left: Operand,
  right: Operand,
  out: Operand,
): void {
  if (returnBool) setFloat(out, holds ? 1 : 0);
  else if (holds) {
    const kept = keepRight ? right : left;
    out.kind = kept.kind;
    out.value = kept.value;
    out.histogram = kept.histogram;
  }
}

function withHistograms(options: CellOptions, left: Operand, right: Operand, out: Operand): void {
  const { operator } = options;
  if (left.histogram !== undefined && left.kind === HISTOGRAM) {
    if (right.histogram !== undefined && right.kind === HISTOGRAM) {
      twoHistograms(options, left.histogram, right.histogram, left, right, out);
      return;
    }
    const made = histogramAndFloat(operator, left.histogram, right.value);
    if (made !== undefined) {
      setHistogram(out, made);
      return;
    }
  } else if (right.histogram !== undefined && operator === "*") {
    setHistogram(out, scaled(right.histogram, left.value));
    return;
  }
  noteIncompatible(options, left, right);
}

function histogramAndFloat(
  operator: BinaryOperator,
  histogram: NativeHistogram,
  value: number,
): NativeHistogram | undefined {
  if (operator === "*") return scaled(histogram, value);
  if (operator === "/") {
    const divided = divide(histogram, value);
    return value < 0 ? { ...divided, counterResetHint: "gauge" } : divided;
  }
  if (operator === "</") return trimAbove(histogram, value);
  return operator === ">/" ? trimBelow(histogram, value) : undefined;
}

function scaled(histogram: NativeHistogram, factor: number): NativeHistogram {
  const result = scale(histogram, factor);
  return factor < 0 ? { ...result, counterResetHint: "gauge" } : result;
}

function twoHistograms(
  options: CellOptions,
  a: NativeHistogram,
  b: NativeHistogram,
  left: Operand,
  right: Operand,
  out: Operand,
): void {
  const { operator, annotations, span } = options;
  if (operator === "==" || operator === "!=") {
    compared(options, histogramsEqual(a, b) === (operator === "=="), left, right, out);
    return;
  }
  if (operator !== "+" && operator !== "-") {
    noteIncompatible(options, left, right);
    return;
  }
  const combined = operator === "+" ? add(a, b) : subtract(a, b);
  const during = operator === "+" ? "addition" : "subtraction";
  if (combined === undefined) {
    annotations.warn(
      `incompatible bucket layout encountered for binary operator ${operator}`,
      span,
    );
    return;
  }
  if (combined.resetCollision) warnResetCollision(annotations, during, span);
  if (combined.reconciled) infoReconciled(annotations, during, span);
  const { result } = combined;
  setHistogram(out, operator === "-" ? { ...result, counterResetHint: "gauge" } : result);
}

function setHistogram(out: Operand, histogram: NativeHistogram): void {
  out.kind = HISTOGRAM;
  out.histogram = histogram;
}

function noteIncompatible(
  { operator, annotations, span }: CellOptions,
  left: Operand,
  right: Operand,
): void {
  const type = ({ kind }: Operand): string => (kind === HISTOGRAM ? "histogram" : "float");
  annotations.info(
    `incompatible sample types encountered for binary operator "${operator}": ${type(left)} ${operator} ${type(right)}`,
    span,
  );
}
