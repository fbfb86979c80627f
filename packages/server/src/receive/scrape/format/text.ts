import { METRIC_NAME } from "../../../model/index.ts";
import type { MetricMetadata } from "../../../model/index.ts";
import {
  beginsMetric,
  BRACE_CLOSE,
  BRACE_OPEN,
  COMMA,
  EQUALS,
  HASH,
  LineParser,
  NEWLINE,
  QUOTE,
  SPACE,
  unescape,
} from "./line-parser.ts";
import type { MetadataLine } from "./line-parser.ts";
import { readFloat64 } from "./number.ts";
import type { ExposedLabels } from "./parser.ts";

const TAB = 0x09;

/**
 * Reads the text exposition format, versions 0.0.4 and 1.0.0 (prometheus.io: "Exposition formats"),
 * taking and refusing what Prometheus's own scrape parser does.
 */
export class TextParser<Series> extends LineParser<Series> {
  protected override readAfterSeries(line: number | undefined, at: number): boolean {
    const { body } = this;
    if (line === undefined && body[at] !== SPACE && body[at] !== TAB) return false;
    const valueAt = skipBlanks(body, at);
    // Here the text was only the beginning of a longer one.
    if (line === undefined && body[valueAt] === BRACE_OPEN) return false;
    this.#readSample(line ?? this.table.takeExpected(), valueAt);
    return true;
  }

  protected override readLine(): void {
    const { body } = this;
    const at = skipBlanks(body, this.at);
    const first = body[at] as number;
    if (first === NEWLINE) this.at = at + 1;
    else if (first === HASH) this.#readComment(at);
    else if (first === BRACE_OPEN || beginsMetric(first)) {
      const end = this.#endOfSeries(at);
      this.readAfterSeries(this.takeSeries(at, end), end);
    } else this.fail("expected a metric name, a comment or an empty line", at);
  }

  /** Where the series that begins at `at` ends: after its name, or after its closing brace. */
  #endOfSeries(at: number): number {
    const { body } = this;
    const end = this.endOfMetricName(at);
    const brace = skipBlanks(body, end);
    if (body[brace] !== BRACE_OPEN) return end;
    for (let i = brace + 1; i < body.length; i += 1) {
      const byte = body[i];
      if (byte === BRACE_CLOSE) return i + 1;
      if (byte === NEWLINE) this.fail("expected a closing brace", i);
      if (byte === QUOTE) i = this.endOfQuoted(i);
    }
    return this.fail("expected a closing brace", at);
  }

  protected override readLabels(start: number, end: number): ExposedLabels {
    const { body } = this;
    const labels: [string, string][] = [];
    let at = this.endOfMetricName(start);
    let metric = body.toString("latin1", start, at);
    at = skipBlanks(body, at);
    if (at >= end) return [[METRIC_NAME, metric]];
    at = skipBlanks(body, at + 1);
    while (body[at] !== BRACE_CLOSE) {
      const nameAt = at;
      const quoted = body[at] === QUOTE;
      at = quoted ? this.endOfQuoted(at) + 1 : this.endOfLabelName(at);
      const name = quoted ? this.decode(nameAt + 1, at - 1) : body.toString("latin1", nameAt, at);
      at = skipBlanks(body, at);
      if (quoted && body[at] !== EQUALS) {
        if (metric !== "") this.fail("a second metric name", nameAt);
        if (body[at] !== COMMA && body[at] !== BRACE_CLOSE) this.fail("expected =", at);
        metric = name;
      } else {
        if (body[at] !== EQUALS) this.fail("expected =", at);
        at = skipBlanks(body, at + 1);
        if (body[at] !== QUOTE) this.fail("expected a label value in quotes", at);
        const close = this.endOfQuoted(at);
        this.addLabel(labels, name, this.decode(at + 1, close), nameAt);
        at = skipBlanks(body, close + 1);
      }
      // The comma is taken where it stands and not missed where it does not, as Prometheus does.
      if (body[at] === COMMA) at = skipBlanks(body, at + 1);
    }
    return this.finishLabels(metric, labels, start);
  }

  /** The value and the time of a sample whose series ended before `at`. */
  #readSample(line: number, at: number): void {
    const { body } = this;
    let end = at;
    for (;;) {
      const byte = body[end];
      if (byte === NEWLINE || byte === SPACE || byte === TAB || byte === BRACE_OPEN) break;
      end += 1;
    }
    if (end === at) this.fail("expected a value", at);
    const value = end - at > 512 ? undefined : readFloat64(body, at, end);
    if (value === undefined) return this.fail("expected a number", at);
    let time = Number.NaN;
    end = skipBlanks(body, end);
    if (body[end] !== NEWLINE) {
      const timeAt = end;
      while (isDigit(body[end] as number)) end += 1;
      time = this.#readTime(timeAt, end);
      end = skipBlanks(body, end);
      if (body[end] !== NEWLINE) this.fail("expected the end of the line", end);
    }
    this.at = end + 1;
    this.push(line, value, time);
  }

  #readTime(at: number, end: number): number {
    if (end === at) this.fail("expected a time in milliseconds or the end of the line", at);
    const digits = this.body.toString("latin1", at, Math.min(end, at + 64));
    if (BigInt.asIntN(64, BigInt(digits)) !== BigInt(digits)) {
      this.fail("expected a time of 64 bits", at);
    }
    return Number(digits);
  }

  #readComment(at: number): void {
    const { body } = this;
    let end = body.indexOf(NEWLINE, at);
    if (end < 0) end = body.length - 1;
    const word = skipBlanks(body, at + 1);
    const kind = word === at + 1 ? undefined : metadataKind(body, word);
    if (kind === undefined) this.at = end + 1;
    else {
      this.takeMetadata(at, end, () => this.#readMetadata(kind, skipBlanks(body, word + 4), end));
    }
  }

  #readMetadata(kind: "help" | "type", at: number, end: number): MetadataLine {
    const { body } = this;
    let nameEnd = at;
    let metric: string;
    if (body[at] === QUOTE) {
      nameEnd = this.endOfQuoted(at) + 1;
      metric = this.decode(at + 1, nameEnd - 1);
    } else {
      if (!beginsMetric(body[at] as number)) {
        this.fail(`expected a metric name after ${kind.toUpperCase()}`, at);
      }
      nameEnd = this.endOfMetricName(at);
      metric = body.toString("latin1", at, nameEnd);
    }
    // One byte parts the name from its text, whatever it is.
    const textAt = Math.min(nameEnd + 1, end);
    if (kind === "type") {
      const type = TYPES.get(body.toString("latin1", textAt, end));
      if (type === undefined) this.fail("unknown metric type", nameEnd + 1);
      return { kind, metric, text: type ?? "unknown" };
    }
    const text = this.utf8(textAt, end).replaceAll(/\\[\\n]/g, unescape);
    return { kind, metric, text };
  }
}

const TYPES = new Map<string, MetricMetadata["type"]>([
  ["counter", "counter"],
  ["gauge", "gauge"],
  ["histogram", "histogram"],
  ["summary", "summary"],
  ["untyped", "unknown"],
]);

function metadataKind(body: Buffer, at: number): "help" | "type" | undefined {
  const after = body[at + 4];
  if (after !== SPACE && after !== TAB) return undefined;
  const word = body.toString("latin1", at, at + 4);
  if (word === "HELP") return "help";
  return word === "TYPE" ? "type" : undefined;
}

function skipBlanks(body: Buffer, at: number): number {
  let i = at;
  while (body[i] === SPACE || body[i] === TAB) i += 1;
  return i;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
