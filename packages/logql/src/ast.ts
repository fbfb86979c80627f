/** LogQL as a tree. https://grafana.com/docs/loki/latest/query/ */

export type MatchOperator = "=" | "!=" | "=~" | "!~";
export type CompareOperator = "==" | "!=" | ">" | ">=" | "<" | "<=";

/** A label's condition; regular expressions match the whole value. */
export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

export type Filter =
  | { readonly kind: "and" | "or"; readonly left: Filter; readonly right: Filter }
  | ({ readonly kind: "match" } & Matcher)
  | {
      readonly kind: "compare";
      readonly name: string;
      readonly operator: CompareOperator;
      /** A number, seconds, or bytes. */
      readonly value: number;
      readonly unit: "number" | "duration" | "bytes";
    }
  | {
      readonly kind: "ip";
      readonly name: string;
      readonly operator: "=" | "!=";
      readonly pattern: string;
    };

export interface LineFilter {
  readonly kind: "line_filter";
  readonly operator: "|=" | "!=" | "|~" | "!~" | "|>" | "!>";
  /** Any of them is found (or, for `!`, none). */
  readonly alternatives: readonly { readonly text: string; readonly ip: boolean }[];
}

/** `label="expression"` of the json and logfmt parsers. */
export interface Extraction {
  readonly label: string;
  readonly expression: string;
}

export type Stage =
  | LineFilter
  | { readonly kind: "json"; readonly fields: readonly Extraction[] }
  | {
      readonly kind: "logfmt";
      readonly fields: readonly Extraction[];
      readonly strict: boolean;
      readonly keepEmpty: boolean;
    }
  | { readonly kind: "pattern" | "regexp"; readonly pattern: string }
  | { readonly kind: "unpack" | "decolorize" }
  | { readonly kind: "label_filter"; readonly filter: Filter }
  | { readonly kind: "line_format"; readonly template: string }
  | {
      readonly kind: "label_format";
      readonly formats: readonly {
        readonly label: string;
        readonly from: "label" | "template";
        readonly value: string;
      }[];
    }
  | {
      readonly kind: "drop" | "keep";
      readonly labels: readonly { readonly name: string; readonly matcher: Matcher | undefined }[];
    }
  | { readonly kind: "distinct"; readonly labels: readonly string[] };

/** A selector with its pipeline. */
export interface LogExpr {
  readonly kind: "log";
  readonly matchers: readonly Matcher[];
  readonly stages: readonly Stage[];
}

export const RANGE_OPERATORS = [
  "rate",
  "rate_counter",
  "count_over_time",
  "bytes_rate",
  "bytes_over_time",
  "sum_over_time",
  "avg_over_time",
  "min_over_time",
  "max_over_time",
  "stddev_over_time",
  "stdvar_over_time",
  "quantile_over_time",
  "first_over_time",
  "last_over_time",
  "absent_over_time",
] as const;
export type RangeOperator = (typeof RANGE_OPERATORS)[number];

export const VECTOR_OPERATORS = [
  "sum",
  "avg",
  "min",
  "max",
  "count",
  "stddev",
  "stdvar",
  "topk",
  "bottomk",
  "sort",
  "sort_desc",
] as const;
export type VectorOperator = (typeof VECTOR_OPERATORS)[number];

export interface Grouping {
  readonly without: boolean;
  readonly labels: readonly string[];
}

export interface Unwrap {
  readonly label: string;
  readonly conversion: "number" | "duration" | "bytes";
  /** What stands between `unwrap` and the range. */
  readonly filters: readonly Filter[];
}

export interface RangeAggregation {
  readonly kind: "range";
  readonly operator: RangeOperator;
  /** Of quantile_over_time. */
  readonly parameter: number | undefined;
  readonly log: LogExpr;
  readonly unwrap: Unwrap | undefined;
  readonly rangeMs: number;
  readonly offsetMs: number;
  readonly grouping: Grouping | undefined;
}

export interface VectorAggregation {
  readonly kind: "vector";
  readonly operator: VectorOperator;
  /** Of topk and bottomk. */
  readonly parameter: number | undefined;
  readonly grouping: Grouping | undefined;
  readonly expr: MetricExpr;
}

export type BinaryOperator =
  | CompareOperator
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "^"
  | "and"
  | "or"
  | "unless";

export interface Binary {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: MetricExpr;
  readonly right: MetricExpr;
  readonly bool: boolean;
  readonly matching: {
    readonly on: boolean;
    readonly labels: readonly string[];
    /** Which side may have many. */
    readonly group: "one" | "left" | "right";
    readonly include: readonly string[];
  };
}

export type MetricExpr =
  | RangeAggregation
  | VectorAggregation
  | Binary
  | { readonly kind: "number"; readonly value: number }
  /** `vector(1)`: one series without labels. */
  | { readonly kind: "constant"; readonly value: number }
  | {
      readonly kind: "label_replace";
      readonly expr: MetricExpr;
      readonly target: string;
      readonly replacement: string;
      readonly source: string;
      readonly pattern: string;
    };

export type Expr = LogExpr | MetricExpr;

/** Whether an expression answers lines, not numbers. */
export function isLogExpr(expr: Expr): expr is LogExpr {
  return expr.kind === "log";
}
