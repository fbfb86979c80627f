import type { Span } from "../errors.ts";
import type { Matcher } from "../matchers.ts";
import type {
  AggregationOperator,
  BinaryOperator,
  EdgeModifier,
  VectorMatching,
} from "../parse/ast.ts";
import type { Grid } from "../source.ts";

interface PlanNode {
  /** The instants the node is evaluated at. */
  readonly grid: Grid;
  readonly span: Span;
}

interface NumberPlan extends PlanNode {
  readonly kind: "number";
  readonly value: number;
}

interface StringPlan extends PlanNode {
  readonly kind: "string";
  readonly value: string;
}

/** A selector with its times settled. */
export interface SelectorPlan {
  readonly matchers: readonly Matcher[];
  /**
   * For each step of the node's grid, the time whose samples are wanted: `offset` and `@` are in
   * it. Under `@` all times are the same and `stepMs` is 0.
   */
  readonly sampleGrid: Grid;
  readonly edges?: EdgeModifier;
  /**
   * Histograms are read for their counts and sums alone; their counter reset hints, where unknown,
   * are found out in reading.
   */
  readonly deriveHints?: boolean;
  readonly span: Span;
}

/** The current value of each series. */
export interface LookupPlan extends PlanNode {
  readonly kind: "lookup";
  readonly selector: SelectorPlan;
  readonly windowMs: number;
  /** `value`; `time`: the sample's own time; `start_time`: when its counter began. In seconds. */
  readonly wanted: "value" | "time" | "start_time";
  /** Keeps the metric names of times, which are not the metric any more. */
  readonly keepNames?: boolean;
}

/** Samples in windows: a range selector's, or a subquery's. */
export type RangePlan =
  | {
      readonly kind: "samples";
      readonly selector: SelectorPlan;
      readonly rangeMs: number;
      readonly span: Span;
    }
  | {
      readonly kind: "subquery";
      /** Evaluated on its own grid, which covers all the windows. */
      readonly inner: Plan;
      readonly sampleGrid: Grid;
      readonly rangeMs: number;
      readonly span: Span;
    };

/** A function over windows of samples. */
export interface WindowPlan extends PlanNode {
  readonly kind: "window";
  readonly function: string;
  readonly range: RangePlan;
  /** The function's other arguments, in order, the range left out. */
  readonly args: readonly Plan[];
}

/** Any other function. */
export interface CallPlan extends PlanNode {
  readonly kind: "call";
  readonly function: string;
  readonly args: readonly Plan[];
}

/** `info(v, {…})`: a vector and the info series that go with it. */
export interface InfoPlan extends PlanNode {
  readonly kind: "info";
  readonly inner: Plan;
  /** What the second argument asks of info series and their labels. */
  readonly matchers: readonly Matcher[];
  /** As of when info series are looked up: `offset` and `@` of the vector are in it. */
  readonly sampleGrid: Grid;
  readonly windowMs: number;
}

interface UnaryPlan extends PlanNode {
  readonly kind: "unary";
  readonly operator: "+" | "-";
  readonly inner: Plan;
}

export interface BinaryPlan extends PlanNode {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Plan;
  readonly right: Plan;
  readonly returnBool: boolean;
  readonly matching?: VectorMatching;
}

export interface AggregatePlan extends PlanNode {
  readonly kind: "aggregate";
  readonly operator: AggregationOperator;
  readonly inner: Plan;
  readonly parameter?: Plan;
  readonly without: boolean;
  readonly grouping: readonly string[];
}

/** Evaluated once, the same at every step: an expression that does not depend on the time. */
interface RepeatPlan extends PlanNode {
  readonly kind: "repeat";
  readonly inner: Plan;
}

/** A range selector or subquery that is itself the result of an instant query. */
export interface MatrixPlan extends PlanNode {
  readonly kind: "matrix";
  readonly range: RangePlan;
}

export type Plan =
  | NumberPlan
  | StringPlan
  | LookupPlan
  | WindowPlan
  | CallPlan
  | InfoPlan
  | UnaryPlan
  | BinaryPlan
  | AggregatePlan
  | RepeatPlan
  | MatrixPlan;
