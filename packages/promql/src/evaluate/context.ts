import type { Annotations } from "../annotations.ts";
import type { Experimental } from "../check.ts";
import { PromqlError } from "../errors.ts";
import type { AggregatePlan } from "../plan/plan.ts";
import { GroupNames } from "./aggregate/grouping.ts";
import type { EngineLimits } from "../limits.ts";
import type { QueryContext, Source } from "../source.ts";
import { Column, mergeSameLabels } from "./column.ts";

interface ContextOptions {
  readonly source: Source;
  readonly annotations: Annotations;
  readonly experimental: Experimental;
  readonly lookbackDeltaMs: number;
  readonly signal: AbortSignal;
  readonly limits: EngineLimits;
  readonly isRangeQuery: boolean;
}

interface Shared {
  samples: number;
  readonly groups: Map<readonly string[], GroupNames>;
}

/** What every part of one evaluation shares. */
export class EvaluationContext implements QueryContext {
  readonly source: Source;
  readonly annotations: Annotations;
  readonly experimental: Experimental;
  readonly lookbackDeltaMs: number;
  readonly signal: AbortSignal;
  /** A range query, even where a part of it is evaluated at a single step. */
  readonly isRangeQuery: boolean;
  readonly #options: ContextOptions;
  readonly #limits: EngineLimits;
  /** Of the whole query, whichever part of it is at work. */
  readonly #shared: Shared;
  #series = 0;

  constructor(options: ContextOptions, shared: Shared = { samples: 0, groups: new Map() }) {
    this.source = options.source;
    this.annotations = options.annotations;
    this.experimental = options.experimental;
    this.lookbackDeltaMs = options.lookbackDeltaMs;
    this.signal = options.signal;
    this.isRangeQuery = options.isRangeQuery;
    this.#options = options;
    this.#limits = options.limits;
    this.#shared = shared;
  }

  /** For a part of the same query that reads the same series as other parts do: they count once. */
  fork(): EvaluationContext {
    return new EvaluationContext(this.#options, this.#shared);
  }

  get samples(): number {
    return this.#shared.samples;
  }

  get series(): number {
    return this.#series;
  }

  takeSamples(count: number): void {
    this.#shared.samples += count;
    if (this.#shared.samples > this.#limits.maxSamples) {
      const message = `query processing would load too many samples into memory in query execution: more than ${this.#limits.maxSamples}`;
      throw new PromqlError("limit", message);
    }
  }

  takeSeries(count: number): void {
    this.#series += count;
    if (this.#series > this.#limits.maxSeries) {
      const message = `query reads more than ${this.#limits.maxSeries} series; select fewer`;
      throw new PromqlError("limit", message);
    }
  }

  note(level: "warning" | "info", message: string): void {
    this.annotations.note(level, message);
  }

  /** The groups of an aggregation, which the slices of its steps share. */
  groupNames(plan: Pick<AggregatePlan, "grouping" | "without">): GroupNames {
    let names = this.#shared.groups.get(plan.grouping);
    if (names === undefined) {
      names = new GroupNames(plan);
      this.#shared.groups.set(plan.grouping, names);
    }
    return names;
  }

  /** Throws when the caller has given up on the query. */
  checkAborted(): void {
    if (!this.signal.aborted) return;
    const { reason } = this.signal as { reason: unknown };
    const timedOut = reason instanceof Error && reason.name === "TimeoutError";
    throw timedOut
      ? new PromqlError("timeout", "query timed out in expression evaluation")
      : new PromqlError("canceled", "query was canceled in expression evaluation");
  }

  /** Drops metric names: at once, or by marking the columns where removal is delayed. */
  dropNames(columns: Column[], steps: number): Column[] {
    if (this.experimental.delayedNameRemoval) {
      for (const column of columns) column.dropName = true;
      return columns;
    }
    const nameless = columns.map((column) => column.relabelled(column.labels.withoutMetric()));
    return mergeSameLabels(nameless, steps);
  }
}
