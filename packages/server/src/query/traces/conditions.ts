import type { Sql } from "../sql.ts";
import type { Aggregate, Condition, Field, Operator, Spansets, Value } from "./traceql/ast.ts";

/** From (inclusive) to (exclusive); ns since 1970. */
export interface TimeRange {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

/** A condition on the column `time`. */
export function timeCondition(sql: Sql, { startNs, endNs }: TimeRange): string {
  return `time >= fromUnixTimestamp64Nano(${sql.int64(startNs)}, 'UTC') AND time < fromUnixTimestamp64Nano(${sql.int64(endNs)}, 'UTC')`;
}

const DAY_NS = 86_400_000_000_000n;

/** A condition on the column `day` of `trace_times`. */
export function dayCondition(sql: Sql, { startNs, endNs }: TimeRange): string {
  const day = (ns: bigint) => Number(ns / DAY_NS);
  // A trace that lasts beyond midnight is noted on both days.
  return `day >= toDate(${sql.uint16(Math.max(0, day(startNs) - 1))}) AND day <= toDate(${sql.uint16(day(endNs) + 1)})`;
}

/** Turns what TraceQL asks of spans into conditions on the table `spans`. */
export class SpanConditions {
  readonly #sql: Sql;
  readonly #range: TimeRange;

  constructor(sql: Sql, range: TimeRange) {
    this.#sql = sql;
    this.#range = range;
  }

  /** All spansets of a query: spans of any of them are what is found. */
  found(spansets: Spansets): string {
    if (spansets.kind === "spans") return this.#spans(spansets);
    return `(${this.found(spansets.left)} OR ${this.found(spansets.right)})`;
  }

  /** What a group of found spans, those of one trace, must have: each spanset of an `&&`. */
  having(spansets: Spansets, aggregates: readonly Aggregate[]): string {
    const conditions = aggregates.map((aggregate) => this.#aggregate(aggregate));
    if (spansets.kind !== "spans") conditions.unshift(this.#traces(spansets));
    return conditions.length === 0 ? "1" : conditions.join(" AND ");
  }

  /** One condition, on a span. */
  condition(condition: Condition): string {
    if (condition.kind === "compare") return this.#compare(condition);
    if (condition.kind === "not") return `NOT (${this.condition(condition.inner)})`;
    const { kind, left, right } = condition;
    return `(${this.condition(left)} ${kind.toUpperCase()} ${this.condition(right)})`;
  }

  #spans({ condition }: Extract<Spansets, { kind: "spans" }>): string {
    return condition === undefined ? "1" : this.condition(condition);
  }

  #traces(spansets: Spansets): string {
    if (spansets.kind === "spans") return `countIf(${this.#spans(spansets)}) > 0`;
    const { kind, left, right } = spansets;
    return `(${this.#traces(left)} ${kind.toUpperCase()} ${this.#traces(right)})`;
  }

  #aggregate({ function: name, field, operator, value }: Aggregate): string {
    const of =
      field === undefined
        ? "count()"
        : `${name}OrNull(${field.kind === "intrinsic" ? "duration" : numberOf(attributeColumn(this.#sql, field))})`;
    return `ifNull(${of} ${operator} ${this.#sql.float(value)}, 0)`;
  }

  #compare({ field, operator, value }: Extract<Condition, { kind: "compare" }>): string {
    if (field.kind === "attribute") return this.#compareAttribute(field, operator, value);
    const text = value.kind === "text" || value.kind === "word" ? value.value : "";
    const number = value.kind === "duration" || value.kind === "number" ? value.value : 0;
    switch (field.name) {
      case "name":
      case "status":
      case "kind":
      case "scope":
        return this.#sql.matches(`CAST(${field.name}, 'String')`, matching(operator), text);
      case "statusMessage":
        return this.#sql.matches("status_message", matching(operator), text);
      case "traceId":
        return this.#sql.matches("trace_id", matching(operator), text.toLowerCase());
      case "spanId":
        return this.#sql.matches("span_id", matching(operator), text.toLowerCase());
      case "parentId":
        return this.#sql.matches("parent_id", matching(operator), text.toLowerCase());
      case "duration":
        return `duration ${operator} ${this.#sql.float(number)}`;
      case "rootName":
        return this.#ofRoot(this.#sql.matches("CAST(name, 'String')", matching(operator), text));
      case "rootService":
        return this.#ofRoot(this.#sql.matches("CAST(service, 'String')", matching(operator), text));
      case "traceDuration":
        return `trace_id IN (SELECT trace_id FROM trace_times WHERE ${dayCondition(this.#sql, this.#range)} GROUP BY trace_id HAVING toUnixTimestamp64Nano(max(last)) - toUnixTimestamp64Nano(min(first)) ${operator} ${this.#sql.float(number)})`;
    }
  }

  /** Of the traces whose root is so. */
  #ofRoot(condition: string): string {
    return `trace_id IN (SELECT trace_id FROM spans WHERE ${timeCondition(this.#sql, this.#range)} AND parent_id = '' AND ${condition})`;
  }

  #compareAttribute(
    field: Extract<Field, { kind: "attribute" }>,
    operator: Operator,
    value: Value,
  ): string {
    const attribute = attributeColumn(this.#sql, field);
    switch (value.kind) {
      case "nil":
        return `${attribute} ${operator} ''`;
      case "boolean":
        return this.#present(attribute, operator, String(value.value));
      case "number":
      case "duration":
        return `ifNull(${numberOf(attribute)} ${operator} ${this.#sql.float(value.value)}, 0)`;
      default:
        return this.#present(attribute, operator, value.value, field);
    }
  }

  /** An attribute that is not there is neither equal to a text nor different from it. */
  #present(
    attribute: string,
    operator: Operator,
    text: string,
    field?: Extract<Field, { kind: "attribute" }>,
  ): string {
    if (operator === "<" || operator === "<=" || operator === ">" || operator === ">=") {
      return `(${attribute} != '' AND ${attribute} ${operator} ${this.#sql.text(text)})`;
    }
    const matches = this.#sql.matches(attribute, operator, text);
    if (operator === "!=" || operator === "!~") return `(${attribute} != '' AND ${matches})`;
    if (operator === "=~") return `(${attribute} != '' AND ${matches})`;
    // The index knows the values of spans' attributes, without their names.
    const indexed = field?.of === "span" && text !== "";
    return indexed
      ? `(has(mapValues(attributes), ${this.#sql.text(text)}) AND ${matches})`
      : matches;
  }
}

/** An attribute's value as an expression on `spans`; empty where a span does not have it. */
export function attributeColumn(
  sql: Sql,
  { of, name }: Extract<Field, { kind: "attribute" }>,
): string {
  if (of === "resource" && name === "service.name") return "CAST(service, 'String')";
  const key = sql.text(name);
  if (of === "span") return `attributes[${key}]`;
  if (of === "resource") return `resource[${key}]`;
  return `if(mapContains(attributes, ${key}), attributes[${key}], resource[${key}])`;
}

function numberOf(attribute: string): string {
  return `toFloat64OrNull(${attribute})`;
}

function matching(operator: Operator): "=" | "!=" | "=~" | "!~" {
  return operator === "!=" || operator === "=~" || operator === "!~" ? operator : "=";
}
