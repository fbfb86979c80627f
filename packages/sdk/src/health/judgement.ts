export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/** What one run of a check found. */
export interface Outcome {
  readonly status: HealthStatus;
  readonly message: string;
}

/** What is reported after it. */
export interface Verdict extends Outcome {
  /** Whether a change of state waits for more runs to agree. */
  readonly undecided: boolean;
}

/**
 * Hysteresis: a check that worked is called unhealthy after `failAfter` failed runs in a row, and one
 * that failed is called well again after `recoverAfter` good runs in a row. The first run decides alone.
 */
export class Judgement {
  readonly #failAfter: number;
  readonly #recoverAfter: number;
  #failing: boolean | undefined;
  #against = 0;

  constructor(failAfter: number, recoverAfter: number) {
    this.#failAfter = failAfter;
    this.#recoverAfter = recoverAfter;
  }

  /** Takes the outcome of a run and answers what to report. */
  take(outcome: Outcome): Verdict {
    const failed = outcome.status === "unhealthy";
    if (this.#failing === undefined || this.#failing === failed) return this.#decide(outcome);
    this.#against += 1;
    const needed = failed ? this.#failAfter : this.#recoverAfter;
    if (this.#against >= needed) return this.#decide(outcome);
    const count = `${this.#against} of ${needed}`;
    return failed
      ? {
          status: "degraded",
          message: `${outcome.message} (failure ${count} before it counts)`,
          undecided: true,
        }
      : { status: "unhealthy", message: `recovering: good run ${count}`, undecided: true };
  }

  #decide(outcome: Outcome): Verdict {
    this.#failing = outcome.status === "unhealthy";
    this.#against = 0;
    return { ...outcome, undecided: false };
  }
}
