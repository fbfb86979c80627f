import { AGGREGATIONS, ARITHMETIC, COMPARISON, SET } from "../parse/ast.ts";

/** A source of chance: a whole number below the bound. */
export type Chance = (below: number) => number;

const PARAMETRIC: ReadonlySet<string> = new Set([
  "topk",
  "bottomk",
  "quantile",
  "limitk",
  "limit_ratio",
]);

/** Makes up a query that parses and type-checks, of the given depth at most. For fuzz tests. */
export function randomQuery(chance: Chance, depth: number): string {
  return new Maker(chance).vector(depth);
}

class Maker {
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  #pick<T>(options: readonly T[]): T {
    const picked = options[this.#chance(options.length)];
    if (picked === undefined) throw new RangeError("nothing to pick from");
    return picked;
  }

  #duration(): string {
    return this.#pick(["30s", "1m", "1h30m", "100ms", "90"]);
  }

  #selector(): string {
    const name = this.#pick(["up", "foo_total", "sum", "by", "a:b"]);
    const matchers = this.#pick([
      "",
      "{}",
      '{job="a"}',
      '{job!="a",env=~"x|y.*"}',
      '{"quoted.label"="\\"v\\""}',
    ]);
    return `${name}${matchers}`;
  }

  #modifiers(): string {
    return this.#pick(["", "", "", " offset 5m", " offset -30s", " @ 1700000000", " @ end()"]);
  }

  #range(depth: number): string {
    if (depth <= 0 || this.#chance(3) > 0) {
      return `${this.#selector()}[${this.#duration()}]${this.#modifiers()}`;
    }
    const step = this.#pick(["", "15s"]);
    return `(${this.vector(depth - 1)})[${this.#duration()}:${step}]${this.#modifiers()}`;
  }

  scalar(depth: number): string {
    if (depth <= 0 || this.#chance(2) === 0) {
      return this.#pick(["1", "0.5", "-2", "Inf", "NaN", "1e3", "time()", "5m"]);
    }
    if (this.#chance(2) === 0) return `scalar(${this.vector(depth - 1)})`;
    const operator = this.#pick(ARITHMETIC);
    return `(${this.scalar(depth - 1)} ${operator} ${this.scalar(depth - 1)})`;
  }

  #matching(): string {
    const labels = this.#pick(["()", "(job)", "(job, env)"]);
    const group = this.#pick(["", "", " group_left ()", " group_right (version)"]);
    return this.#pick(["", ` on ${labels}${group}`, ` ignoring ${labels}${group}`]);
  }

  #aggregation(depth: number): string {
    const operator = this.#pick(AGGREGATIONS);
    const grouping = this.#pick(["", " by (job)", " without (job, env)", " by ()"]);
    const inner = this.vector(depth);
    if (operator === "count_values") return `${operator}${grouping} ("v", ${inner})`;
    const parameter = PARAMETRIC.has(operator) ? `${this.scalar(depth)}, ` : "";
    return `${operator}${grouping} (${parameter}${inner})`;
  }

  vector(depth: number): string {
    if (depth <= 0) return `${this.#selector()}${this.#modifiers()}`;
    const below = depth - 1;
    switch (this.#chance(8)) {
      case 0:
        return `${this.#pick(["rate", "sum_over_time", "deriv", "changes"])}(${this.#range(below)})`;
      case 1:
        return this.#aggregation(below);
      case 2:
        return `${this.vector(below)} ${this.#pick(ARITHMETIC)}${this.#matching()} ${this.vector(below)}`;
      case 3:
        return `(${this.vector(below)} ${this.#pick(COMPARISON)}${this.#pick(["", " bool"])} ${this.scalar(below)})`;
      case 4:
        return `(${this.vector(below)} ${this.#pick(SET)} ${this.#pick(["", "on (job) "])}${this.vector(below)})`;
      case 5:
        return `-${this.vector(below)}`;
      case 6:
        return `${this.#pick(["abs", "timestamp", "absent", "sort"])}(${this.vector(below)})`;
      default:
        return `label_replace(${this.vector(below)}, "dst", "$1", "src", "(.*)")`;
    }
  }
}
