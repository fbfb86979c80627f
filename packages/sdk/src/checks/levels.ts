import type { Outcome } from "../health/judgement.ts";

/** Where a measured value begins to matter. */
export interface Levels {
  /** From here on the check says degraded. */
  readonly degraded: number;
  /** From here on it says unhealthy. Left out: never. */
  readonly unhealthy?: number;
}

/** A level once reached holds until the value is this part below it, so that it does not flap. */
const releasePart = 0.1;

/**
 * Turns a measured value, more of which is worse, into an outcome. Keeps the state that a value which
 * moves around a level needs.
 *
 * @throws an Error when the levels are not numbers in order.
 */
export class Gauge {
  readonly #levels: Levels;
  #status: Outcome["status"] = "healthy";

  constructor(levels: Levels) {
    const { degraded, unhealthy = Number.POSITIVE_INFINITY } = levels;
    if (!(degraded > 0) || !(unhealthy >= degraded))
      throw new Error("levels must be numbers above 0, unhealthy not below degraded");
    this.#levels = levels;
  }

  /** @param describe makes the message out of the value */
  read(value: number, describe: (value: number) => string): Outcome {
    const { degraded, unhealthy = Number.POSITIVE_INFINITY } = this.#levels;
    const reached = (level: number, held: boolean) =>
      value >= (held ? level * (1 - releasePart) : level);
    if (!Number.isFinite(value)) this.#status = "unhealthy";
    else if (reached(unhealthy, this.#status === "unhealthy")) this.#status = "unhealthy";
    else if (reached(degraded, this.#status !== "healthy")) this.#status = "degraded";
    else this.#status = "healthy";
    return { status: this.#status, message: describe(value) };
  }
}
