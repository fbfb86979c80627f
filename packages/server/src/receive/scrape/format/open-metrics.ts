import { METRIC_NAME } from "../../../model/index.ts";
import type { Labels } from "../../../model/index.ts";
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
import type { Meaning, MetadataLine } from "./line-parser.ts";
import { readFloat64 } from "./number.ts";
import type { ExposedLabels, ExpositionLimits, Resolve } from "./parser.ts";

const WORD = { HELP: "help", TYPE: "type", UNIT: "unit" } as const;
const TYPES = new Set(
  "counter gauge histogram gaugehistogram summary info stateset unknown".split(" "),
);
const END = "# EOF";
/** The types whose metrics have a `_created` line, and the label that tells the lines of one apart. */
const CREATED = new Map([
  ["counter", ""],
  ["histogram", "le"],
  ["summary", "quantile"],
]);
const CREATED_SUFFIX = "_created";

/**
 * Reads OpenMetrics text 1.0.0 and 0.0.1
 * (https://prometheus.io/docs/specs/om/open_metrics_spec/) as strictly as Prometheus does: one blank
 * between parts and none elsewhere, no empty lines, `# EOF` at the end and nothing after it.
 */
export class OpenMetricsParser<Series> extends LineParser<Series> {
  readonly #takesCreated: boolean;
  /** Since when the groups of lines count, ms since 1970. */
  readonly #created = new Map<string, number>();
  #ended = false;
  #length = 0;

  /** `takesCreated`: `_created` lines say since when others count, instead of being samples. */
  constructor(resolve: Resolve<Series>, limits?: ExpositionLimits, takesCreated = false) {
    super(resolve, limits);
    this.#takesCreated = takesCreated;
  }

  override startOf(index: number): number {
    if (this.#created.size === 0) return Number.NaN;
    const meaning = this.meaningOf(index);
    const group = meaning.kind === "sample" ? meaning.group : undefined;
    return (group === undefined ? undefined : this.#created.get(group)) ?? Number.NaN;
  }

  protected override understand(labels: ExposedLabels): Meaning<Series> {
    const bound = this.#takesCreated ? CREATED.get(this.type) : undefined;
    if (bound === undefined) return super.understand(labels);
    const own = labels.filter(([name]) => name !== METRIC_NAME && name !== bound);
    const group = JSON.stringify([this.typed, ...own]);
    if (labels[0]?.[1].endsWith(CREATED_SUFFIX) === true) return { kind: "created", group };
    return { ...super.understand(labels), group } as Meaning<Series>;
  }

  override begin(body: Buffer): void {
    super.begin(body);
    this.#ended = false;
    this.#created.clear();
    this.#length = body.length;
  }

  override advance(bytes: number): boolean {
    const done = super.advance(bytes);
    if (done && !this.#ended) this.fail(`the body does not end with ${END}`, this.at - 1);
    return done;
  }

  protected override readAfterSeries(line: number | undefined, at: number): boolean {
    const { body } = this;
    if (line === undefined) {
      if (body[at] !== SPACE) return false;
      line = this.table.takeExpected();
    }
    let end = this.#endOfWord(at);
    const value = this.#number(at + 1, end, "a value after one blank");
    let time = Number.NaN;
    if (body[end] === SPACE && !this.#isExemplar(end)) {
      const timeAt = end;
      end = this.#endOfWord(timeAt);
      time = this.#time(timeAt + 1, end);
    }
    if (this.#isExemplar(end)) end = this.#readExemplar(end);
    if (body[end] !== NEWLINE) this.fail("expected the end of the line", end);
    // The line feed of the last line is not the body's own: only `# EOF` may lack it.
    if (end >= this.#length) this.fail(`the body does not end with ${END}`, end);
    this.at = end + 1;
    if (this.#takesCreated && this.#takeCreated(line, value)) return true;
    this.push(line, value, time);
    return true;
  }

  #takeCreated(line: number, seconds: number): boolean {
    const meaning = this.table.meaning(line);
    if (meaning.kind !== "created") return false;
    this.#created.set(meaning.group, Math.trunc(seconds * 1000));
    while (this.exemplars.at(-1)?.sample === this.count) this.exemplars.pop();
    return true;
  }

  protected override readLine(): void {
    const { body, at } = this;
    const first = body[at] as number;
    if (first === HASH) this.#readComment(at);
    else if (first === BRACE_OPEN || beginsMetric(first)) {
      const end = this.#endOfSeries(at);
      this.readAfterSeries(this.takeSeries(at, end), end);
    } else this.fail("expected a metric name or a comment", at);
  }

  #endOfSeries(at: number): number {
    const { body } = this;
    const end = this.endOfMetricName(at);
    if (body[end] !== BRACE_OPEN) return end;
    for (let i = end + 1; i < body.length; i += 1) {
      const byte = body[i];
      if (byte === BRACE_CLOSE) return i + 1;
      if (byte === NEWLINE) this.fail("expected a closing brace", i);
      if (byte === QUOTE) i = this.endOfQuoted(i);
    }
    return this.fail("expected a closing brace", at);
  }

  protected override readLabels(start: number, end: number): ExposedLabels {
    const nameEnd = this.endOfMetricName(start);
    const metric = this.body.toString("latin1", start, nameEnd);
    if (nameEnd === end) return [[METRIC_NAME, metric]];
    const labels: [string, string][] = [];
    const { quotedName } = this.#readPairs(nameEnd, labels, metric === "");
    return this.finishLabels(quotedName ?? metric, labels, start);
  }

  /** Reads `{a="b",…}` at `brace`; where it may, a name alone in quotes is the metric's. */
  #readPairs(
    brace: number,
    labels: [string, string][],
    mayName: boolean,
  ): { readonly end: number; readonly quotedName: string | undefined } {
    const { body } = this;
    let quotedName: string | undefined;
    let at = brace + 1;
    while (body[at] !== BRACE_CLOSE) {
      const nameAt = at;
      const quoted = body[at] === QUOTE;
      at = quoted ? this.endOfQuoted(at) + 1 : this.endOfLabelName(at);
      const name = quoted ? this.decode(nameAt + 1, at - 1) : body.toString("latin1", nameAt, at);
      if (quoted && (body[at] === COMMA || body[at] === BRACE_CLOSE)) {
        if (!mayName || quotedName !== undefined) this.fail("expected a label name", nameAt);
        quotedName = name;
      } else {
        if (body[at] !== EQUALS) this.fail("expected =", at);
        if (body[at + 1] !== QUOTE) this.fail("expected a label value in quotes", at + 1);
        const close = this.endOfQuoted(at + 1);
        this.addLabel(labels, name, this.decode(at + 2, close), nameAt);
        at = close + 1;
        if (body[at] !== COMMA && body[at] !== BRACE_CLOSE) {
          this.fail("expected a comma or a closing brace", at);
        }
      }
      if (body[at] === COMMA) at += 1;
    }
    return { end: at + 1, quotedName };
  }

  #isExemplar(at: number): boolean {
    const { body } = this;
    return (
      body[at] === SPACE &&
      body[at + 1] === HASH &&
      body[at + 2] === SPACE &&
      body[at + 3] === BRACE_OPEN
    );
  }

  /** Reads ` # {labels} value [time]` at `at`; answers where it ends. */
  #readExemplar(at: number): number {
    const pairs: [string, string][] = [];
    const valueAt = this.#readPairs(at + 3, pairs, false).end;
    let end = this.#endOfWord(valueAt);
    const value = this.#number(valueAt + 1, end, "an exemplar's value");
    let time = Number.NaN;
    if (this.body[end] === SPACE) {
      const timeAt = end;
      end = this.#endOfWord(timeAt);
      time = this.#time(timeAt + 1, end);
    }
    const labels: Labels = Object.fromEntries(pairs);
    this.exemplars.push({ sample: this.count, labels, value, time });
    return end;
  }

  /** Where the word after the one blank at `at` ends. */
  #endOfWord(at: number): number {
    const { body } = this;
    if (body[at] !== SPACE) this.fail("expected a blank", at);
    let end = at + 1;
    while (body[end] !== SPACE && body[end] !== NEWLINE) end += 1;
    return end;
  }

  #number(at: number, end: number, what: string): number {
    const value = end === at || end - at > 512 ? undefined : readFloat64(this.body, at, end);
    return value === undefined ? this.fail(`expected ${what}`, at) : value;
  }

  /** Seconds in the body, milliseconds here. */
  #time(at: number, end: number): number {
    const seconds = this.#number(at, end, "a time in seconds");
    const time = Math.trunc(seconds * 1000);
    if (!Number.isFinite(time)) this.fail("expected a time in seconds", at);
    return time;
  }

  #readComment(at: number): void {
    const { body } = this;
    const end = body.indexOf(NEWLINE, at);
    const word = body.toString("latin1", at + 2, at + 6);
    if (body.toString("latin1", at, end) === END) {
      if (end + 1 < body.length) this.fail(`nothing may stand after ${END}`, end + 1);
      this.#ended = true;
      this.at = end + 1;
      return;
    }
    const kind = body[at + 1] === SPACE && body[at + 6] === SPACE ? wordKind(word) : undefined;
    if (kind === undefined) this.fail("expected HELP, TYPE, UNIT or EOF after #", at);
    else this.takeMetadata(at, end, () => this.#readMetadata(kind, at + 7, end));
    if (end >= this.#length) this.fail(`the body does not end with ${END}`, end);
  }

  #readMetadata(kind: "help" | "type" | "unit", at: number, end: number): MetadataLine {
    const { body } = this;
    const quoted = body[at] === QUOTE;
    if (!quoted && !beginsMetric(body[at] as number)) this.fail("expected a metric name", at);
    const nameEnd = quoted ? this.endOfQuoted(at) + 1 : this.endOfMetricName(at);
    const metric = quoted ? this.decode(at + 1, nameEnd - 1) : body.toString("latin1", at, nameEnd);
    if (body[nameEnd] !== SPACE) this.fail("expected a blank after the metric's name", nameEnd);
    const text = this.utf8(nameEnd + 1, end);
    if (kind === "help") {
      return { kind, metric, text: text.replaceAll(/\\[\\"n]/g, unescape) };
    }
    if (kind === "type" && !TYPES.has(text)) this.fail("unknown metric type", nameEnd + 1);
    if (kind === "unit" && text !== "" && !metric.endsWith(`_${text}`)) {
      this.fail("the unit must be the end of the metric's name, after _", nameEnd + 1);
    }
    return { kind, metric, text };
  }
}

function wordKind(word: string): "help" | "type" | "unit" | undefined {
  return word === "HELP" || word === "TYPE" || word === "UNIT" ? WORD[word] : undefined;
}
