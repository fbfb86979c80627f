import type { Span } from "../errors.ts";
import type { Matcher } from "../matchers.ts";

/** The types of PromQL expressions. */
export type ValueType = "scalar" | "vector" | "matrix" | "string";

interface Node {
  /** Where the expression stands in the query's text. */
  readonly span: Span;
}

export interface NumberLiteral extends Node {
  readonly kind: "number";
  readonly value: number;
  /** Written as a duration (`5m`): printed back as one. */
  readonly duration: boolean;
}

export interface StringLiteral extends Node {
  readonly kind: "string";
  readonly value: string;
}

/** `@ 123`, `@ start()`, `@ end()`; a number is milliseconds since the epoch. */
export type AtModifier = number | "start" | "end";

/** `anchored` and `smoothed`: how a range, or a look-up, treats the samples around its edges. */
export type EdgeModifier = "anchored" | "smoothed";

export interface VectorSelector extends Node {
  readonly kind: "vector_selector";
  /** All matchers, the one for the metric name too. */
  readonly matchers: readonly Matcher[];
  /** The metric name as written before the braces, "" when there is none. */
  readonly name: string;
  readonly offset?: DurationExpr;
  readonly at?: AtModifier;
  readonly edges?: EdgeModifier;
}

export interface MatrixSelector extends Node {
  readonly kind: "matrix_selector";
  /** Holds the range's own offset, `@` and edge modifiers. */
  readonly selector: VectorSelector;
  readonly range: DurationExpr;
}

export interface Subquery extends Node {
  readonly kind: "subquery";
  readonly expr: Expr;
  readonly range: DurationExpr;
  /** Absent: the engine's default step. */
  readonly step?: DurationExpr;
  readonly offset?: DurationExpr;
  readonly at?: AtModifier;
}

export interface Paren extends Node {
  readonly kind: "paren";
  readonly expr: Expr;
}

export interface Unary extends Node {
  readonly kind: "unary";
  readonly operator: "+" | "-";
  readonly expr: Expr;
}

export const ARITHMETIC = ["+", "-", "*", "/", "%", "^", "atan2"] as const;
export const COMPARISON = ["==", "!=", ">", "<", ">=", "<="] as const;
export const TRIM = ["</", ">/"] as const;
export const SET = ["and", "or", "unless"] as const;
export type BinaryOperator =
  | (typeof ARITHMETIC)[number]
  | (typeof COMPARISON)[number]
  | (typeof TRIM)[number]
  | (typeof SET)[number];

export type Cardinality = "one-to-one" | "many-to-one" | "one-to-many" | "many-to-many";

export interface VectorMatching {
  readonly cardinality: Cardinality;
  /** true: match `on` these labels; false: on all labels but these. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Labels that group_left or group_right copies from the "one" side. */
  readonly include: readonly string[];
  /** Values that stand in for a side without a match. */
  readonly fillLeft?: number;
  readonly fillRight?: number;
}

export interface Binary extends Node {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
  /** `bool`: a comparison gives 0 or 1 instead of filtering. */
  readonly returnBool: boolean;
  /** There exactly when both sides are vectors. */
  readonly matching?: VectorMatching;
}

export const AGGREGATIONS = [
  "sum",
  "avg",
  "count",
  "min",
  "max",
  "group",
  "stddev",
  "stdvar",
  "topk",
  "bottomk",
  "count_values",
  "quantile",
  "limitk",
  "limit_ratio",
] as const;
export type AggregationOperator = (typeof AGGREGATIONS)[number];

export interface Aggregate extends Node {
  readonly kind: "aggregate";
  readonly operator: AggregationOperator;
  readonly expr: Expr;
  /** The k of topk, the quantile, the label of count_values. */
  readonly parameter?: Expr;
  readonly without: boolean;
  readonly grouping: readonly string[];
}

export interface Call extends Node {
  readonly kind: "call";
  readonly function: string;
  readonly args: readonly Expr[];
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Paren
  | Unary
  | Binary
  | Aggregate
  | Call;

/** A duration, possibly computed: `[5m]`, `[2 * step()]`, `offset -(1h / 4)`. In seconds. */
export type DurationExpr = Span &
  (
    | { readonly kind: "seconds"; readonly value: number; readonly duration: boolean }
    | { readonly kind: "step" }
    | { readonly kind: "range" }
    | { readonly kind: "paren"; readonly expr: DurationExpr }
    | { readonly kind: "negate" | "plus"; readonly expr: DurationExpr }
    | {
        readonly kind: "+" | "-" | "*" | "/" | "%" | "^" | "min_of" | "max_of";
        readonly left: DurationExpr;
        readonly right: DurationExpr;
      }
  );
