import type { Filter, LineFilter, Stage } from "@seaworthy/logql";
import { JsonLabels } from "./json-labels.ts";
import type { LabelColumns } from "./label-columns.ts";
import type { KnownWords } from "./line-words.ts";
import type { Sql } from "../sql.ts";

/** What of a pipeline the engine can do. */
export interface LineConditions {
  /** Lines that do not meet all of these are not let through by the pipeline. */
  readonly conditions: readonly string[];
  /** More of the kind, which cost little and let few lines through: to be asked before the others. */
  readonly first: readonly string[];
  /**
   * Present when the conditions are all that the pipeline does to lines: it lets through just the lines
   * that meet them, those aside that are `irregular` for `json`: the pipeline itself must look at them.
   */
  readonly exact: { readonly json: JsonLabels | undefined } | undefined;
}

/** Texts that stand in a line as they stand in a label's value. */
const PLAIN = /^[A-Za-z0-9_.:@ =-]+$/;
/** How JSON and logfmt may write a plain character otherwise. */
const ESCAPED = ["\\u002", "\\u003", "\\u004", "\\u005", "\\u006", "\\u007"];

/** Translates as much of a pipeline as can be, in the order of its stages. */
export function lineConditions(
  stages: readonly Stage[],
  sql: Sql,
  labels: LabelColumns,
  words?: KnownWords,
): LineConditions {
  const conditions: string[] = [];
  const first: string[] = [];
  let exact = true;
  /** Whether the line is still as it is stored, and the labels still those that came with it. */
  let lineIntact = true;
  let labelsIntact = true;
  let json: JsonLabels | undefined;
  /** All that conditions may be wrong about. */
  let doubts: JsonLabels | undefined;
  /** Whether values of labels are parts of the line. */
  let parsed = false;
  for (const stage of stages) {
    if (stage.kind === "line_filter") {
      const translated = lineIntact ? lineCondition(stage, sql, words) : undefined;
      if (translated?.byWords === true) first.push(translated.sql);
      else if (translated !== undefined) conditions.push(translated.sql);
      if (translated?.exact !== true) exact = false;
    } else if (stage.kind === "label_filter") {
      const { filter } = stage;
      const condition =
        labelsIntact && (json !== undefined || !parsed)
          ? filterCondition(filter, sql, labels, json)
          : undefined;
      if (condition === undefined) {
        exact = false;
        if (labelsIntact && lineIntact) conditions.push(...necessary(filter, sql, labels));
      } else {
        conditions.push(condition);
        // A word is sooner looked for than all of a line is read as JSON.
        if (json !== undefined) first.push(...necessary(filter, sql, labels));
      }
    } else if (
      stage.kind === "json" &&
      stage.fields.length === 0 &&
      exact &&
      !parsed &&
      lineIntact
    ) {
      json = new JsonLabels(sql, labels);
      doubts = json;
      parsed = true;
    } else {
      exact = false;
      if (stage.kind === "distinct") break;
      if (["json", "logfmt", "regexp", "pattern"].includes(stage.kind)) {
        // Of two parsers the second may find what the first did not.
        parsed = true;
        json = undefined;
      } else if (stage.kind === "decolorize" || stage.kind === "line_format") lineIntact = false;
      else {
        labelsIntact = false;
        if (stage.kind === "unpack") lineIntact = false;
      }
    }
  }
  const irregular = doubts?.irregular ?? [];
  return {
    first,
    // Where a condition may be wrong about a line, the line goes through.
    conditions:
      irregular.length === 0
        ? conditions
        : conditions.map((condition) => `(${condition} OR ${irregular.join(" OR ")})`),
    exact: exact ? { json } : undefined,
  };
}

function lineCondition(
  { operator, alternatives }: LineFilter,
  sql: Sql,
  words: KnownWords | undefined,
): { readonly sql: string; readonly exact: boolean; readonly byWords?: boolean } | undefined {
  if (alternatives.some(({ ip }) => ip) || operator === "!>") return undefined;
  if (words !== undefined && (operator === "|=" || operator === "!=")) {
    const known = alternatives.map(({ text }) => words.contains(text, sql));
    if (!known.includes(undefined)) {
      const condition = `(${known.join(" OR ")})`;
      const sqlOf = operator === "!=" ? `NOT ${condition}` : condition;
      return { sql: sqlOf, exact: true, byWords: true };
    }
  }
  const any = alternatives.map(({ text }) => {
    if (operator === "|>") {
      // All that is between captures must be there, in this order.
      const parts = text.split(/<[A-Za-z_]\w*>/).map((part) => part.replace(/[\\%_]/g, "\\$&"));
      return `line LIKE ${sql.text(`%${parts.join("%")}%`)}`;
    }
    // In LogQL a dot matches no line break unless the pattern says so.
    return operator.endsWith("~") ? `match(line, ${sql.text(`(?-s)${text}`)})` : sql.contains(text);
  });
  const condition = `(${any.join(" OR ")})`;
  return operator.startsWith("!")
    ? { sql: `NOT ${condition}`, exact: true }
    : { sql: condition, exact: operator !== "|>" };
}

/** A label filter as a condition that is right for all lines that are not irregular. */
function filterCondition(
  filter: Filter,
  sql: Sql,
  labels: LabelColumns,
  json: JsonLabels | undefined,
): string | undefined {
  if (filter.kind === "and" || filter.kind === "or") {
    const left = filterCondition(filter.left, sql, labels, json);
    const right = filterCondition(filter.right, sql, labels, json);
    if (left === undefined || right === undefined) return undefined;
    return `(${left} ${filter.kind.toUpperCase()} ${right})`;
  }
  if (filter.kind === "match") {
    if (filter.name === "__error__" && filter.operator === "=" && filter.value === "") {
      return json === undefined ? "1" : json.withoutError();
    }
    if (filter.name.startsWith("__")) return undefined;
    const text = json === undefined ? labels.text(filter.name) : json.text(filter.name);
    return text === undefined ? undefined : `(${sql.matches(text, filter.operator, filter.value)})`;
  }
  if (filter.kind === "compare" && filter.unit === "number" && json !== undefined) {
    const number = json.number(filter.name);
    if (number === undefined) return undefined;
    const operator = filter.operator === "==" ? "=" : filter.operator;
    return `(${number.present} AND ${number.value} ${operator} ${sql.float(filter.value)})`;
  }
  return undefined;
}

/** What must be so in the line, or among the labels that came with it, for a filter to be met. */
function necessary(filter: Filter, sql: Sql, labels: LabelColumns): string[] {
  if (filter.kind === "and") {
    return [...necessary(filter.left, sql, labels), ...necessary(filter.right, sql, labels)];
  }
  if (filter.kind !== "match" || filter.operator !== "=") return [];
  const { name, value } = filter;
  if (name.startsWith("__") || !PLAIN.test(value)) return [];
  const inLine = `multiSearchAny(line, ${sql.texts([value, ...ESCAPED])})`;
  return [`(${inLine} OR ${labels.text(name)} = ${sql.text(value)})`];
}
