/** A rule's expression taken apart where it compares something with a number. */
export interface Comparison {
  /** The expression that is compared. */
  readonly subject: string;
  readonly operator: ">" | ">=" | "<" | "<=" | "==" | "!=";
  readonly threshold: number;
}

const opening = new Set(["(", "[", "{"]);
const closing = new Set([")", "]", "}"]);
const setOperator = /^(?:and|or|unless)\b/i;
const comparisonOperator = /^(?:>=|<=|==|!=|>|<)/;
const numeral = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

interface Split {
  readonly at: number;
  readonly text: string;
}

/** The set operators and comparisons outside of brackets, strings and comments, in order. */
function topLevelOperators(expression: string): { sets: Split[]; comparisons: Split[] } {
  const sets: Split[] = [];
  const comparisons: Split[] = [];
  let depth = 0;
  for (let i = 0; i < expression.length; i += 1) {
    const c = expression[i] ?? "";
    if (c === '"' || c === "'" || c === "`") {
      i = endOfString(expression, i);
    } else if (c === "#") {
      const line = expression.indexOf("\n", i);
      i = line === -1 ? expression.length : line;
    } else if (opening.has(c)) depth += 1;
    else if (closing.has(c)) depth -= 1;
    else if (depth === 0) {
      const rest = expression.slice(i);
      const isWordStart = !/[\w:]/.test(expression[i - 1] ?? " ");
      const set = isWordStart ? setOperator.exec(rest) : null;
      const comparison = comparisonOperator.exec(rest);
      if (set !== null) sets.push({ at: i, text: set[0] });
      if (comparison !== null) comparisons.push({ at: i, text: comparison[0] });
      i += Math.max(0, (set ?? comparison)?.[0].length ?? 1) - 1;
    }
  }
  return { sets, comparisons };
}

function endOfString(text: string, start: number): number {
  const quote = text[start];
  for (let i = start + 1; i < text.length; i += 1) {
    if (text[i] === "\\" && quote !== "`") i += 1;
    else if (text[i] === quote) return i;
  }
  return text.length;
}

/** Takes off brackets that enclose the whole expression. */
function unwrap(expression: string): string {
  let text = expression.trim();
  while (text.startsWith("(") && text.endsWith(")") && enclosesAll(text))
    text = text.slice(1, -1).trim();
  return text;
}

function enclosesAll(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i] ?? "";
    if (c === '"' || c === "'" || c === "`") i = endOfString(text, i);
    else if (c === "(") depth += 1;
    else if (c === ")") {
      depth -= 1;
      if (depth === 0) return i === text.length - 1;
    }
  }
  return false;
}

function asNumber(text: string): number | null {
  const bare = unwrap(text).replace(/^bool\b\s*/, "");
  return numeral.test(bare) ? Number(bare) : null;
}

const mirrored = { ">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!=" } as const;

/** What an alerting expression looks at, and what it holds that against where that is a number. */
export interface Explained {
  readonly subject: string;
  readonly comparison: Comparison | null;
}

/**
 * What to draw of an alerting expression: what it compares, else the side that gives the alert its
 * value, else all of it. Drawn whole, an expression has values only while it fires.
 */
export function explain(expression: string): Explained {
  const comparison = splitComparison(expression);
  if (comparison !== null) return { subject: comparison.subject, comparison };
  const text = unwrap(expression);
  const [firstSet] = topLevelOperators(text).sets;
  if (firstSet === undefined || firstSet.text.toLowerCase() === "or")
    return { subject: text, comparison };
  return { subject: unwrap(text.slice(0, firstSet.at)), comparison };
}

/**
 * Finds what an alerting expression compares with a number: `a / b > 0.05` is the subject `a / b`
 * with the threshold 0.05. Of `x > 1 and y > 2` the first side is taken: it gives the alert its
 * value. Null when the expression is not such a comparison.
 */
export function splitComparison(expression: string): Comparison | null {
  const text = unwrap(expression);
  const { sets, comparisons } = topLevelOperators(text);
  const [firstSet] = sets;
  if (firstSet !== undefined) return splitComparison(text.slice(0, firstSet.at));
  const [only, another] = comparisons;
  if (only === undefined || another !== undefined) return null;
  const operator = only.text as Comparison["operator"];
  const left = text.slice(0, only.at).trim();
  const right = text.slice(only.at + operator.length).trim();
  const threshold = asNumber(right);
  if (threshold !== null && asNumber(left) === null)
    return { subject: unwrap(left), operator, threshold };
  const turned = asNumber(left);
  if (turned !== null && threshold === null)
    return {
      subject: unwrap(right.replace(/^bool\b/, "")),
      operator: mirrored[operator],
      threshold: turned,
    };
  return null;
}
