import { documentedType, typeOf, unwrap } from "../check.ts";
import { parseError, type PromqlError, type Span } from "../errors.ts";
import { endOf, gridBetween, shifted } from "../grid.ts";
import type {
  AtModifier,
  Call,
  DurationExpr,
  Expr,
  MatrixSelector,
  Subquery,
  VectorSelector,
} from "../parse/ast.ts";
import { childrenOf, selectorsOf } from "../parse/walk.ts";
import type { Grid } from "../source.ts";
import { durationMs } from "./durations.ts";
import type { QueryFrame } from "./frame.ts";
import { isStepInvariant } from "./invariance.ts";
import type { LookupPlan, Plan, RangePlan, SelectorPlan } from "./plan.ts";

const LOOKUP_FUNCTIONS: Readonly<Record<string, LookupPlan["wanted"]>> = {
  timestamp: "time",
  start_timestamp: "start_time",
};
const MOMENTS: ReadonlySet<string> = new Set(["start", "end", "step", "range"]);

/**
 * Turns a checked expression into a plan: every node knows its grid, durations and modifiers are
 * settled, and what does not change over time is evaluated once. Throws PromqlError on durations
 * that come out unusable.
 */
export function planQuery(expr: Expr, frame: QueryFrame): Plan {
  const grid = gridBetween(frame.startMs, frame.endMs, frame.stepMs);
  const planner = new Planner(frame);
  const type = typeOf(expr);
  if (frame.stepMs > 0 && type !== "scalar" && type !== "vector") {
    const message = `invalid expression type "${documentedType(type)}" for range query, must be Scalar or instant Vector`;
    throw parseError(frame.query, expr.span, message);
  }
  if (type === "matrix") {
    const range = planner.range(unwrap(expr), grid);
    return { kind: "matrix", range, grid, span: expr.span };
  }
  return planner.plan(expr, grid);
}

/** Functions below which histograms are read for their counts and sums, or for their buckets. */
const STATISTICS: ReadonlySet<string> = new Set([
  "histogram_count",
  "histogram_sum",
  "histogram_avg",
]);
const BUCKETS: ReadonlySet<string> = new Set([
  "histogram_quantile",
  "histogram_quantiles",
  "histogram_fraction",
]);

class Planner {
  readonly #frame: QueryFrame;
  /** The nearest function around that says so wants counts and sums alone. */
  #statistics = false;

  constructor(frame: QueryFrame) {
    this.#frame = frame;
  }

  plan(expr: Expr, grid: Grid): Plan {
    const around = this.#statistics;
    if (expr.kind === "call" && STATISTICS.has(expr.function)) this.#statistics = true;
    else if (needsBuckets(expr)) this.#statistics = false;
    try {
      return this.#plan(expr, grid);
    } finally {
      this.#statistics = around;
    }
  }

  #plan(expr: Expr, grid: Grid): Plan {
    const { span } = expr;
    if (grid.steps > 1 && worthRepeating(expr) && isStepInvariant(expr)) {
      const once: Grid = { startMs: grid.startMs, stepMs: 0, steps: 1 };
      return { kind: "repeat", inner: this.plan(expr, once), grid, span };
    }
    switch (expr.kind) {
      case "number":
        return { kind: "number", value: expr.value, grid, span };
      case "string":
        return { kind: "string", value: expr.value, grid, span };
      case "paren":
        return this.plan(expr.expr, grid);
      case "vector_selector":
        return this.#lookup(expr, grid, "value");
      case "unary":
        return {
          kind: "unary",
          operator: expr.operator,
          inner: this.plan(expr.expr, grid),
          grid,
          span,
        };
      case "binary":
        return {
          kind: "binary",
          operator: expr.operator,
          left: this.plan(expr.left, grid),
          right: this.plan(expr.right, grid),
          returnBool: expr.returnBool,
          ...(expr.matching === undefined ? {} : { matching: expr.matching }),
          grid,
          span,
        };
      case "aggregate":
        return {
          kind: "aggregate",
          operator: expr.operator,
          inner: this.plan(expr.expr, grid),
          ...(expr.parameter === undefined ? {} : { parameter: this.plan(expr.parameter, grid) }),
          without: expr.without,
          grouping: expr.grouping,
          grid,
          span,
        };
      case "call":
        return this.#call(expr, grid);
      default:
        throw this.#fail(
          span,
          `unexpected ${documentedType(typeOf(expr))} outside a function call`,
        );
    }
  }

  #call(expr: Call, grid: Grid): Plan {
    const { span } = expr;
    const { startMs, endMs, stepMs } = this.#frame;
    if (MOMENTS.has(expr.function)) {
      const moments: Readonly<Record<string, number>> = {
        start: startMs,
        end: endMs,
        step: stepMs,
        range: endMs - startMs,
      };
      return { kind: "number", value: (moments[expr.function] ?? 0) / 1000, grid, span };
    }
    if (expr.function === "info") return this.#info(expr, grid);
    const wanted = LOOKUP_FUNCTIONS[expr.function];
    const [first] = expr.args;
    if (wanted !== undefined && first !== undefined) {
      const selector = unwrap(first);
      if (selector.kind === "vector_selector") return this.#lookup(selector, grid, wanted);
    }
    const rangeAt = expr.args.findIndex((arg) => typeOf(arg) === "matrix");
    const rangeArg = expr.args[rangeAt];
    if (rangeArg === undefined) {
      const args = expr.args.map((arg) => this.plan(arg, grid));
      return { kind: "call", function: expr.function, args, grid, span };
    }
    const range = this.range(unwrap(rangeArg), grid);
    const args = expr.args.filter((_, i) => i !== rangeAt).map((arg) => this.plan(arg, grid));
    return { kind: "window", function: expr.function, range, args, grid, span };
  }

  #info(expr: Call, grid: Grid): Plan {
    const [base, data] = expr.args;
    if (base === undefined) throw this.#fail(expr.span, "info() needs a vector");
    return {
      kind: "info",
      inner: this.plan(base, grid),
      matchers: data?.kind === "vector_selector" ? data.matchers : [],
      sampleGrid: this.#referenceGrid(base, grid),
      windowMs: this.#frame.lookbackDeltaMs,
      grid,
      span: expr.span,
    };
  }

  /** When the first selector of an expression reads its samples, step by step. */
  #referenceGrid(expr: Expr, grid: Grid): Grid {
    if (expr.kind === "vector_selector") return this.#sampleGrid(expr.offset, expr.at, grid);
    const inner = expr.kind === "subquery" ? this.#sampleGrid(expr.offset, expr.at, grid) : grid;
    for (const child of childrenOf(expr)) {
      if (selectorsOf(child).length > 0) return this.#referenceGrid(child, inner);
    }
    return inner;
  }

  range(expr: Expr, grid: Grid): RangePlan {
    if (expr.kind === "matrix_selector") return this.#samples(expr, grid);
    if (expr.kind === "subquery") return this.#subquery(expr, grid);
    throw this.#fail(expr.span, "expected a range vector");
  }

  #samples(expr: MatrixSelector, grid: Grid): RangePlan {
    return {
      kind: "samples",
      selector: this.#selector(expr.selector, grid),
      rangeMs: this.#positive(expr.range),
      span: expr.span,
    };
  }

  #subquery(expr: Subquery, grid: Grid): RangePlan {
    const rangeMs = this.#positive(expr.range);
    const stepMs =
      expr.step === undefined ? this.#frame.defaultSubqueryStepMs : this.#positive(expr.step);
    const sampleGrid = this.#sampleGrid(expr.offset, expr.at, grid);
    const openStart = sampleGrid.startMs - rangeMs;
    // Steps stand on multiples of the step, the first one inside the left-open window.
    const startMs = (Math.floor(openStart / stepMs) + 1) * stepMs;
    const steps = Math.floor((endOf(sampleGrid) - startMs) / stepMs) + 1;
    const around = this.#statistics;
    // Between a subquery's steps samples are left out, so resets must be looked for in the buckets.
    this.#statistics = false;
    const inner = this.plan(expr.expr, { startMs, stepMs, steps: Math.max(steps, 0) });
    this.#statistics = around;
    return { kind: "subquery", inner, sampleGrid, rangeMs, span: expr.span };
  }

  #lookup(expr: VectorSelector, grid: Grid, wanted: LookupPlan["wanted"]): LookupPlan {
    if (expr.edges === "anchored") {
      throw this.#fail(expr.span, "anchored modifier can only be used with range vector selectors");
    }
    return {
      kind: "lookup",
      selector: this.#selector(expr, grid),
      windowMs: this.#frame.lookbackDeltaMs,
      wanted,
      grid,
      span: expr.span,
    };
  }

  #selector(expr: VectorSelector, grid: Grid): SelectorPlan {
    return {
      matchers: expr.matchers,
      sampleGrid: this.#sampleGrid(expr.offset, expr.at, grid),
      ...(expr.edges === undefined ? {} : { edges: expr.edges }),
      ...(this.#statistics ? { deriveHints: true } : {}),
      span: expr.span,
    };
  }

  #sampleGrid(offset: DurationExpr | undefined, at: AtModifier | undefined, grid: Grid): Grid {
    const offsetMs = offset === undefined ? 0 : this.#duration(offset);
    if (at === undefined) return shifted(grid, -offsetMs);
    const { startMs, endMs } = this.#frame;
    const pinned = at === "start" ? startMs : at === "end" ? endMs : at;
    return { startMs: pinned - offsetMs, stepMs: 0, steps: grid.steps };
  }

  #duration(duration: DurationExpr): number {
    return durationMs(duration, this.#frame);
  }

  #positive(duration: DurationExpr): number {
    const ms = this.#duration(duration);
    if (ms <= 0) throw this.#fail(duration, "duration must be greater than 0");
    return ms;
  }

  #fail(span: Span, message: string): PromqlError {
    return parseError(this.#frame.query, span, message);
  }
}

function needsBuckets(expr: Expr): boolean {
  if (expr.kind === "call") return BUCKETS.has(expr.function);
  return expr.kind === "binary" && (expr.operator === "</" || expr.operator === ">/");
}

/** Literals cost nothing at every step, and parentheses leave the choice to what they hold. */
function worthRepeating(expr: Expr): boolean {
  if (expr.kind === "call") return !MOMENTS.has(expr.function);
  return expr.kind !== "number" && expr.kind !== "string" && expr.kind !== "paren";
}
