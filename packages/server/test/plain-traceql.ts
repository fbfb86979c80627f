import type { Span } from "../src/model/index.ts";
import type { FoundTrace, TraceQuery } from "../src/query/index.ts";

type Spansets = TraceQuery["spansets"];
type Condition = NonNullable<Extract<Spansets, { kind: "spans" }>["condition"]>;
type Compare = Extract<Condition, { kind: "compare" }>;
type Field = Compare["field"];

interface Asked {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly limit: number;
  readonly spansEach: number;
}

/** A search as it is written, over spans in memory: what the store's answers are held against. */
export function searchPlainly(
  all: readonly Span[],
  { spansets, aggregates }: TraceQuery,
  { startNs, endNs, limit, spansEach }: Asked,
): FoundTrace[] {
  const traces = new Map<string, Span[]>();
  for (const span of all) {
    const spans = traces.get(span.traceId);
    if (spans === undefined) traces.set(span.traceId, [span]);
    else spans.push(span);
  }
  const found = [...traces].flatMap(([traceId, spans]) => {
    const inRange = spans.filter((span) => span.startNs >= startNs && span.startNs < endNs);
    const context = { spans, inRange };
    const asked = inRange.filter((span) => isIn(spansets, span, context)).sort(byStart);
    const latest = asked.at(-1)?.startNs;
    if (latest === undefined || !traceHas(spansets, asked, context)) return [];
    if (!aggregates.every((each) => holds(each, asked))) return [];
    return [{ traceId, latest, trace: told(traceId, spans, asked, spansEach) }];
  });
  return found
    .sort((a, b) => Number(b.latest - a.latest) || (a.traceId < b.traceId ? -1 : 1))
    .slice(0, limit)
    .map(({ trace }) => trace);
}

/** A trace's spans, and those of them that lie in the range that is asked about. */
interface Context {
  readonly spans: readonly Span[];
  readonly inRange: readonly Span[];
}

const byStart = (a: Span, b: Span) =>
  Number(a.startNs - b.startNs) || (a.spanId < b.spanId ? -1 : 1);

function isIn(spansets: Spansets, span: Span, context: Context): boolean {
  if (spansets.kind !== "spans") {
    return isIn(spansets.left, span, context) || isIn(spansets.right, span, context);
  }
  return spansets.condition === undefined || fulfils(spansets.condition, span, context);
}

function traceHas(spansets: Spansets, asked: readonly Span[], context: Context): boolean {
  if (spansets.kind === "spans") return asked.some((span) => isIn(spansets, span, context));
  const left = traceHas(spansets.left, asked, context);
  const right = traceHas(spansets.right, asked, context);
  return spansets.kind === "and" ? left && right : left || right;
}

function fulfils(condition: Condition, span: Span, context: Context): boolean {
  if (condition.kind === "compare") return compares(condition, span, context);
  if (condition.kind === "not") return !fulfils(condition.inner, span, context);
  const left = fulfils(condition.left, span, context);
  const right = fulfils(condition.right, span, context);
  return condition.kind === "and" ? left && right : left || right;
}

function compares({ field, operator, value }: Compare, span: Span, context: Context): boolean {
  if (field.kind === "attribute") {
    const text = attribute(field, span);
    if (value.kind === "nil") return (text === undefined) === (operator === "=");
    // What a span does not have is neither equal to a value nor different from it.
    if (text === undefined) return false;
    if (value.kind === "boolean") return compareTexts(text, operator, String(value.value));
    if (value.kind === "number" || value.kind === "duration") {
      return compareNumbers(numberOf(text), operator, value.value);
    }
    return compareTexts(text, operator, value.value);
  }
  const text = value.kind === "text" || value.kind === "word" ? value.value : "";
  const number = value.kind === "duration" || value.kind === "number" ? value.value : 0;
  const root = (of: (span: Span) => string) =>
    context.inRange.some((each) => each.parentId === "" && compareTexts(of(each), operator, text));
  switch (field.name) {
    case "duration":
      return compareNumbers(Number(span.durationNs), operator, number);
    case "traceDuration":
      return compareNumbers(Number(lengthOf(context.spans)), operator, number);
    case "rootName":
      return root((each) => each.name);
    case "rootService":
      return root((each) => each.service);
    default:
      return compareTexts(span[field.name], operator, text);
  }
}

function attribute(
  { of, name }: Extract<Field, { kind: "attribute" }>,
  span: Span,
): string | undefined {
  if (of === "span") return span.attributes[name];
  if (of === "resource" && name === "service.name") return span.service;
  return of === "resource" ? span.resource[name] : (span.attributes[name] ?? span.resource[name]);
}

function numberOf(text: string): number | undefined {
  return /^-?\d+(?:\.\d+)?(?:e\d+)?$/.test(text) ? Number(text) : undefined;
}

function compareNumbers(found: number | undefined, operator: string, value: number): boolean {
  if (found === undefined) return false;
  if (operator === "=") return found === value;
  if (operator === "!=") return found !== value;
  return ordered(found < value, found === value, operator);
}

function compareTexts(found: string, operator: string, value: string): boolean {
  if (operator === "=") return found === value;
  if (operator === "!=") return found !== value;
  if (operator === "=~") return new RegExp(`^(?:${value})$`, "s").test(found);
  if (operator === "!~") return !new RegExp(`^(?:${value})$`, "s").test(found);
  return ordered(found < value, found === value, operator);
}

function ordered(less: boolean, equal: boolean, operator: string): boolean {
  if (operator === "<") return less;
  if (operator === "<=") return less || equal;
  return operator === ">" ? !less && !equal : !less;
}

function holds(aggregate: TraceQuery["aggregates"][number], spans: readonly Span[]): boolean {
  const { function: name, field, operator, value } = aggregate;
  if (field === undefined) return compareNumbers(spans.length, operator, value);
  const numbers = spans.flatMap((span) => {
    const number =
      field.kind === "attribute" ? numberOf(attribute(field, span) ?? "") : Number(span.durationNs);
    return number === undefined ? [] : [number];
  });
  if (numbers.length === 0) return false;
  const sum = numbers.reduce((all, each) => all + each, 0);
  const answers = {
    count: numbers.length,
    sum,
    avg: sum / numbers.length,
    min: Math.min(...numbers),
    max: Math.max(...numbers),
  };
  return compareNumbers(answers[name], operator, value);
}

function lengthOf(spans: readonly Span[]): bigint {
  const start = spans.reduce((a, { startNs }) => (startNs < a ? startNs : a), 1n << 62n);
  return (
    spans.reduce((a, s) => (s.startNs + s.durationNs > a ? s.startNs + s.durationNs : a), start) -
    start
  );
}

function told(
  traceId: string,
  spans: readonly Span[],
  asked: readonly Span[],
  spansEach: number,
): FoundTrace {
  const sorted = spans.toSorted(byStart);
  const root = sorted.find(({ parentId }) => parentId === "") ?? sorted[0];
  return {
    traceId,
    rootService: root?.service ?? "",
    rootName: root?.name ?? "",
    startNs: sorted[0]?.startNs ?? 0n,
    durationNs: lengthOf(spans),
    spans: spans.length,
    errors: spans.filter(({ status }) => status === "error").length,
    services: [...new Set(spans.map(({ service }) => service))].sort((a, b) => (a < b ? -1 : 1)),
    matched: asked.length,
    found: asked.slice(0, spansEach).map(({ spanId, service, name, startNs, durationNs }) => ({
      spanId,
      service,
      name,
      startNs,
      durationNs,
    })),
  };
}
