import type { LabelColumns } from "./label-columns.ts";
import type { Sql } from "./sql.ts";

/** A label that is compared as a number. */
export interface NumberLabel {
  readonly present: string;
  readonly value: string;
}

const PLAIN_NUMBER = "'^-?[0-9]+([.][0-9]+)?$'";

/**
 * Labels that LogQL's `json` finds, as expressions over a row of `logs`. Where an expression could
 * differ from what the parser finds, a condition in `irregular` holds.
 */
export class JsonLabels {
  readonly irregular: string[] = [];
  readonly #sql: Sql;
  readonly #labels: LabelColumns;
  readonly #valid = "(startsWith(trimLeft(line), '{') AND isValidJSON(line))";
  #errorsPass = true;

  constructor(sql: Sql, labels: LabelColumns) {
    this.#sql = sql;
    this.#labels = labels;
    // A key may be written with escapes.
    this.irregular.push(
      `(position(line, '\\\\u00') > 0 AND match(line, '\\\\\\\\u00[0-9a-fA-F]{2}[^"]*"[[:space:]]*:'))`,
      `NOT ${this.#valid}`,
    );
  }

  /** Lets lines that are no JSON be filtered out; what follows meets none. */
  withoutError(): string {
    if (this.#errorsPass) {
      this.#errorsPass = false;
      this.irregular.splice(this.irregular.indexOf(`NOT ${this.#valid}`), 1);
    }
    return this.#valid;
  }

  /** A label's value, empty for none; undefined when it cannot be told. */
  text(name: string): string | undefined {
    const found = this.#find(name);
    if (found === undefined) return undefined;
    // Numbers are labels as they are written, which the engine does not keep of fractions.
    this.#note(`${found("JSONType")} = 'Double'`);
    const came = this.#labels.text(name);
    return `if(${came} != '', ${came}, ${textOf(found, "('Int64', 'UInt64', 'Bool')")})`;
  }

  /** A label as a number; undefined when it cannot be told. */
  number(name: string): NumberLabel | undefined {
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const came = this.#labels.text(name);
    const isNumber = `(${came} = '' AND ${found("JSONType")} IN ('Int64', 'UInt64', 'Double'))`;
    const text = `if(${came} != '', ${came}, ${textOf(found, "('Bool')")})`;
    this.#note(`(NOT ${isNumber} AND ${text} != '' AND NOT match(${text}, ${PLAIN_NUMBER}))`);
    return {
      present: `(${isNumber} OR ${text} != '')`,
      value: `if(${isNumber}, ${found("JSONExtractFloat")}, toFloat64OrZero(${text}))`,
    };
  }

  #note(condition: string): void {
    if (!this.irregular.includes(condition)) this.irregular.push(condition);
  }

  /** Where a label is: `status` is a key, `req_method` a key or a path of two. */
  #find(name: string): Place | undefined {
    const parts = name.split("_");
    if (name.endsWith("_extracted") || parts.length > 2) return undefined;
    if (!parts.every((part) => /^[A-Za-z][A-Za-z0-9]*$/.test(part))) return undefined;
    const key = `line, ${this.#sql.text(name)}`;
    const [first = "", second] = parts;
    if (second === undefined) return (read) => `${read}(${key})`;
    const path = `line, ${this.#sql.text(first)}, ${this.#sql.text(second)}`;
    // Which of the two comes first cannot be told, nor what else may stand for the underscore.
    this.#note(`(JSONHas(${key}) AND JSONHas(${path}))`);
    this.#note(`match(line, ${this.#sql.text(`"${first}[^A-Za-z0-9_"]${second}"`)})`);
    return (read) => `if(JSONHas(${key}), ${read}(${key}), ${read}(${path}))`;
  }
}

/** A value, by the engine's function that reads it. */
type Place = (read: string) => string;

function textOf(found: Place, raw: string): string {
  const type = found("JSONType");
  return `multiIf(${type} = 'String', ${found("JSONExtractString")}, ${type} IN ${raw}, ${found("JSONExtractRaw")}, '')`;
}
