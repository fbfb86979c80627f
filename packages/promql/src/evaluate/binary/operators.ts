import type { BinaryOperator } from "../../parse/ast.ts";

type Arithmetic = (a: number, b: number) => number;
type Comparison = (a: number, b: number) => boolean;

const ARITHMETIC: Readonly<Partial<Record<BinaryOperator, Arithmetic>>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "^": power,
  atan2: Math.atan2,
};

const COMPARISON: Readonly<Partial<Record<BinaryOperator, Comparison>>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
};

/** IEEE 754 says that 1 to any power is 1 and so is (−1)^±Inf; JavaScript says NaN. */
function power(a: number, b: number): number {
  if (a === 1) return 1;
  if (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) return 1;
  return a ** b;
}

export function arithmetic(operator: BinaryOperator): Arithmetic | undefined {
  return ARITHMETIC[operator];
}

export function comparison(operator: BinaryOperator): Comparison | undefined {
  return COMPARISON[operator];
}

/** Whether the operator makes a new quantity, which is no longer the metric it was. */
export function dropsName(operator: BinaryOperator, returnBool: boolean): boolean {
  return returnBool || operator in ARITHMETIC;
}
