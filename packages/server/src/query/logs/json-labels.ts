import type { Extraction } from "@seaworthy/logql";
import type { LabelColumns } from "./label-columns.ts";
import { numberOf } from "./parsed-labels.ts";
import type { NumberLabel, ParsedLabels, Unit } from "./parsed-labels.ts";
import type { Sql } from "../sql.ts";

/** A member of a line's object: its JSON as the engine writes it (empty for none), and its possible keys. */
interface Member {
  readonly raw: string;
  readonly keys: readonly string[];
}

/** Paths of keys as `json` writes them, that are plain. */
const PLAIN_PATH = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/;

/**
 * Labels that LogQL's `json` finds, as expressions over a row of `logs`. Where an expression could
 * differ from what the parser finds, a condition in `irregular` holds. Each function of the engine that
 * looks into JSON reads all of the line: a member is read once, and the rest is done on its text.
 */
export class JsonLabels implements ParsedLabels {
  readonly #notes: Set<string>;
  readonly #sql: Sql;
  readonly #labels: LabelColumns;
  /** Labels and their paths; undefined for all there are, by their own names. */
  readonly #paths: ReadonlyMap<string, string> | undefined;
  readonly failed = undefined;
  #errorsPass = true;
  /** The first member that was asked for. */
  #member: string | undefined;

  constructor(sql: Sql, labels: LabelColumns, fields: readonly Extraction[]) {
    this.#sql = sql;
    this.#labels = labels;
    this.#paths =
      fields.length === 0
        ? undefined
        : new Map(fields.map(({ label, expression }) => [label, expression]));
    this.#notes = new Set([
      // A key may be written with escapes.
      `(position(line, '\\\\u00') > 0 AND match(line, '\\\\\\\\u00[0-9a-fA-F]{2}[^"]*"[[:space:]]*:'))`,
      // What is within an object without a name is named as if it were outside.
      `(position(line, '""') > 0 AND match(line, '""[[:space:]]*:[[:space:]]*[{]'))`,
    ]);
  }

  /** What may be wrong, of all that has been asked for so far. */
  get irregular(): readonly string[] {
    if (this.#errorsPass) return [...this.#notes, `NOT ${this.#valid}`];
    // The engine takes no numbers beyond 64 bits, and no halves of surrogate pairs.
    return [...this.#notes, `(NOT ${this.#valid} AND match(line, '[0-9]{19}|[^a-z]u[dD]'))`];
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
    if (this.#cameOnly(name)) return this.#labels.text(name);
    const member = this.#find(name);
    if (member === undefined) return undefined;
    const { raw, keys } = member;
    // The engine writes 1.50 and 1e2 as 1.5 and 100; a label is as the line has it.
    const pattern = this.#sql.text(
      `"(?:${keys.join("|")})"[[:space:]]*:[[:space:]]*(-?[0-9][0-9.eE+-]*)`,
    );
    const times = keys.map((key) => `countSubstrings(line, ${this.#sql.text(`"${key}"`)})`);
    const once = `${times.join(" + ")} = 1`;
    this.#notes.add(`(${isNumber(raw)} AND NOT (${once} AND extract(line, ${pattern}) = ${raw}))`);
    const came = this.#labels.text(name);
    return `if(${came} != '', ${came}, multiIf(${isText(raw)}, ${decoded(raw)}, ${isNumber(raw)} OR ${isBool(raw)}, ${raw}, ''))`;
  }

  /** A label as a number; undefined when it cannot be told. */
  number(name: string, unit: Unit): NumberLabel | undefined {
    if (this.#cameOnly(name)) return undefined;
    if (unit !== "number") return numberOf(this.text(name), unit, this.#notes);
    const member = this.#find(name);
    if (member === undefined) return undefined;
    const { raw } = member;
    const came = this.#labels.text(name);
    const text = `if(${came} != '', ${came}, multiIf(${isText(raw)}, ${decoded(raw)}, ${isNumber(raw)} OR ${isBool(raw)}, ${raw}, ''))`;
    // The engine's own writing of a number is exact; in texts, only plain numbers are told for sure.
    this.#notes.add(
      `(NOT (${came} = '' AND ${isNumber(raw)}) AND ${text} != '' AND NOT match(${text}, '^-?[0-9]+([.][0-9]+)?$'))`,
    );
    return { present: `(${text} != '')`, value: `toFloat64OrZero(${text})` };
  }

  /** Whether the parser finds no such label: the one that may be there came with the line. */
  #cameOnly(name: string): boolean {
    return this.#paths !== undefined && !this.#paths.has(name) && !name.endsWith("_extracted");
  }

  /** Where a label is: `status` is a key, `req_method` a key or a path of two. */
  #find(name: string): Member | undefined {
    const wanted = this.#paths?.get(name);
    if (wanted !== undefined) {
      if (!PLAIN_PATH.test(wanted)) return undefined;
      const keys = wanted.split(".");
      const raw = `JSONExtractRaw(line, ${keys.map((key) => this.#sql.text(key)).join(", ")})`;
      this.#member ??= raw;
      // Lists and objects are labels as the line has them.
      this.#notes.add(`match(${raw}, '^[[{]')`);
      return { raw, keys: keys.slice(-1) };
    }
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
    this.#notes.add(`(${whole} != '' AND ${path} != '')`);
    this.#notes.add(`match(line, ${this.#sql.text(`"${first}[^A-Za-z0-9_"]${second}"`)})`);
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
