import { PromqlError } from "../../errors.ts";
import { Labels } from "../../labels.ts";
import type { VectorMatching } from "../../parse/ast.ts";
import type { BinaryPlan } from "../../plan/plan.ts";
import { ABSENT, FLOAT } from "../../source.ts";
import { type Column, ColumnSet, sameLabelset } from "../column.ts";
import type { EvaluationContext } from "../context.ts";
import { presence } from "../functions/absent.ts";
import { type CellOperation, cellOperation, operand } from "./cell.ts";
import { arithmetic, dropsName } from "./operators.ts";
import { store } from "./scalar.ts";
import { type MatchGroup, matchGroups } from "./signature.ts";

/** vector operator vector: joins the series that match, step by step. */
export function vectorVector(
  plan: BinaryPlan,
  matching: VectorMatching,
  left: readonly Column[],
  right: readonly Column[],
  context: EvaluationContext,
): Column[] {
  const operation = cellOperation({
    operator: plan.operator,
    returnBool: plan.returnBool,
    keepRight: false,
    annotations: context.annotations,
    span: plan.span,
  });
  const join = new Join(plan, matching, operation, context, left, right);
  for (const group of matchGroups(left, right, matching).values()) {
    context.checkAborted();
    join.group(group);
  }
  return join.results();
}

class Join {
  readonly #plan: BinaryPlan;
  readonly #matching: VectorMatching;
  readonly #operation: CellOperation;
  readonly #compute: ((a: number, b: number) => number) | undefined;
  readonly #context: EvaluationContext;
  readonly #results: ColumnSet;
  readonly #steps: number;
  /** group_right: the "one" side is on the left. */
  readonly #swapped: boolean;
  readonly #grouped: boolean;
  readonly #dropName: boolean;
  /** Steps at which there is nothing to join, so that nothing is wrong either. */
  readonly #idle: Uint8Array;
  readonly #fillMany: number | undefined;
  readonly #fillOne: number | undefined;
  readonly #a = operand();
  readonly #b = operand();
  readonly #out = operand();

  constructor(
    plan: BinaryPlan,
    matching: VectorMatching,
    operation: CellOperation,
    context: EvaluationContext,
    left: readonly Column[],
    right: readonly Column[],
  ) {
    this.#plan = plan;
    this.#matching = matching;
    this.#operation = operation;
    this.#compute = arithmetic(plan.operator);
    this.#context = context;
    this.#steps = plan.grid.steps;
    this.#results = new ColumnSet(this.#steps);
    this.#swapped = matching.cardinality === "one-to-many";
    this.#grouped = matching.cardinality !== "one-to-one";
    this.#dropName = dropsName(plan.operator, plan.returnBool);
    const { fillLeft, fillRight } = matching;
    // As in Prometheus, "left" and "right" here mean the "many" and the "one" side under group_right.
    this.#fillMany = fillLeft;
    this.#fillOne = fillRight;
    const filling = fillLeft !== undefined || fillRight !== undefined;
    const anyLeft = presence(left, this.#steps);
    const anyRight = presence(right, this.#steps);
    this.#idle = anyLeft.map((there, step) => {
      const other = anyRight[step] === 1;
      return (filling ? there === 1 || other : there === 1 && other) ? 0 : 1;
    });
  }

  results(): Column[] {
    return this.#results.present();
  }

  group({ labels, left, right }: MatchGroup): void {
    const many = this.#swapped ? right : left;
    const one = this.#swapped ? left : right;
    if (one.length > 1) this.#checkOne(one, labels);
    if (many.length > 1 && !this.#grouped) this.#checkMany(many, one);
    const onePresent = presence(one, this.#steps);
    for (const column of many) {
      for (const other of one) this.#pair(column, other);
      if (this.#fillOne !== undefined) this.#filled(column, labels, onePresent, "one");
    }
    if (this.#fillMany !== undefined) {
      const manyPresent = presence(many, this.#steps);
      for (const other of one) this.#filled(other, labels, manyPresent, "many");
    }
  }

  /** Joins one series with another at the steps where both are present. */
  #pair(many: Column, one: Column): void {
    if (
      this.#compute !== undefined &&
      many.histograms === undefined &&
      one.histograms === undefined
    ) {
      this.#floats(many, one, this.#compute);
      return;
    }
    let result: Column | undefined;
    for (let step = 0; step < this.#steps; step += 1) {
      if (many.kinds[step] === ABSENT || one.kinds[step] === ABSENT) continue;
      this.#load(this.#a, many, step);
      this.#load(this.#b, one, step);
      result ??= this.#result(many.labels, one.labels, many.dropName);
      this.#apply(step, result);
    }
  }

  /** The same for arithmetic on floats, by far the most there is to do. */
  #floats(many: Column, one: Column, compute: (a: number, b: number) => number): void {
    let result: Column | undefined;
    const [a, b] = this.#swapped ? [one.values, many.values] : [many.values, one.values];
    for (let step = 0; step < this.#steps; step += 1) {
      if (many.kinds[step] === ABSENT || one.kinds[step] === ABSENT) continue;
      result ??= this.#result(many.labels, one.labels, many.dropName);
      if (result.kinds[step] !== ABSENT) throw this.#collision();
      result.kinds[step] = FLOAT;
      result.values[step] = compute(a[step] ?? 0, b[step] ?? 0);
    }
  }

  /** Joins a series with the fill value at the steps where the other side is missing. */
  #filled(column: Column, shared: Labels, otherPresent: Uint8Array, missing: "one" | "many"): void {
    const isMany = missing === "one";
    const fill = isMany ? this.#fillOne : this.#fillMany;
    if (fill === undefined) return;
    let result: Column | undefined;
    for (let step = 0; step < this.#steps; step += 1) {
      if (column.kinds[step] === ABSENT || otherPresent[step] === 1) continue;
      this.#load(isMany ? this.#a : this.#b, column, step);
      const substitute = isMany ? this.#b : this.#a;
      substitute.kind = FLOAT;
      substitute.value = fill;
      substitute.histogram = undefined;
      result ??= isMany
        ? this.#result(column.labels, shared, column.dropName)
        : this.#result(shared, column.labels, false);
      this.#apply(step, result);
    }
  }

  #load(
    into: { kind: number; value: number; histogram: unknown },
    from: Column,
    step: number,
  ): void {
    into.kind = from.kinds[step] ?? ABSENT;
    into.value = from.values[step] ?? 0;
    into.histogram = from.histogramAt(step);
  }

  #apply(step: number, result: Column): void {
    const out = this.#out;
    if (this.#swapped) this.#operation(this.#b, this.#a, out);
    else this.#operation(this.#a, this.#b, out);
    if (out.kind === ABSENT) return;
    if (result.kinds[step] !== ABSENT) throw this.#collision();
    store(out, step, result);
  }

  #collision(): PromqlError {
    if (!this.#grouped) return sameLabelset();
    return new PromqlError(
      "execution",
      "multiple matches for labels: grouping labels must ensure unique matches",
      this.#plan.span,
    );
  }

  /** The output series for a pair: its labels come from the "many" side. */
  #result(many: Labels, one: Labels, manyDropsName: boolean): Column {
    const { on, labels: names, include } = this.#matching;
    let labels = many;
    if (!this.#grouped) {
      const set = new Set(names);
      labels = on ? labels.only(set) : labels.without(set);
    }
    if (include.length > 0) {
      const included = include.map((name) => [name, one.get(name)] as const);
      labels = Labels.of([...labels, ...included]);
    }
    const delayed = this.#context.experimental.delayedNameRemoval;
    if (this.#dropName && !delayed) labels = labels.withoutMetric();
    return this.#results.column(labels, delayed && (this.#dropName || manyDropsName));
  }

  #checkOne(one: readonly Column[], shared: Labels): void {
    const side = this.#swapped ? "left" : "right";
    for (let step = 0; step < this.#steps; step += 1) {
      if (this.#idle[step] === 1) continue;
      const there = one.filter(({ kinds }) => kinds[step] !== ABSENT);
      if (there.length < 2) continue;
      const shown = there.map(({ labels }) => labels.toString()).sort();
      const message = `found duplicate series for the match group ${shared.toString()} on the ${side} hand-side of the operation: [${shown.slice(0, 2).join(", ")}];many-to-many matching not allowed: matching labels must be unique on one side`;
      throw new PromqlError("execution", message, this.#plan.span);
    }
  }

  #checkMany(many: readonly Column[], one: readonly Column[]): void {
    const onePresent = presence(one, this.#steps);
    for (let step = 0; step < this.#steps; step += 1) {
      if (onePresent[step] === 0 && this.#fillOne === undefined) continue;
      const there = many.filter(({ kinds }) => kinds[step] !== ABSENT);
      if (there.length < 2) continue;
      throw new PromqlError(
        "execution",
        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
        this.#plan.span,
      );
    }
  }
}
