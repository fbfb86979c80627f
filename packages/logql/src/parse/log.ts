import { RE2JS } from "re2js";
import type {
  CompareOperator,
  Extraction,
  Filter,
  LineFilter,
  LogExpr,
  Matcher,
  Stage,
} from "../ast.ts";
import { compilePattern } from "../pipeline/pattern.ts";
import { compileTemplate } from "../pipeline/template.ts";
import { parseBytes, parseDuration } from "../units.ts";
import type { Cursor } from "./cursor.ts";

const LINE_FILTERS = ["|=", "!=", "|~", "!~", "|>", "!>"] as const;
const MATCH_OPERATORS = ["=", "!=", "=~", "!~"] as const;
const COMPARE_OPERATORS = ["==", "!=", ">", ">=", "<", "<="] as const;

/** `{…}`: the matchers of a selector. */
export function parseSelector(cursor: Cursor): Matcher[] {
  const start = cursor.peek().at;
  cursor.expect("{");
  const matchers: Matcher[] = [];
  while (!cursor.is("}")) {
    matchers.push(parseMatcher(cursor, cursor.word("a label")));
    if (!cursor.accept(",")) break;
  }
  cursor.expect("}");
  if (!matchers.some(demandsSomething)) {
    throw cursor.fault(
      start,
      'queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will',
    );
  }
  return matchers;
}

function demandsSomething({ operator, value }: Matcher): boolean {
  if (operator === "=") return value !== "";
  if (operator === "=~") return !RE2JS.compile(value, RE2JS.DOTALL).matches("");
  if (operator === "!=") return value === "";
  return RE2JS.compile(value, RE2JS.DOTALL).matches("");
}

function parseMatcher(cursor: Cursor, name: string): Matcher {
  const { at } = cursor.peek();
  const operator = MATCH_OPERATORS.find((text) => cursor.accept(text));
  if (operator === undefined) throw cursor.unexpected("expecting one of = != =~ !~");
  const value = cursor.string("a value");
  checkRegexp(cursor, operator, value, at);
  return { name, operator, value };
}

function checkRegexp(cursor: Cursor, operator: string, pattern: string, at: number): void {
  if (!operator.endsWith("~")) return;
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw cursor.fault(at, `invalid regular expression ${JSON.stringify(pattern)}: ${reason}`);
  }
}

/** A selector with the stages that follow it, up to a range or `unwrap`. */
export function parseLog(cursor: Cursor): LogExpr {
  const matchers = parseSelector(cursor);
  return { kind: "log", matchers, stages: parseStages(cursor) };
}

/** Stages, as many as there are; stops before `| unwrap`. */
export function parseStages(cursor: Cursor): Stage[] {
  const stages: Stage[] = [];
  for (;;) {
    const filter = LINE_FILTERS.find((text) => cursor.is(text));
    if (filter !== undefined) stages.push(parseLineFilter(cursor, filter));
    else if (cursor.is("|") && cursor.peek(1).text !== "unwrap") {
      cursor.next();
      stages.push(parseStage(cursor));
    } else return stages;
  }
}

function parseLineFilter(cursor: Cursor, operator: LineFilter["operator"]): LineFilter {
  cursor.next();
  const alternatives: { text: string; ip: boolean }[] = [];
  do {
    const { at } = cursor.peek();
    if (cursor.is("ip") && cursor.peek(1).text === "(") {
      if (operator !== "|=" && operator !== "!=") {
        throw cursor.fault(at, "ip() goes with |= and != only");
      }
      cursor.next();
      cursor.expect("(");
      alternatives.push({ text: cursor.string("an address"), ip: true });
      cursor.expect(")");
    } else {
      const text = cursor.string("what to look for");
      checkRegexp(cursor, operator, text, at);
      alternatives.push({ text, ip: false });
    }
  } while (cursor.accept("or"));
  return { kind: "line_filter", operator, alternatives };
}

function parseStage(cursor: Cursor): Stage {
  const { at, kind, text } = cursor.peek();
  const isName = kind === "word" && isOperator(cursor, 1);
  if (!isName && kind === "word") {
    const parse = Object.hasOwn(STAGES, text) ? STAGES[text] : undefined;
    if (parse !== undefined) {
      cursor.next();
      return parse(cursor, at);
    }
  }
  return { kind: "label_filter", filter: parseFilter(cursor) };
}

/** Whether a comparison stands there, so that the word before it is a label's name. */
function isOperator(cursor: Cursor, ahead: number): boolean {
  const { kind, text } = cursor.peek(ahead);
  const operators: readonly string[] = [...MATCH_OPERATORS, ...COMPARE_OPERATORS];
  // `| json != "x"`: a parser and then a line filter; label filters of these names are not worth it.
  if (text === "!=" || text === "!~") return !Object.hasOwn(STAGES, cursor.peek(ahead - 1).text);
  return kind === "operator" && operators.includes(text);
}

const STAGES: Readonly<Record<string, (cursor: Cursor, at: number) => Stage>> = {
  json: (cursor) => ({ kind: "json", fields: parseExtractions(cursor) }),
  logfmt(cursor, at) {
    const flags = new Set<string>();
    while (cursor.peek().kind === "flag") {
      const flag = cursor.next().text;
      if (flag !== "--strict" && flag !== "--keep-empty") {
        throw cursor.fault(at, `logfmt has no flag ${flag}`);
      }
      flags.add(flag);
    }
    return {
      kind: "logfmt",
      strict: flags.has("--strict"),
      keepEmpty: flags.has("--keep-empty"),
      fields: parseExtractions(cursor),
    };
  },
  pattern(cursor, at) {
    const pattern = cursor.string("a pattern");
    guarded(cursor, at, () => compilePattern(pattern, { captures: true }));
    return { kind: "pattern", pattern };
  },
  regexp(cursor, at) {
    const pattern = cursor.string("a regular expression");
    checkRegexp(cursor, "~", pattern, at);
    if (Object.keys(RE2JS.compile(pattern).namedGroups()).length === 0) {
      throw cursor.fault(at, "at least one named capture must be supplied");
    }
    return { kind: "regexp", pattern };
  },
  unpack: () => ({ kind: "unpack" }),
  decolorize: () => ({ kind: "decolorize" }),
  line_format(cursor, at) {
    const template = cursor.string("a template");
    guarded(cursor, at, () => compileTemplate(template));
    return { kind: "line_format", template };
  },
  label_format(cursor, at) {
    const formats: { label: string; from: "label" | "template"; value: string }[] = [];
    do {
      const label = cursor.word("a label");
      cursor.expect("=");
      if (formats.some((format) => format.label === label)) {
        throw cursor.fault(
          at,
          `multiple label name '${label}' not allowed in a single format operation`,
        );
      }
      if (cursor.peek().kind === "string") {
        const value = cursor.next().text;
        guarded(cursor, at, () => compileTemplate(value));
        formats.push({ label, from: "template", value });
      } else formats.push({ label, from: "label", value: cursor.word("a label or a template") });
    } while (cursor.accept(","));
    return { kind: "label_format", formats };
  },
  drop: (cursor) => ({ kind: "drop", labels: parseLabelList(cursor) }),
  keep: (cursor) => ({ kind: "keep", labels: parseLabelList(cursor) }),
  distinct(cursor) {
    const labels = [cursor.word("a label")];
    while (cursor.accept(",")) labels.push(cursor.word("a label"));
    return { kind: "distinct", labels };
  },
};

function guarded(cursor: Cursor, at: number, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    throw cursor.fault(at, error instanceof Error ? error.message : String(error));
  }
}

function parseLabelList(cursor: Cursor) {
  const labels: { name: string; matcher: Matcher | undefined }[] = [];
  do {
    const name = cursor.word("a label");
    const matcher = cursor.is(...MATCH_OPERATORS) ? parseMatcher(cursor, name) : undefined;
    labels.push({ name, matcher });
  } while (cursor.accept(","));
  return labels;
}

/** `a="b.c", d`: a label alone is extracted by its own name. */
function parseExtractions(cursor: Cursor): Extraction[] {
  const fields: Extraction[] = [];
  while (cursor.peek().kind === "word" && !cursor.is("or", "and", "by", "without", "offset")) {
    const label = cursor.next().text;
    fields.push({ label, expression: cursor.accept("=") ? cursor.string("an expression") : label });
    if (!cursor.accept(",")) break;
  }
  return fields;
}

/** A label filter: `or` binds weaker than `and`, which commas and spaces mean too. */
export function parseFilter(cursor: Cursor): Filter {
  return cursor.nested(() => {
    let left = parseAnd(cursor);
    while (cursor.accept("or")) left = { kind: "or", left, right: parseAnd(cursor) };
    return left;
  });
}

function parseAnd(cursor: Cursor): Filter {
  let left = parseUnit(cursor);
  for (;;) {
    const { kind } = cursor.peek();
    const follows =
      cursor.accept("and") ||
      cursor.accept(",") ||
      cursor.is("(") ||
      (kind === "word" && !cursor.is("or") && isOperator(cursor, 1));
    if (!follows) return left;
    left = { kind: "and", left, right: parseUnit(cursor) };
  }
}

function parseUnit(cursor: Cursor): Filter {
  if (cursor.accept("(")) {
    const filter = parseFilter(cursor);
    cursor.expect(")");
    return filter;
  }
  const name = cursor.word("a label filter or a stage");
  const operatorAt = cursor.peek();
  const value = cursor.peek(1);
  if (value.kind === "string") return { kind: "match", ...parseMatcher(cursor, name) };
  if (value.text === "ip" && value.kind === "word") {
    if (!cursor.is("=", "!=")) throw cursor.unexpected("ip() goes with = and != only");
    const operator = cursor.next().text === "=" ? "=" : "!=";
    cursor.next();
    cursor.expect("(");
    const pattern = cursor.string("an address");
    cursor.expect(")");
    return { kind: "ip", name, operator, pattern };
  }
  const operator = cursor.is("=")
    ? "=="
    : COMPARE_OPERATORS.find((text) => operatorAt.text === text);
  if (operator === undefined || operatorAt.kind !== "operator") {
    throw cursor.unexpected("expecting a comparison");
  }
  cursor.next();
  return parseComparison(cursor, name, operator);
}

function parseComparison(cursor: Cursor, name: string, operator: CompareOperator): Filter {
  const negative = cursor.is("-") && cursor.peek(1).kind !== "number" && cursor.accept("-");
  const { kind, text } = cursor.peek();
  if (kind === "duration" || kind === "bytes") {
    cursor.next();
    // `5m` alone is a duration, `5MB` a size; `5b` cannot be the first.
    const value = (kind === "duration" ? parseDuration(text) : parseBytes(text)) ?? 0;
    return { kind: "compare", name, operator, unit: kind, value: negative ? -value : value };
  }
  return { kind: "compare", name, operator, unit: "number", value: cursor.number() };
}
