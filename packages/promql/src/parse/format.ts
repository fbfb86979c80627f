import { formatDuration } from "../duration.ts";
import { METRIC_NAME } from "../labels.ts";
import type { Matcher } from "../matchers.ts";
import { formatCompact } from "../number.ts";
import type {
  Aggregate,
  AtModifier,
  Binary,
  DurationExpr,
  EdgeModifier,
  Expr,
  Subquery,
  VectorSelector,
} from "./ast.ts";

const WORD = /^[A-Za-z_][A-Za-z0-9_]*$/;
const METRIC = /^[A-Za-z_:][A-Za-z0-9_:]*$/;

/** Prints an expression on one line. Parsing the text again gives the same expression. */
export function formatExpr(expr: Expr): string {
  switch (expr.kind) {
    case "number":
      return expr.duration && expr.value >= 0
        ? formatDuration(expr.value * 1000)
        : formatCompact(expr.value).replace("+Inf", "Inf");
    case "string":
      return JSON.stringify(expr.value);
    case "vector_selector":
      return formatSelector(expr) + modifiers(expr);
    case "matrix_selector":
      return `${formatSelector(expr.selector)}[${formatDurationExpr(expr.range)}]${modifiers(expr.selector)}`;
    case "subquery":
      return formatExpr(expr.expr) + formatSubqueryRange(expr);
    case "paren":
      return `(${formatExpr(expr.expr)})`;
    case "unary":
      return `${expr.operator}${formatExpr(expr.expr)}`;
    case "binary":
      return formatBinary(expr);
    case "aggregate":
      return formatAggregate(expr);
    default:
      return `${expr.function}(${expr.args.map(formatExpr).join(", ")})`;
  }
}

/** What follows a subquery's expression: `[1h:5m] offset 1d`. */
export function formatSubqueryRange(expr: Subquery): string {
  const step = expr.step === undefined ? "" : formatDurationExpr(expr.step);
  return `[${formatDurationExpr(expr.range)}:${step}]${modifiers(expr)}`;
}

/** Prints matchers as a selector: `name{a="b"}`. */
export function formatSelector({
  name,
  matchers,
}: Pick<VectorSelector, "name" | "matchers">): string {
  const plain = METRIC.test(name);
  const shown = matchers.filter(
    (matcher) =>
      !(
        name !== "" &&
        matcher.name === METRIC_NAME &&
        matcher.operator === "=" &&
        matcher.value === name
      ),
  );
  const inside = shown.map(formatMatcher);
  if (name !== "" && !plain) inside.unshift(JSON.stringify(name));
  const braces = inside.length === 0 && plain ? "" : `{${inside.join(",")}}`;
  return `${plain ? name : ""}${braces}`;
}

function formatMatcher({ name, operator, value }: Matcher): string {
  return `${label(name)}${operator}${JSON.stringify(value)}`;
}

function label(name: string): string {
  return WORD.test(name) ? name : JSON.stringify(name);
}

function labels(names: readonly string[]): string {
  return `(${names.map(label).join(", ")})`;
}

function modifiers({
  offset,
  at,
  edges,
}: Pick<Subquery, "offset" | "at"> & { readonly edges?: EdgeModifier }): string {
  let text = edges === undefined ? "" : ` ${edges}`;
  if (at !== undefined) text += ` @ ${formatAt(at)}`;
  if (offset !== undefined) text += ` offset ${formatDurationExpr(offset)}`;
  return text;
}

function formatAt(at: AtModifier): string {
  return typeof at === "number" ? (at / 1000).toFixed(3) : `${at}()`;
}

export function formatDurationExpr(duration: DurationExpr): string {
  switch (duration.kind) {
    case "seconds":
      return formatDuration(duration.value * 1000);
    case "step":
    case "range":
      return `${duration.kind}()`;
    case "paren":
      return `(${formatDurationExpr(duration.expr)})`;
    case "negate":
      return `-${formatDurationExpr(duration.expr)}`;
    case "plus":
      return `+${formatDurationExpr(duration.expr)}`;
    case "min_of":
    case "max_of":
      return `${duration.kind}(${formatDurationExpr(duration.left)}, ${formatDurationExpr(duration.right)})`;
    default:
      return `${formatDurationExpr(duration.left)} ${duration.kind} ${formatDurationExpr(duration.right)}`;
  }
}

function formatBinary(expr: Binary): string {
  return `${formatExpr(expr.left)} ${formatOperator(expr)} ${formatExpr(expr.right)}`;
}

/** A binary operator with all its modifiers: `> bool on (a) group_left ()`. */
export function formatOperator({ operator, returnBool, matching }: Binary): string {
  let text = returnBool ? `${operator} bool` : operator;
  if (matching !== undefined) {
    const { on, labels: names, cardinality, include, fillLeft, fillRight } = matching;
    const grouped = cardinality === "many-to-one" || cardinality === "one-to-many";
    if (on || names.length > 0 || grouped) text += ` ${on ? "on" : "ignoring"} ${labels(names)}`;
    if (grouped) {
      text += ` ${cardinality === "many-to-one" ? "group_left" : "group_right"} ${labels(include)}`;
    }
    if (fillLeft !== undefined && Object.is(fillLeft, fillRight)) {
      text += ` fill (${formatCompact(fillLeft)})`;
    } else {
      if (fillLeft !== undefined) text += ` fill_left (${formatCompact(fillLeft)})`;
      if (fillRight !== undefined) text += ` fill_right (${formatCompact(fillRight)})`;
    }
  }
  return text;
}

function formatAggregate(expr: Aggregate): string {
  const { parameter } = expr;
  const args = [...(parameter === undefined ? [] : [parameter]), expr.expr];
  return `${formatAggregation(expr)}(${args.map(formatExpr).join(", ")})`;
}

/** An aggregation up to its arguments: `sum by (a) `. */
export function formatAggregation({ operator, without, grouping }: Aggregate): string {
  if (without) return `${operator} without ${labels(grouping)} `;
  return grouping.length === 0 ? operator : `${operator} by ${labels(grouping)} `;
}
