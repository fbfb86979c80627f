import type { LabelColumns } from "./label-columns.ts";
import type { Sql } from "../sql.ts";

/** A label that is compared as a number. */
export interface NumberLabel {
  readonly present: string;
  readonly value: string;
}

/** A member of a line's object: its JSON as the engine writes it (empty for none), and its possible keys. */
interface Member {
  readonly raw: string;
  readonly keys: readonly string[];
}

/**
 * Labels that LogQL's `json` finds, as expressions over a row of `logs`. Where an expression could
 * differ from what the parser finds, a condition in `irregular` holds. Each function of the engine that
 * looks into JSON reads all of the line: a member is read once, and the rest is done on its text.
 */
export class JsonLabels {
  readonly #notes: string[];
  readonly #sql: Sql;
  readonly #labels: LabelColumns;
  #errorsPass = true;
  /** The first member that was asked for. */
  #member: string | undefined;

  constructor(sql: Sql, labels: LabelColumns) {
    this.#sql = sql;
    this.#labels = labels;
    // A key may be written with escapes.
    this.#notes = [
      `(position(line, '\\\\u00') > 0 AND match(line, '\\\\\\\\u00[0-9a-fA-F]{2}[^"]*"[[:space:]]*:'))`,
    ];
  }

  /** What may be wrong, of all that has been asked for so far. */
  get irregular(): readonly string[] {
    return this.#errorsPass ? [...this.#notes, `NOT ${this.#valid}`] : this.#notes;
  }

  /** A member is found in valid lines alone: only where it is not, the line is read once more. */
  get #valid(): string {
    const valid = "(startsWith(trimLeft(line), '{') AND isValidJSON(line))";
    return this.#member === undefined ? valid : `(${this.#member} != '' OR ${valid})`;
  }

  /** Lets lines that are no JSON be filtered out; what follows meets none. */
  withoutError(): string {
    this.#errorsPass = false;
    return this.#valid;
  }

  /** A label's value, empty for none; undefined when it cannot be told. */
  text(name: string): string | undefined {
    const member = this.#find(name);
    if (member === undefined) return undefined;
    const { raw, keys } = member;
    // The engine writes 1.50 and 1e2 as 1.5 and 100; a label is as the line has it.
    const pattern = this.#sql.text(
      `"(?:${keys.join("|")})"[[:space:]]*:[[:space:]]*(-?[0-9][0-9.eE+-]*)`,
    );
    const times = keys.map((key) => `countSubstrings(line, ${this.#sql.text(`"${key}"`)})`);
    const once = `${times.join(" + ")} = 1`;
    this.#note(`(${isNumber(raw)} AND NOT (${once} AND extract(line, ${pattern}) = ${raw}))`);
    const came = this.#labels.text(name);
    return `if(${came} != '', ${came}, multiIf(${isText(raw)}, ${decoded(raw)}, ${isNumber(raw)} OR ${isBool(raw)}, ${raw}, ''))`;
  }

  /** A label as a number; undefined when it cannot be told. */
  number(name: string): NumberLabel | undefined {
    const member = this.#find(name);
    if (member === undefined) return undefined;
    const { raw } = member;
    const came = this.#labels.text(name);
    const text = `if(${came} != '', ${came}, multiIf(${isText(raw)}, ${decoded(raw)}, ${isNumber(raw)} OR ${isBool(raw)}, ${raw}, ''))`;
    // The engine's own writing of a number is exact; in texts, only plain numbers are told for sure.
    this.#note(
      `(NOT (${came} = '' AND ${isNumber(raw)}) AND ${text} != '' AND NOT match(${text}, '^-?[0-9]+([.][0-9]+)?$'))`,
    );
    return { present: `(${text} != '')`, value: `toFloat64OrZero(${text})` };
  }

  #note(condition: string): void {
    if (!this.#notes.includes(condition)) this.#notes.push(condition);
  }

  /** Where a label is: `status` is a key, `req_method` a key or a path of two. */
  #find(name: string): Member | undefined {
    const parts = name.split("_");
    if (name.endsWith("_extracted") || parts.length > 2) return undefined;
    if (!parts.every((part) => /^[A-Za-z][A-Za-z0-9]*$/.test(part))) return undefined;
    const whole = `JSONExtractRaw(line, ${this.#sql.text(name)})`;
    const [first = "", second] = parts;
    if (second === undefined) {
      this.#member ??= whole;
      return { raw: whole, keys: [name] };
    }
    const path = `JSONExtractRaw(line, ${this.#sql.text(first)}, ${this.#sql.text(second)})`;
    // Which of the two comes first cannot be told, nor what else may stand for the underscore.
    this.#note(`(${whole} != '' AND ${path} != '')`);
    this.#note(`match(line, ${this.#sql.text(`"${first}[^A-Za-z0-9_"]${second}"`)})`);
    const raw = `if(${whole} != '', ${whole}, ${path})`;
    this.#member ??= raw;
    return { raw, keys: [name, second] };
  }
}

const isText = (raw: string) => `startsWith(${raw}, '"')`;
const isNumber = (raw: string) => `match(${raw}, '^-?[0-9]')`;
const isBool = (raw: string) => `${raw} IN ('true', 'false')`;
const decoded = (raw: string) =>
  `if(position(${raw}, '\\\\') = 0, substring(${raw}, 2, length(${raw}) - 2), JSONExtractString(${raw}))`;
