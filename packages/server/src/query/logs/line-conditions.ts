import type { Filter, LineFilter, Stage } from "@seaworthy/logql";
import { JsonLabels } from "./json-labels.ts";
import { KeptFields } from "./kept-fields.ts";
import type { LabelColumns } from "./label-columns.ts";
import type { KnownWords } from "./line-words.ts";
import type { ParsedLabels } from "./parsed-labels.ts";
import { TextLabels } from "./text-labels.ts";
import type { Sql } from "../sql.ts";

/** What of a pipeline the engine can do. */
export interface LineConditions {
  /** Lines that do not meet all of these are not let through by the pipeline. */
  readonly conditions: readonly string[];
  /** More of the kind, which cost little and let few lines through: to be asked before the others. */
  readonly first: readonly string[];
  /**
   * Present when the conditions are all that the pipeline does to lines: it lets through just the lines
   * that meet them, those aside that are doubtful for `parsed`: the pipeline itself must look at them.
   */
  readonly exact: { readonly parsed: ParsedLabels | undefined } | undefined;
}

/** What labels a parser finds, where that can be told. */
export type LabelsOf = (
  stage: ParserStage,
  sql: Sql,
  labels: LabelColumns,
) => ParsedLabels | undefined;
export type ParserStage = Extract<Stage, { kind: "json" | "logfmt" | "regexp" | "pattern" }>;

/** What is known beside the lines: of labels that a parser finds, and of words. */
interface Knowledge {
  readonly labelsOf?: LabelsOf;
  readonly words?: KnownWords | undefined;
}

/** Of the lines themselves. */
export const labelsOfLines: LabelsOf = (stage, sql, labels) => {
  if ("fields" in stage && !distinctLabels(stage.fields)) return undefined;
  return stage.kind === "json"
    ? new JsonLabels(sql, labels, stage.fields)
    : TextLabels.of(stage, sql, labels);
};

/** Of the columns in which fields were kept. */
export const labelsKept = (
  stage: ParserStage,
  _: Sql,
  labels: LabelColumns,
): KeptFields | undefined =>
  stage.kind === "json" && distinctLabels(stage.fields)
    ? new KeptFields(labels, stage.fields)
    : undefined;

/** Of a label that is named twice, the later counts. */
function distinctLabels(fields: readonly { readonly label: string }[]): boolean {
  return new Set(fields.map(({ label }) => label)).size === fields.length;
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
  { labelsOf = labelsOfLines, words }: Knowledge = {},
): LineConditions {
  const conditions: { readonly sql: string; readonly ofParsed: boolean }[] = [];
  const ofWords: string[] = [];
  const first: string[] = [];
  let exact = true;
  /** Whether the line is still as it is stored, and the labels still those that came with it. */
  let lineIntact = true;
  let labelsIntact = true;
  let parser: ParserStage | undefined;
  let parsed: ParsedLabels | undefined;
  /** All that conditions may be wrong about. */
  let doubts: ParsedLabels | undefined;
  /** Whether values of labels are parts of the line. */
  let hasParsers = false;
  /** Whether a comparison may have failed for a line: the next ones let such a line through. */
  let hasCompared = false;
  for (const stage of stages) {
    if (stage.kind === "line_filter") {
      const translated = lineIntact ? lineCondition(stage, sql, words) : undefined;
      if (translated?.byWords === true) ofWords.push(translated.sql);
      else if (translated !== undefined) conditions.push({ sql: translated.sql, ofParsed: false });
      if (translated?.exact !== true) exact = false;
    } else if (stage.kind === "label_filter") {
      const { filter } = stage;
      const condition =
        labelsIntact && (parsed !== undefined || !hasParsers)
          ? filterCondition(filter, sql, labels, parsed)
          : undefined;
      if (condition === undefined) exact = false;
      else conditions.push({ sql: condition, ofParsed: parsed !== undefined });
      // What is kept, or a word, is sooner looked for than all of a line is read as JSON.
      if (labelsIntact && lineIntact && (condition === undefined || parsed !== undefined)) {
        first.push(
          ...necessary(
            filter,
            sql,
            labels,
            hasCompared && comparisons(filter) > 0 ? undefined : parser,
          ),
        );
      }
      hasCompared ||= comparisons(filter) > 0;
    } else if (isParser(stage)) {
      const isFirst = exact && !hasParsers && lineIntact;
      parsed = isFirst ? labelsOf(stage, sql, labels) : undefined;
      // Of two parsers the second may find what the first did not.
      parser = hasParsers || !labelsIntact || !lineIntact ? undefined : stage;
      doubts ??= parsed;
      hasParsers = true;
      if (parsed === undefined) exact = false;
    } else {
      exact = false;
      if (stage.kind === "distinct") break;
      if (stage.kind === "decolorize" || stage.kind === "line_format") lineIntact = false;
      else {
        labelsIntact = false;
        if (stage.kind === "unpack") lineIntact = false;
      }
    }
  }
  const irregular = doubts?.irregular ?? [];
  const complete = (ofParsed: boolean) =>
    conditions
      .filter((condition) => condition.ofParsed === ofParsed)
      .map((condition) =>
        // Where a condition may be wrong about a line, the line goes through.
        ofParsed && irregular.length > 0
          ? `(${[condition.sql, ...irregular].join(" OR ")})`
          : condition.sql,
      );
  const isKept = parsed instanceof KeptFields;
  return {
    first: [...ofWords, ...(isKept ? complete(true) : first)],
    conditions: isKept ? complete(false) : [...complete(false), ...complete(true)],
    exact: exact ? { parsed } : undefined,
  };
}

function isParser(stage: Stage): stage is ParserStage {
  return ["json", "logfmt", "regexp", "pattern"].includes(stage.kind);
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
  parsed: ParsedLabels | undefined,
): string | undefined {
  if (filter.kind === "and" || filter.kind === "or") {
    const left = filterCondition(filter.left, sql, labels, parsed);
    const right = filterCondition(filter.right, sql, labels, parsed);
    if (left === undefined || right === undefined) return undefined;
    // By one of two alternatives, lines on which a parser fails may go through.
    if (filter.kind === "or" && mentionsError(filter)) return undefined;
    return `(${left} ${filter.kind.toUpperCase()} ${right})`;
  }
  if (filter.kind === "match") {
    if (filter.name === "__error__" && filter.operator === "=" && filter.value === "") {
      return parsed === undefined ? "1" : parsed.withoutError();
    }
    if (filter.name.startsWith("__")) return undefined;
    const text = parsed === undefined ? labels.text(filter.name) : parsed.text(filter.name);
    return text === undefined ? undefined : `(${sql.matches(text, filter.operator, filter.value)})`;
  }
  if (filter.kind === "compare" && filter.unit !== "bytes" && parsed !== undefined) {
    const number = parsed.number(filter.name, filter.unit);
    if (number === undefined) return undefined;
    const operator = filter.operator === "==" ? "=" : filter.operator;
    const holds = `(${number.present} AND ${number.value} ${operator} ${sql.float(filter.value)})`;
    return parsed.failed === undefined ? holds : `(${parsed.failed} OR ${holds})`;
  }
  return undefined;
}

function mentionsError(filter: Filter): boolean {
  return "left" in filter
    ? mentionsError(filter.left) || mentionsError(filter.right)
    : filter.name.startsWith("__");
}

/** How many comparisons a filter makes, each of which may fail. */
function comparisons(filter: Filter): number {
  if ("left" in filter) return comparisons(filter.left) + comparisons(filter.right);
  return filter.kind === "match" ? 0 : 1;
}

/**
 * What must be so in the line, in what is kept of it, or among the labels that came with it, for a filter
 * to be met. `parser`: the only one, if there is one.
 */
function necessary(
  filter: Filter,
  sql: Sql,
  labels: LabelColumns,
  parser: ParserStage | undefined,
): string[] {
  if (filter.kind === "and") {
    const failed = comparisons(filter.left) > 0 && comparisons(filter.right) > 0;
    const rest = failed ? undefined : parser;
    return [
      ...necessary(filter.left, sql, labels, parser),
      ...necessary(filter.right, sql, labels, rest),
    ];
  }
  const kept = parser === undefined ? undefined : labelsKept(parser, sql, labels);
  if (kept !== undefined && comparisons(filter) < 2) {
    const condition = filterCondition(filter, sql, labels, kept);
    if (condition !== undefined) {
      return [`(${[condition, `NOT (${kept.known})`, ...kept.irregular].join(" OR ")})`];
    }
  }
  if (filter.kind !== "match" || filter.operator !== "=") return [];
  const { name, value } = filter;
  if (name.startsWith("__") || !PLAIN.test(value)) return [];
  const inLine = `multiSearchAny(line, ${sql.texts([value, ...ESCAPED])})`;
  return [`(${inLine} OR ${labels.text(name)} = ${sql.text(value)})`];
}
