import { isUtf8 } from "node:buffer";
import { METRIC_NAME, SeaworthyError } from "../../model/index.ts";
import type { MetricMetadata } from "../../model/index.ts";
import { LineTable } from "./line-table.ts";
import { readFloat64 } from "./number.ts";

/** A body that is not the text exposition format, or more of it than is taken. */
export class ExpositionError extends SeaworthyError {
  readonly code = "exposition_invalid";
  override readonly status = 400;
  override readonly name = "ExpositionError";
}

/** How much one exposition may bring. */
export interface ExpositionLimits {
  readonly lineBytes: number;
  readonly labels: number;
  readonly samples: number;
}

export const DEFAULT_EXPOSITION_LIMITS: ExpositionLimits = {
  lineBytes: 1024 * 1024,
  labels: 1024,
  samples: 1_000_000,
};

/** A series' labels in the order in which they were exposed, the metric's name first; values may be empty. */
export type ExposedLabels = readonly (readonly [name: string, value: string])[];

type Meaning<Series> =
  | { readonly kind: "sample"; readonly series: Series }
  | { readonly kind: "help" | "type"; readonly metric: string; readonly text: string };

const NO_BYTES = Buffer.alloc(0);
const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const EQUALS = 0x3d;
const COMMA = 0x2c;
const HASH = 0x23;

/** What may stand in names, by byte: 1 begins a label name, 2 begins a metric name, 4 continues. */
const NAME_BYTES = new Uint8Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  const char = String.fromCharCode(byte);
  if (/[a-zA-Z_]/.test(char)) NAME_BYTES[byte] = 7;
  else if (char === ":") NAME_BYTES[byte] = 2 | 8;
  else if (/[0-9]/.test(char)) NAME_BYTES[byte] = 4;
}
const BEGINS_LABEL = 1;
const BEGINS_METRIC = 2;
const IN_LABEL = 4;
const IN_METRIC = 4 | 8;

/**
 * Reads the text exposition format, version 0.0.4, of one target (prometheus.io: "Exposition
 * formats"), taking and refusing what Prometheus's own scrape parser does, and quoted UTF-8 names as
 * its version 3 does. Keeps what it learned from one body for the next; see LineTable.
 *
 * `resolve` is called once for each series text that is new, with its labels; what it answers is
 * kept and given with every sample of that text.
 */
export class ExpositionParser<Series> {
  /** The samples of the body, in its order, in columns of which the first `count` are filled. */
  count = 0;
  values = new Float64Array(64);
  /** Milliseconds since 1970, or NaN where the body gives no time. */
  times = new Float64Array(64);
  #lines = new Uint32Array(64);
  readonly #table = new LineTable<Meaning<Series>>();
  readonly #resolve: (labels: ExposedLabels) => Series;
  readonly #limits: ExpositionLimits;
  #metadata = new Map<string, { type: MetricMetadata["type"]; help: string }>();
  readonly #changed = new Set<string>();
  #body: Buffer = NO_BYTES;
  #at = 0;
  #inLabels = false;

  constructor(
    resolve: (labels: ExposedLabels) => Series,
    limits: ExpositionLimits = DEFAULT_EXPOSITION_LIMITS,
  ) {
    this.#resolve = resolve;
    this.#limits = limits;
  }

  /** How many samples were read, the one with it whose labels could not be taken. */
  get begun(): number {
    return this.count + (this.#inLabels ? 1 : 0);
  }

  /** How many lines are remembered. */
  get remembered(): number {
    return this.#table.size;
  }

  /** The series of sample `index`. */
  seriesOf(index: number): Series {
    const meaning = this.#table.meaning(this.#lines[index] as number);
    if (meaning.kind !== "sample") throw new TypeError("a sample's line is not a sample");
    return meaning.series;
  }

  /** Reads a whole body. Throws ExpositionError at the first fault. */
  parse(body: Buffer): void {
    this.begin(body);
    this.advance(Number.POSITIVE_INFINITY);
    this.release();
  }

  /** Begins a body that is then read in slices with `advance`. */
  begin(body: Buffer): void {
    // The last line may lack its line feed; with one, the reading loops need no bounds checks.
    const ended = body.length > 0 && body[body.length - 1] === NEWLINE;
    this.#body = ended ? body : Buffer.concat([body, Buffer.of(NEWLINE)]);
    this.#at = 0;
    this.count = 0;
    this.#inLabels = false;
    this.#table.begin();
  }

  /** Reads on for about `bytes`; answers whether the body is at its end. */
  advance(bytes: number): boolean {
    const body = this.#body;
    const end = body.length;
    const stop = Math.min(end, this.#at + bytes);
    while (this.#at < stop) {
      const expected = this.#table.matchExpected(body, this.#at);
      if (expected < 0 || !this.#readExpected(expected)) this.#readLine();
    }
    return this.#at >= end;
  }

  /** Lets go of the body. The samples stay until the next one begins. */
  release(): void {
    this.#body = NO_BYTES;
  }

  /** What is new or changed in the metrics' metadata since this was last asked. */
  takeChangedMetadata(): MetricMetadata[] {
    const changed = [...this.#changed].map((metric): MetricMetadata => {
      const { type, help } = this.#metadata.get(metric) ?? { type: "unknown", help: "" };
      return { metric, type, help, unit: "" };
    });
    this.#changed.clear();
    if (this.#metadata.size > this.#table.size + 256) this.#forgetMetadata();
    return changed;
  }

  #forgetMetadata(): void {
    const live = new Set<string>();
    for (const meaning of this.#table.meanings()) {
      if (meaning.kind !== "sample") live.add(meaning.metric);
    }
    this.#metadata = new Map([...this.#metadata].filter(([metric]) => live.has(metric)));
  }

  /** The bytes of the expected line stand here; false when the line goes on differently after them. */
  #readExpected(length: number): boolean {
    const body = this.#body;
    const isSample = this.#table.expectedMeaning().kind === "sample";
    let at = this.#at + length;
    if (!isSample) {
      if (body[at] !== NEWLINE) return false;
      this.#table.takeExpected();
      this.#at = at + 1;
      return true;
    }
    if (body[at] !== SPACE && body[at] !== TAB) return false;
    at = skipBlanks(body, at + 1);
    // Here the text was only the beginning of a longer one.
    if (body[at] === BRACE_OPEN) return false;
    this.#readSample(this.#table.takeExpected(), at);
    return true;
  }

  #readLine(): void {
    const body = this.#body;
    const at = skipBlanks(body, this.#at);
    const first = body[at] as number;
    if (first === NEWLINE) this.#at = at + 1;
    else if (first === HASH) this.#readComment(at);
    else if (first === BRACE_OPEN || ((NAME_BYTES[first] as number) & BEGINS_METRIC) !== 0) {
      const end = this.#endOfSeries(at);
      if (end - at > this.#limits.lineBytes) this.#tooLong(at);
      const text = body.toString("latin1", at, end);
      let id = this.#table.take(text);
      if (id < 0) {
        const labels = this.#readLabels(at, end);
        this.#inLabels = true;
        const series = this.#resolve(labels);
        this.#inLabels = false;
        id = this.#table.add(text, body, at, end, { kind: "sample", series });
      }
      this.#readSample(id, skipBlanks(body, end));
    } else this.#fail("expected a metric name, a comment or an empty line", at);
  }

  /** Where the series that begins at `at` ends: after its name, or after its closing brace. */
  #endOfSeries(at: number): number {
    const body = this.#body;
    let end = at;
    while (((NAME_BYTES[body[end] as number] as number) & IN_METRIC) !== 0) end += 1;
    const brace = skipBlanks(body, end);
    if (body[brace] !== BRACE_OPEN) return end;
    for (let i = brace + 1; i < body.length; i += 1) {
      const byte = body[i];
      if (byte === BRACE_CLOSE) return i + 1;
      if (byte === NEWLINE) this.#fail("expected a closing brace", i);
      if (byte === QUOTE) i = this.#endOfQuoted(i);
    }
    return this.#fail("expected a closing brace", at);
  }

  /** The place of the quote that closes the one at `at`. */
  #endOfQuoted(at: number): number {
    const body = this.#body;
    const stop = Math.min(body.length, at + this.#limits.lineBytes);
    for (let i = at + 1; i < stop; i += 1) {
      const byte = body[i];
      if (byte === QUOTE) return i;
      // A backslash takes any byte with it except the line's end.
      if (byte === BACKSLASH) {
        i += 1;
        if (body[i] === NEWLINE) break;
      }
    }
    if (stop < body.length) this.#tooLong(at);
    return this.#fail("expected a closing quote", at);
  }

  /** The labels in [at, end), which ends after a closing brace or a bare name. */
  #readLabels(start: number, end: number): ExposedLabels {
    const body = this.#body;
    const labels: [string, string][] = [];
    let at = start;
    while (((NAME_BYTES[body[at] as number] as number) & IN_METRIC) !== 0) at += 1;
    let metric = body.toString("latin1", start, at);
    at = skipBlanks(body, at);
    if (at >= end) return [[METRIC_NAME, metric]];
    at = skipBlanks(body, at + 1);
    while (body[at] !== BRACE_CLOSE) {
      const nameAt = at;
      const quoted = body[at] === QUOTE;
      at = quoted ? this.#endOfQuoted(at) + 1 : this.#endOfLabelName(at);
      const name = quoted ? this.#decode(nameAt + 1, at - 1) : body.toString("latin1", nameAt, at);
      at = skipBlanks(body, at);
      if (quoted && body[at] !== EQUALS) {
        if (metric !== "") this.#fail("a second metric name", nameAt);
        if (body[at] !== COMMA && body[at] !== BRACE_CLOSE) this.#fail("expected =", at);
        metric = name;
      } else {
        if (body[at] !== EQUALS) this.#fail("expected =", at);
        at = skipBlanks(body, at + 1);
        if (body[at] !== QUOTE) this.#fail("expected a label value in quotes", at);
        const close = this.#endOfQuoted(at);
        labels.push([name, this.#decode(at + 1, close)]);
        if (labels.length > this.#limits.labels) {
          this.#fail(`more than ${this.#limits.labels} labels`, nameAt);
        }
        at = skipBlanks(body, close + 1);
      }
      // The comma is taken where it stands and not missed where it does not, as Prometheus does.
      if (body[at] === COMMA) at = skipBlanks(body, at + 1);
    }
    if (metric === "") this.#fail("expected a metric name", start);
    labels.unshift([METRIC_NAME, metric]);
    const twice = findTwice(labels);
    if (twice !== undefined) {
      this.#inLabels = true;
      this.#fail(`a second label named ${JSON.stringify(twice)}`, start);
    }
    return labels;
  }

  #endOfLabelName(at: number): number {
    const body = this.#body;
    if (((NAME_BYTES[body[at] as number] as number) & BEGINS_LABEL) === 0) {
      this.#fail("expected a label name", at);
    }
    let end = at + 1;
    while (((NAME_BYTES[body[end] as number] as number) & IN_LABEL) !== 0) end += 1;
    return end;
  }

  /** The text in [start, end) between quotes. */
  #decode(start: number, end: number): string {
    const body = this.#body;
    let at = start;
    while (at < end && (body[at] as number) < 0x80 && body[at] !== BACKSLASH) at += 1;
    if (at === end) return body.toString("latin1", start, end);
    const bytes = body.subarray(start, end);
    if (!isUtf8(bytes)) this.#fail("expected UTF-8", start);
    return bytes.toString("utf8").replaceAll(/\\[\\"n]/g, unescape);
  }

  /** The value and the time of a sample whose series ended before `at`. */
  #readSample(line: number, at: number): void {
    const body = this.#body;
    let end = at;
    for (;;) {
      const byte = body[end];
      if (byte === NEWLINE || byte === SPACE || byte === TAB || byte === BRACE_OPEN) break;
      end += 1;
    }
    if (end === at) this.#fail("expected a value", at);
    const value = end - at > 512 ? undefined : readFloat64(body, at, end);
    if (value === undefined) return this.#fail("expected a number", at);
    let time = Number.NaN;
    end = skipBlanks(body, end);
    if (body[end] !== NEWLINE) {
      const timeAt = end;
      while (isDigit(body[end] as number)) end += 1;
      time = this.#readTime(timeAt, end);
      end = skipBlanks(body, end);
      if (body[end] !== NEWLINE) this.#fail("expected the end of the line", end);
    }
    this.#at = end + 1;
    this.#push(line, value, time);
  }

  #readTime(at: number, end: number): number {
    if (end === at) this.#fail("expected a time in milliseconds or the end of the line", at);
    const digits = this.#body.toString("latin1", at, Math.min(end, at + 64));
    if (BigInt.asIntN(64, BigInt(digits)) !== BigInt(digits)) {
      this.#fail("expected a time of 64 bits", at);
    }
    return Number(digits);
  }

  #push(line: number, value: number, time: number): void {
    const index = this.count;
    if (index >= this.#limits.samples) this.#fail(`more than ${index} samples`, this.#at - 1);
    if (index === this.values.length) {
      const lines = new Uint32Array(index * 2);
      const values = new Float64Array(index * 2);
      const times = new Float64Array(index * 2);
      lines.set(this.#lines);
      values.set(this.values);
      times.set(this.times);
      this.#lines = lines;
      this.values = values;
      this.times = times;
    }
    this.#lines[index] = line;
    this.values[index] = value;
    this.times[index] = time;
    this.count = index + 1;
  }

  #readComment(at: number): void {
    const body = this.#body;
    let end = body.indexOf(NEWLINE, at);
    if (end < 0) end = body.length - 1;
    const word = skipBlanks(body, at + 1);
    const kind = word === at + 1 ? undefined : metadataKind(body, word);
    if (kind === undefined) {
      this.#at = end + 1;
      return;
    }
    if (end - at > this.#limits.lineBytes) this.#tooLong(at);
    const line = body.toString("latin1", at, end);
    if (this.#table.take(line) < 0) {
      const meaning = this.#readMetadata(kind, skipBlanks(body, word + 4), end);
      this.#table.add(line, body, at, end, meaning);
      this.#remember(meaning);
    }
    this.#at = end + 1;
  }

  #readMetadata(kind: "help" | "type", at: number, end: number) {
    const body = this.#body;
    let nameEnd = at;
    let metric: string;
    if (body[at] === QUOTE) {
      nameEnd = this.#endOfQuoted(at) + 1;
      metric = this.#decode(at + 1, nameEnd - 1);
    } else {
      if (((NAME_BYTES[body[at] as number] as number) & BEGINS_METRIC) === 0) {
        this.#fail(`expected a metric name after ${kind.toUpperCase()}`, at);
      }
      while (((NAME_BYTES[body[nameEnd] as number] as number) & IN_METRIC) !== 0) nameEnd += 1;
      metric = body.toString("latin1", at, nameEnd);
    }
    // One byte parts the name from its text, whatever it is.
    const bytes = body.subarray(Math.min(nameEnd + 1, end), end);
    if (kind === "type") {
      const type = TYPES.get(bytes.toString("latin1"));
      if (type === undefined) this.#fail("unknown metric type", nameEnd + 1);
      return { kind, metric, text: type ?? "unknown" } as const;
    }
    if (!isUtf8(bytes)) this.#fail("expected UTF-8", nameEnd + 1);
    const text = bytes.toString("utf8").replaceAll(/\\[\\n]/g, unescape);
    return { kind, metric, text } as const;
  }

  #remember(meaning: { kind: "help" | "type"; metric: string; text: string }): void {
    const known = this.#metadata.get(meaning.metric) ?? { type: "unknown", help: "" };
    if (meaning.kind === "help") known.help = meaning.text;
    else known.type = meaning.text as MetricMetadata["type"];
    this.#metadata.set(meaning.metric, known);
    this.#changed.add(meaning.metric);
  }

  #tooLong(at: number): never {
    return this.#fail(`a line longer than ${this.#limits.lineBytes} bytes`, at);
  }

  #fail(reason: string, at: number): never {
    const body = this.#body;
    let line = 1;
    let start = 0;
    for (let i = body.indexOf(NEWLINE); i >= 0 && i < at; i = body.indexOf(NEWLINE, i + 1)) {
      line += 1;
      start = i + 1;
    }
    const end = body.indexOf(NEWLINE, start);
    const shown = body.toString("utf8", start, Math.min(end < 0 ? body.length : end, start + 120));
    throw new ExpositionError(
      `line ${line}, byte ${at - start + 1}: ${reason} in ${JSON.stringify(shown)}`,
    );
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

/** A name that stands twice among `labels`. */
function findTwice(labels: ExposedLabels): string | undefined {
  if (labels.length > 16) {
    const names = new Set<string>();
    return labels.find(([name]) => names.size === names.add(name).size)?.[0];
  }
  for (let i = 1; i < labels.length; i += 1) {
    const name = labels[i]?.[0];
    for (let j = 0; j < i; j += 1) if (labels[j]?.[0] === name) return name;
  }
  return undefined;
}

function unescape(escaped: string): string {
  return escaped === "\\n" ? "\n" : escaped.charAt(1);
}

function skipBlanks(body: Buffer, at: number): number {
  let i = at;
  while (body[i] === SPACE || body[i] === TAB) i += 1;
  return i;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
