import { parseError, PromqlError, type Span } from "./errors.ts";
import { type FunctionSignature, functionSignature } from "./functions.ts";
import { matcherTest, matchesEmpty } from "./matchers.ts";
import {
  type Aggregate,
  type Binary,
  type Call,
  COMPARISON,
  type DurationExpr,
  type Expr,
  SET,
  type ValueType,
  type VectorMatching,
  type VectorSelector,
} from "./parse/ast.ts";

/** Behaviours that Prometheus keeps behind feature flags; all off by default, as there. */
export interface Experimental {
  /** limitk, limit_ratio, info, sort_by_label, mad_over_time, … */
  readonly functions: boolean;
  /** `[5m * 2]`, `[step()]`, `offset (1h / 2)`. */
  readonly durationExpressions: boolean;
  /** `anchored` and `smoothed`. */
  readonly extendedRangeSelectors: boolean;
  /** `fill`, `fill_left`, `fill_right`. */
  readonly binopFillModifiers: boolean;
  /** Metric names are dropped at the end of a query instead of by each function. */
  readonly delayedNameRemoval: boolean;
  /** rate, increase, irate and resets use the samples' start times. */
  readonly startTimestamps: boolean;
}

/** Everything on, as Prometheus's own tests have it. */
export const ALL_EXPERIMENTAL: Experimental = {
  functions: true,
  durationExpressions: true,
  extendedRangeSelectors: true,
  binopFillModifiers: true,
  delayedNameRemoval: true,
  startTimestamps: true,
};

/** The names under which Prometheus switches each on (`--enable-feature`). */
export const FEATURES = {
  "promql-experimental-functions": "functions",
  "promql-duration-expr": "durationExpressions",
  "promql-extended-range-selectors": "extendedRangeSelectors",
  "promql-binop-fill-modifiers": "binopFillModifiers",
  "promql-delayed-name-removal": "delayedNameRemoval",
  "use-start-timestamps": "startTimestamps",
} as const satisfies Readonly<Record<string, keyof Experimental>>;

export type Feature = keyof typeof FEATURES;

/** What the named features switch on. */
export function featuresOn(features: readonly Feature[]): Partial<Experimental> {
  return Object.fromEntries(features.map((feature) => [FEATURES[feature], true]));
}

const DOCUMENTED: Readonly<Record<ValueType, string>> = {
  scalar: "scalar",
  vector: "instant vector",
  matrix: "range vector",
  string: "string",
};
const COMPARISONS: ReadonlySet<string> = new Set(COMPARISON);
const SETS: ReadonlySet<string> = new Set(SET);
const LIMITS: ReadonlySet<string> = new Set(["limitk", "limit_ratio"]);
const DEFAULT_MATCHING: VectorMatching = {
  cardinality: "one-to-one",
  on: false,
  labels: [],
  include: [],
};
const EDGE_FUNCTIONS: Readonly<Record<"anchored" | "smoothed", readonly string[]>> = {
  anchored: ["changes", "delta", "increase", "rate", "resets"],
  smoothed: ["delta", "increase", "rate"],
};

export function documentedType(type: ValueType): string {
  return DOCUMENTED[type];
}

/** The type an expression evaluates to. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "vector_selector":
    case "aggregate":
      return "vector";
    case "matrix_selector":
    case "subquery":
      return "matrix";
    case "paren":
    case "unary":
      return typeOf(expr.expr);
    case "binary":
      return typeOf(expr.left) === "scalar" && typeOf(expr.right) === "scalar"
        ? "scalar"
        : "vector";
    default:
      return functionSignature(expr.function)?.returns ?? "vector";
  }
}

/**
 * Checks types, arguments and modifiers of a parsed query, and gives back the tree with what the
 * text left implicit filled in (vector matching). Throws PromqlError("parse") with the position.
 */
export function check(query: string, expr: Expr, experimental: Experimental): Expr {
  return new Checker(query, experimental).check(expr);
}

class Checker {
  readonly #query: string;
  readonly #experimental: Experimental;

  constructor(query: string, experimental: Experimental) {
    this.#query = query;
    this.#experimental = experimental;
  }

  check(expr: Expr): Expr {
    switch (expr.kind) {
      case "number":
      case "string":
        return expr;
      case "vector_selector":
        return this.#selector(expr);
      case "matrix_selector":
        this.#duration(expr.range);
        return { ...expr, selector: this.#selector(expr.selector) };
      case "subquery": {
        this.#duration(expr.range);
        this.#duration(expr.step);
        this.#duration(expr.offset);
        const inner = this.check(expr.expr);
        const type = typeOf(inner);
        if (type !== "vector") {
          throw this.#fail(expr, `subquery is only allowed on instant vector, got ${type} instead`);
        }
        return { ...expr, expr: inner };
      }
      case "paren":
        return { ...expr, expr: this.check(expr.expr) };
      case "unary": {
        const inner = this.check(expr.expr);
        const type = typeOf(inner);
        if (type !== "scalar" && type !== "vector") {
          const message = `unary expression only allowed on expressions of type scalar or instant vector, got "${DOCUMENTED[type]}"`;
          throw this.#fail(expr, message);
        }
        return { ...expr, expr: inner };
      }
      case "binary":
        return this.#binary(expr);
      case "aggregate":
        return this.#aggregate(expr);
      default:
        return this.#call(expr);
    }
  }

  #selector(selector: VectorSelector): VectorSelector {
    this.#duration(selector.offset);
    if (selector.edges !== undefined && !this.#experimental.extendedRangeSelectors) {
      throw this.#fail(selector, `${selector.edges} modifier is experimental and not enabled`);
    }
    for (const matcher of selector.matchers) {
      try {
        matcherTest(matcher);
      } catch (error) {
        throw this.#fail(selector, error instanceof Error ? error.message : String(error));
      }
    }
    if (selector.matchers.every((matcher) => matchesEmpty(matcher))) {
      throw this.#fail(selector, "vector selector must contain at least one non-empty matcher");
    }
    return selector;
  }

  #duration(duration: DurationExpr | undefined): void {
    if (duration === undefined || this.#experimental.durationExpressions) return;
    if (duration.kind !== "seconds") {
      throw parseError(this.#query, duration, "experimental duration expression is not enabled");
    }
  }

  #binary(expr: Binary): Binary {
    const left = this.check(expr.left);
    const right = this.check(expr.right);
    const { operator, returnBool } = expr;
    const leftType = typeOf(left);
    const rightType = typeOf(right);
    const comparison = COMPARISONS.has(operator);
    if (returnBool && !comparison) {
      throw this.#fail(expr, "bool modifier can only be used on comparison operators");
    }
    for (const [side, type] of [
      [left, leftType],
      [right, rightType],
    ] as const) {
      if (type !== "scalar" && type !== "vector") {
        throw this.#fail(
          side,
          "binary expression must contain only scalar and instant vector types",
        );
      }
    }
    if (comparison && !returnBool && leftType === "scalar" && rightType === "scalar") {
      throw this.#fail(expr, "comparisons between scalars must use BOOL modifier");
    }
    const { matching, ...bare } = expr;
    if (leftType === "vector" && rightType === "vector") {
      const set = SETS.has(operator);
      const implied: VectorMatching = set
        ? { ...DEFAULT_MATCHING, cardinality: "many-to-many" }
        : DEFAULT_MATCHING;
      return { ...bare, left, right, matching: this.#matching(expr, matching ?? implied, set) };
    }
    if (matching !== undefined) {
      const filling = matching.fillLeft !== undefined || matching.fillRight !== undefined;
      const message =
        filling && matching.labels.length === 0
          ? "filling in missing series only allowed between instant vectors"
          : "vector matching only allowed between instant vectors";
      throw this.#fail(expr, message);
    }
    if (SETS.has(operator)) {
      throw this.#fail(expr, `set operator "${operator}" not allowed in binary scalar expression`);
    }
    return { ...bare, left, right };
  }

  #matching(expr: Binary, matching: VectorMatching, set: boolean): VectorMatching {
    if (matching.fillLeft !== undefined || matching.fillRight !== undefined) {
      if (!this.#experimental.binopFillModifiers) {
        throw this.#fail(expr, "binop fill modifiers are experimental and not enabled");
      }
      if (set) throw this.#fail(expr, "filling in missing series not allowed for set operators");
    }
    if (matching.on) {
      const both = matching.labels.find((label) => matching.include.includes(label));
      if (both !== undefined) {
        throw this.#fail(expr, `label "${both}" must not occur in ON and GROUP clause at once`);
      }
    }
    return matching;
  }

  #aggregate(expr: Aggregate): Aggregate {
    const { operator } = expr;
    if (LIMITS.has(operator) && !this.#experimental.functions) {
      throw this.#fail(expr, `${operator}() is experimental and must be enabled`);
    }
    const inner = this.check(expr.expr);
    this.#expect(inner, "vector", "aggregation expression");
    if (expr.parameter === undefined) return { ...expr, expr: inner };
    const parameter = this.check(expr.parameter);
    const wanted = operator === "count_values" ? "string" : "scalar";
    this.#expect(parameter, wanted, "aggregation parameter");
    return { ...expr, expr: inner, parameter };
  }

  #call(expr: Call): Call {
    const name = expr.function;
    const signature = functionSignature(name);
    const nameSpan = { start: expr.span.start, end: expr.span.start + name.length };
    if (signature === undefined) {
      throw parseError(this.#query, nameSpan, `unknown function with name "${name}"`);
    }
    if (signature.experimental && !this.#experimental.functions) {
      throw parseError(this.#query, nameSpan, `function "${name}" is not enabled`);
    }
    this.#argumentCount(expr, signature);
    const args = expr.args.map((arg, i) => {
      const checked = name === "info" && i === 1 ? this.#infoSelector(arg) : this.check(arg);
      const wanted = signature.args[Math.min(i, signature.args.length - 1)] ?? "vector";
      this.#expect(checked, wanted, `call to function "${name}"`);
      this.#edges(checked, name);
      return checked;
    });
    return { ...expr, args };
  }

  /** info's selector names labels of info metrics, so it may well match the empty string. */
  #infoSelector(arg: Expr): Expr {
    if (arg.kind !== "vector_selector" || arg.name !== "") {
      throw this.#fail(arg, "expected label selectors only, got instant vector selector instead");
    }
    return arg;
  }

  #argumentCount(expr: Call, { name, args, variadic }: FunctionSignature): void {
    const got = expr.args.length;
    const least = variadic === 0 ? args.length : args.length - 1;
    const most = variadic < 0 ? Number.POSITIVE_INFINITY : least + variadic;
    const message = (bound: string, count: number): string =>
      `expected ${bound}${count} argument(s) in call to "${name}", got ${got}`;
    if (variadic === 0 && got !== args.length) throw this.#fail(expr, message("", args.length));
    if (got < least) throw this.#fail(expr, message("at least ", least));
    if (variadic !== 0 && got > most) throw this.#fail(expr, message("at most ", most));
  }

  #edges(arg: Expr, name: string): void {
    const range = unwrap(arg);
    if (range.kind !== "matrix_selector" || range.selector.edges === undefined) return;
    const { edges } = range.selector;
    const allowed = EDGE_FUNCTIONS[edges];
    if (allowed.includes(name)) return;
    const message = `${edges} modifier can only be used with: ${allowed.join(", ")} - not with ${name}`;
    throw new PromqlError("execution", message, range.span);
  }

  #expect(expr: Expr, wanted: ValueType, context: string): void {
    const type = typeOf(expr);
    if (type === wanted) return;
    const message = `expected type ${DOCUMENTED[wanted]} in ${context}, got ${DOCUMENTED[type]}`;
    throw this.#fail(expr, message);
  }

  #fail(expr: { readonly span: Span }, message: string): PromqlError {
    return parseError(this.#query, expr.span, message);
  }
}

/** The expression inside any parentheses. */
export function unwrap(expr: Expr): Expr {
  return expr.kind === "paren" ? unwrap(expr.expr) : expr;
}
