import { isUtf8 } from "node:buffer";
import { METRIC_NAME } from "../../../model/index.ts";
import type { MetricMetadata } from "../../../model/index.ts";
import { normalizeBound } from "./float-text.ts";
import { LineTable } from "./line-table.ts";
import { MetadataBook } from "./metadata-book.ts";
import { DEFAULT_EXPOSITION_LIMITS, ExpositionError } from "./parser.ts";
import type {
  ExposedExemplar,
  ExposedHistogram,
  ExposedLabels,
  ExpositionLimits,
  Parser,
  Resolve,
} from "./parser.ts";

export type MetadataLine = {
  readonly kind: "help" | "type" | "unit";
  readonly metric: string;
  readonly text: string;
};
export type Meaning<Series> =
  | {
      readonly kind: "sample";
      readonly series: Series;
      /** What a sample and the line that tells when it was created have in common. */
      readonly group?: string | undefined;
    }
  /** Tells when the samples of a group were created. */
  | { readonly kind: "created"; readonly group: string }
  | MetadataLine;

const NO_BYTES = Buffer.alloc(0);
export const NEWLINE = 0x0a;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const BRACE_OPEN = 0x7b;
export const BRACE_CLOSE = 0x7d;
export const EQUALS = 0x3d;
export const COMMA = 0x2c;
export const HASH = 0x23;

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

export function beginsMetric(byte: number): boolean {
  return ((NAME_BYTES[byte] as number) & BEGINS_METRIC) !== 0;
}

export function isInMetric(byte: number): boolean {
  return ((NAME_BYTES[byte] as number) & IN_METRIC) !== 0;
}

/**
 * What the two text formats share: bodies of lines that are mostly the same from scrape to scrape
 * (see LineTable), and the columns that their samples go to. A format says how a line is read.
 */
export abstract class LineParser<Series> implements Parser<Series> {
  count = 0;
  values = new Float64Array(64);
  times = new Float64Array(64);
  exemplars: ExposedExemplar[] = [];
  readonly histograms: readonly ExposedHistogram[] = [];
  protected readonly limits: ExpositionLimits;
  protected body: Buffer = NO_BYTES;
  /** Where the next line begins. */
  protected at = 0;
  /** The type that the last TYPE line gave. */
  protected type = "unknown";
  /** The metric that it gave it to. */
  protected typed = "";
  protected readonly table = new LineTable<Meaning<Series>>();
  readonly #resolve: Resolve<Series>;
  readonly #metadata = new MetadataBook();
  #lines = new Uint32Array(64);
  #inLabels = false;

  constructor(resolve: Resolve<Series>, limits: ExpositionLimits = DEFAULT_EXPOSITION_LIMITS) {
    this.#resolve = resolve;
    this.limits = limits;
  }

  /** Reads the line at `at`, which is not the one that was expected there. */
  protected abstract readLine(): void;

  /**
   * Reads a sample whose series text, line `line` of the table, ended before `at`; false when the
   * text turns out to be only the beginning of a longer one.
   */
  protected abstract readAfterSeries(line: number | undefined, at: number): boolean;

  get begun(): number {
    return this.count + (this.#inLabels ? 1 : 0);
  }

  /** How many lines are remembered. */
  get remembered(): number {
    return this.table.size;
  }

  seriesOf(index: number): Series {
    const meaning = this.meaningOf(index);
    if (meaning.kind !== "sample") throw new TypeError("a sample's line is not a sample");
    return meaning.series;
  }

  startOf(_index: number): number {
    return Number.NaN;
  }

  protected meaningOf(index: number): Meaning<Series> {
    return this.table.meaning(this.#lines[index] as number);
  }

  begin(body: Buffer): void {
    // The last line may lack its line feed; with one, the reading loops need no bounds checks.
    const ended = body.length > 0 && body[body.length - 1] === NEWLINE;
    this.body = ended ? body : Buffer.concat([body, Buffer.of(NEWLINE)]);
    this.at = 0;
    this.count = 0;
    this.exemplars = [];
    this.type = "unknown";
    this.typed = "";
    this.#inLabels = false;
    this.table.begin();
  }

  advance(bytes: number): boolean {
    const { body } = this;
    const end = body.length;
    const stop = Math.min(end, this.at + bytes);
    while (this.at < stop) {
      const expected = this.table.matchExpected(body, this.at);
      if (expected < 0 || !this.#readExpected(expected)) this.readLine();
    }
    return this.at >= end;
  }

  release(): void {
    this.body = NO_BYTES;
  }

  takeChangedMetadata(): MetricMetadata[] {
    return this.#metadata.takeChanged(this.table.size, () => {
      const live = new Set<string>();
      for (const meaning of this.table.meanings()) {
        if (meaning.kind !== "sample" && meaning.kind !== "created") live.add(meaning.metric);
      }
      return live;
    });
  }

  /** The bytes of the expected line stand here; false when the line goes on differently after them. */
  #readExpected(length: number): boolean {
    const meaning = this.table.expectedMeaning();
    const at = this.at + length;
    if (meaning.kind === "sample" || meaning.kind === "created") {
      return this.readAfterSeries(undefined, at);
    }
    if (this.body[at] !== NEWLINE) return false;
    this.table.takeExpected();
    this.#takeType(meaning);
    this.at = at + 1;
    return true;
  }

  /** The line of the table for a series text in [at, end), whose labels are read when it is new. */
  protected takeSeries(at: number, end: number): number {
    if (end - at > this.limits.lineBytes) this.tooLong(at);
    const text = this.body.toString("latin1", at, end);
    const known = this.table.take(text);
    if (known >= 0) return known;
    return this.table.add(text, this.body, at, end, this.understand(this.readLabels(at, end)));
  }

  /** What a series text with these labels means. */
  protected understand(labels: ExposedLabels): Meaning<Series> {
    this.#inLabels = true;
    const series = this.#resolve(labels, { name: this.typed, type: this.type });
    this.#inLabels = false;
    return { kind: "sample", series };
  }

  #takeType(meaning: Meaning<Series>): void {
    if (meaning.kind !== "type") return;
    this.type = meaning.text;
    this.typed = meaning.metric;
  }

  /** The labels in [start, end), which ends after a closing brace or a bare name. */
  protected abstract readLabels(start: number, end: number): ExposedLabels;

  /** Checks labels and puts the metric's name before them. */
  protected finishLabels(metric: string, labels: [string, string][], start: number): ExposedLabels {
    if (metric === "") this.fail("expected a metric name", start);
    const bound = BOUND_LABELS.get(this.type);
    for (const label of labels) if (label[0] === bound) label[1] = normalizeBound(label[1]);
    labels.unshift([METRIC_NAME, metric]);
    const twice = findTwice(labels);
    if (twice !== undefined) {
      this.#inLabels = true;
      this.fail(`a second label named ${JSON.stringify(twice)}`, start);
    }
    return labels;
  }

  protected addLabel(labels: [string, string][], name: string, value: string, at: number): void {
    labels.push([name, value]);
    if (labels.length > this.limits.labels) this.fail(`more than ${this.limits.labels} labels`, at);
  }

  protected endOfMetricName(at: number): number {
    let end = at;
    while (isInMetric(this.body[end] as number)) end += 1;
    return end;
  }

  protected endOfLabelName(at: number): number {
    const { body } = this;
    if (((NAME_BYTES[body[at] as number] as number) & BEGINS_LABEL) === 0) {
      this.fail("expected a label name", at);
    }
    let end = at + 1;
    while (((NAME_BYTES[body[end] as number] as number) & IN_LABEL) !== 0) end += 1;
    return end;
  }

  /** The place of the quote that closes the one at `at`. */
  protected endOfQuoted(at: number): number {
    const { body } = this;
    const stop = Math.min(body.length, at + this.limits.lineBytes);
    for (let i = at + 1; i < stop; i += 1) {
      const byte = body[i];
      if (byte === QUOTE) return i;
      // A backslash takes any byte with it except the line's end.
      if (byte === BACKSLASH) {
        i += 1;
        if (body[i] === NEWLINE) break;
      }
    }
    if (stop < body.length) this.tooLong(at);
    return this.fail("expected a closing quote", at);
  }

  /** The text in [start, end) between quotes. */
  protected decode(start: number, end: number): string {
    const { body } = this;
    let at = start;
    while (at < end && (body[at] as number) < 0x80 && body[at] !== BACKSLASH) at += 1;
    if (at === end) return body.toString("latin1", start, end);
    return this.utf8(start, end).replaceAll(/\\[\\"n]/g, unescape);
  }

  protected utf8(start: number, end: number): string {
    const bytes = this.body.subarray(start, end);
    if (!isUtf8(bytes)) this.fail("expected UTF-8", start);
    return bytes.toString("utf8");
  }

  /** Takes a line of metadata in [at, end), which `read` understands when it is new. */
  protected takeMetadata(at: number, end: number, read: () => MetadataLine): void {
    if (end - at > this.limits.lineBytes) this.tooLong(at);
    const line = this.body.toString("latin1", at, end);
    let id = this.table.take(line);
    if (id < 0) {
      const meaning = read();
      id = this.table.add(line, this.body, at, end, meaning);
      this.#metadata.add(meaning.metric, meaning.kind, meaning.text);
    }
    this.#takeType(this.table.meaning(id));
    this.at = end + 1;
  }

  protected push(line: number, value: number, time: number): void {
    const index = this.count;
    if (index >= this.limits.samples) this.fail(`more than ${index} samples`, this.at - 1);
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

  protected tooLong(at: number): never {
    return this.fail(`a line longer than ${this.limits.lineBytes} bytes`, at);
  }

  protected fail(reason: string, at: number): never {
    const { body } = this;
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

/** The labels that hold a bound, by the metric's type: those are numbers and written in one way. */
const BOUND_LABELS = new Map([
  ["histogram", "le"],
  ["summary", "quantile"],
]);

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

export function unescape(escaped: string): string {
  return escaped === "\\n" ? "\n" : escaped.charAt(1);
}
