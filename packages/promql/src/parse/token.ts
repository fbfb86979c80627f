import { AGGREGATIONS } from "./ast.ts";

export type TokenKind =
  | "identifier"
  | "metric_identifier"
  | "number"
  | "duration"
  | "string"
  | "keyword"
  | "aggregation"
  /** Operators in symbols and in words (`and`, `atan2`). */
  | "operator"
  | "punctuation"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  /** The symbol, or the keyword in lower case: what the parser compares with. */
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

const WORD_OPERATORS: ReadonlySet<string> = new Set(["and", "or", "unless", "atan2"]);

const KEYWORDS: ReadonlySet<string> = new Set([
  "anchored",
  "bool",
  "by",
  "end",
  "fill",
  "fill_left",
  "fill_right",
  "group_left",
  "group_right",
  "ignoring",
  "max_of",
  "min_of",
  "offset",
  "on",
  "range",
  "smoothed",
  "start",
  "step",
  "without",
]);

/** Keywords that never name a metric. */
const RESERVED: ReadonlySet<string> = new Set([
  "atan2",
  "bool",
  "group_left",
  "group_right",
  "ignoring",
  "on",
]);

const AGGREGATION_WORDS: ReadonlySet<string> = new Set(AGGREGATIONS);

export function wordKind(word: string): TokenKind {
  const lower = word.toLowerCase();
  if (lower === "inf" || lower === "nan") return "number";
  if (WORD_OPERATORS.has(lower)) return "operator";
  if (AGGREGATION_WORDS.has(lower)) return "aggregation";
  if (KEYWORDS.has(lower)) return "keyword";
  return word.includes(":") ? "metric_identifier" : "identifier";
}

/** Whether the token may stand for a metric's name (`sum`, `by` and the like are fine names). */
export function namesMetric(token: Token): boolean {
  if (token.kind === "identifier" || token.kind === "metric_identifier") return true;
  return isWord(token) && !RESERVED.has(token.id);
}

/** Whether the token may stand for a label's name in a grouping clause. */
export function namesLabel(token: Token): boolean {
  return token.kind === "identifier" || (isWord(token) && token.kind !== "metric_identifier");
}

function isWord(token: Token): boolean {
  return (
    token.kind === "keyword" ||
    token.kind === "aggregation" ||
    (token.kind === "operator" && WORD_OPERATORS.has(token.id))
  );
}

/** Names the token in an error message, as Prometheus does. */
export function describeToken(token: Token): string {
  switch (token.kind) {
    case "end":
      return "end of input";
    case "keyword":
      return `<${token.text}>`;
    case "operator":
      return `<op:${token.text}>`;
    case "aggregation":
      return `<aggr:${token.text}>`;
    case "punctuation":
      return JSON.stringify(token.text);
    case "identifier":
    case "metric_identifier":
      return `${token.kind.replace("_", " ")} ${JSON.stringify(token.text)}`;
    default:
      return `${token.kind} ${shortened(token.text)}`;
  }
}

function shortened(text: string): string {
  const points = Array.from(text);
  return points.length > 10
    ? `${JSON.stringify(points.slice(0, 10).join(""))}...`
    : JSON.stringify(text);
}
