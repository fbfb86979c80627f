import type { Matcher } from "@seaworthy/logql";
import type { Parameters } from "../store/index.ts";

/** Collects a statement's parameters: every constant of a query becomes one. */
export class Sql {
  readonly #parameters: Record<string, Parameters[string]> = {};
  #count = 0;

  get parameters(): Parameters {
    return this.#parameters;
  }

  #put(type: string, value: Parameters[string]): string {
    const name = `p${this.#count}`;
    this.#count += 1;
    this.#parameters[name] = value;
    return `{${name}:${type}}`;
  }

  text(value: string): string {
    return this.#put("String", value);
  }

  texts(values: readonly string[]): string {
    return this.#put("Array(String)", values);
  }

  ids(values: readonly bigint[]): string {
    return this.#put("Array(UInt64)", values);
  }

  uint16(value: number): string {
    return this.#put("UInt16", value);
  }

  float(value: number): string {
    return this.#put("Float64", value);
  }

  /** What 64 bits do not hold is as good as their bounds. */
  int64(value: bigint): string {
    const bound = 9_223_372_036_854_775_807n;
    const held = value > bound ? bound : value < -bound ? -bound : value;
    return this.#put("Int64", held);
  }

  /** A condition that a text is as the matcher says; regular expressions match all of it. */
  matches(expression: string, operator: Matcher["operator"], value: string): string {
    if (operator === "=" || operator === "!=")
      return `${expression} ${operator} ${this.text(value)}`;
    const match = `match(${expression}, ${this.text(`^(?s:${value})$`)})`;
    return operator === "=~" ? match : `NOT ${match}`;
  }

  /** A condition that `line` holds a text; the index serves it from five bytes up. */
  contains(value: string): string {
    return `line LIKE ${this.text(`%${value.replace(/[\\%_]/g, "\\$&")}%`)}`;
  }
}
