import { RE2JS } from "re2js";
import type { Stage } from "../ast.ts";
import { sanitize, sanitizePart } from "../labels.ts";
import { nodeAt, nodeText, parsePath, scanJson } from "./json-scan.ts";
import type { JsonNode } from "./json-scan.ts";
import type { LineLabels } from "./line-labels.ts";
import { readLogfmt } from "./logfmt.ts";
import { compilePattern } from "./pattern.ts";

/** Extracts labels of a line; answers the line, which `unpack` changes. */
export type Parser = (line: string, labels: LineLabels) => string;

const NO_JSON = "the line is no JSON object";

export function compileJson({ fields }: Extract<Stage, { kind: "json" }>): Parser {
  const paths = fields.map(({ label, expression }) => {
    const path = parsePath(expression);
    if (path === undefined) throw new Error(`cannot parse expression [${expression}]`);
    return { label, path };
  });
  return (line, labels) => {
    const node = line.trimStart().startsWith("{") ? scanJson(line) : undefined;
    if (node?.kind !== "object") {
      labels.fail("JSONParserErr", NO_JSON);
      return line;
    }
    if (paths.length === 0) extractAll(node, "", labels, new Set());
    for (const { label, path } of paths) {
      const found = nodeAt(node, path);
      const text = found === undefined ? "" : nodeText(found);
      if (text !== "") labels.extract(label, text);
    }
    return line;
  };
}

/** Objects are flattened with underscores; lists and nulls are passed over. */
function extractAll(node: JsonNode, prefix: string, labels: LineLabels, met: Set<string>): void {
  if (node.kind !== "object") return;
  for (const [key, value] of node.members) {
    const name = prefix === "" ? sanitize(key) : `${prefix}_${sanitizePart(key)}`;
    if (value.kind === "object") extractAll(value, name, labels, met);
    else if (
      (value.kind === "string" || value.kind === "scalar") &&
      name !== "" &&
      !met.has(name)
    ) {
      met.add(name);
      labels.extract(name, value.text);
    }
  }
}

export function compileLogfmt(stage: Extract<Stage, { kind: "logfmt" }>): Parser {
  const { fields, strict, keepEmpty } = stage;
  return (line, labels) => {
    const { pairs, fault } = readLogfmt(line);
    const met = new Set<string>();
    for (const [key, value] of pairs) {
      if (value === "" && !keepEmpty) continue;
      if (fields.length === 0) {
        const name = sanitize(key);
        if (met.has(name)) continue;
        met.add(name);
        labels.extract(name, value);
      } else {
        for (const { label, expression } of fields) {
          if (expression === key && !met.has(label)) {
            met.add(label);
            labels.extract(label, value);
          }
        }
      }
    }
    if (fault !== undefined && strict) labels.fail("LogfmtParserErr", fault);
    return line;
  };
}

export function compilePatternParser(source: string): Parser {
  const pattern = compilePattern(source, { captures: true });
  return (line, labels) => {
    for (const [name, value] of pattern.captures(line)) labels.extract(name, value);
    return line;
  };
}

/** The named groups of a regular expression, and their places (from 1). */
export function regexpGroups(source: string): ReadonlyMap<string, number> {
  return new Map(Object.entries(RE2JS.compile(source).namedGroups()));
}

export function compileRegexpParser(source: string): Parser {
  const pattern = RE2JS.compile(source);
  const groups = regexpGroups(source);
  return (line, labels) => {
    const matcher = pattern.matcher(line);
    if (matcher.find()) {
      for (const [name, index] of groups) {
        const value = matcher.group(index) ?? "";
        if (value !== "") labels.extract(name, value);
      }
    }
    return line;
  };
}

/** The key under which promtail's `pack` stage puts the line. */
const ENTRY = "_entry";

export const unpack: Parser = (line, labels) => {
  const node = line.trimStart().startsWith("{") ? scanJson(line) : undefined;
  if (node?.kind !== "object") {
    labels.fail("JSONParserErr", NO_JSON);
    return line;
  }
  let entry: string | undefined;
  for (const [key, value] of node.members) {
    if (value.kind !== "string") continue;
    if (key === ENTRY) entry = value.text;
    else labels.extract(sanitize(key), value.text);
  }
  return entry ?? line;
};
