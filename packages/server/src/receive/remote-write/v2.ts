import { isUtf8 } from "node:buffer";
import { METRIC_NAME } from "../../model/index.ts";
import type { Labels, MetricMetadata } from "../../model/index.ts";
import { PushError } from "../push/errors.ts";
import { KnownLabels } from "../push/known-labels.ts";
import { seriesLabels, shown } from "../push/series-labels.ts";
import { ProtoReader, tagOf, WIRE } from "../protobuf.ts";
import { METRIC_TYPES, takeExemplar, takeHistogram, takeSample } from "./series.ts";
import type { Intake } from "./series.ts";

const { bytes, varint } = WIRE;
/** Fields of Request, */
const SYMBOL = tagOf(4, bytes);
const TIMESERIES = tagOf(5, bytes);
/** and of TimeSeries. */
const LABELS_REFS = tagOf(1, bytes);
const LABEL_REF = tagOf(1, varint);
const SAMPLE = tagOf(2, bytes);
const HISTOGRAM = tagOf(3, bytes);
const EXEMPLAR = tagOf(4, bytes);
const METADATA = tagOf(5, bytes);

/** The texts of one request; undefined where one is not UTF-8. */
type Symbols = readonly (string | undefined)[];

/**
 * Understands requests of remote write 2.0 (`io.prometheus.write.v2.Request`), in which texts stand
 * once in a table. https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/
 */
export class RemoteWriteV2 {
  readonly #known: KnownLabels;

  constructor(knownSeries: number) {
    this.#known = new KnownLabels(knownSeries);
  }

  /** Reads a request into `intake`. Throws ProtobufError, and PushError when a limit is exceeded. */
  read(body: Buffer, intake: Intake): void {
    const symbols = readSymbols(body, intake);
    const reader = new ProtoReader(body);
    let count = 0;
    while (reader.more) {
      const tag = reader.nextTag();
      if (tag !== TIMESERIES) {
        reader.skip(tag);
        continue;
      }
      count += 1;
      if (count > intake.limits.samples) {
        reader.fail(`it has more than ${intake.limits.samples} series; send fewer at a time`);
      }
      const outer = reader.open();
      this.#readSeries(reader, symbols, intake);
      reader.close(outer);
    }
  }

  #readSeries(reader: ProtoReader, symbols: Symbols, intake: Intake): void {
    const begin = reader.at;
    const pairs: string[] = [];
    let samples = 0;
    let areTexts = true;
    while (reader.more) {
      const tag = reader.nextTag();
      if (tag === LABELS_REFS || tag === LABEL_REF) {
        areTexts = readRefs(reader, tag, symbols, pairs) && areTexts;
      } else {
        if (tag === SAMPLE || tag === HISTOGRAM) samples += 1;
        reader.skip(tag);
      }
    }
    const labels = this.#labels(pairs, areTexts, intake);
    if (typeof labels === "string") {
      intake.refusals.add("invalid", labels, samples);
      return;
    }
    reader.at = begin;
    const series = { index: intake.batch.addSeries(labels), labels };
    while (reader.more) {
      const tag = reader.nextTag();
      if (tag === SAMPLE) takeSample(reader, intake, series);
      else if (tag === HISTOGRAM) takeHistogram(reader, intake, series);
      else if (tag === METADATA) readMetadata(reader, symbols, labels, intake);
      else if (tag === EXEMPLAR) {
        takeExemplar(reader, intake, series, (refs, into) => readRefs(reader, refs, symbols, into));
      } else reader.skip(tag);
    }
  }

  #labels(pairs: readonly string[], areTexts: boolean, { limits }: Intake): Labels | string {
    // With its length before each text, no two lists of texts have the same key.
    let key = "";
    for (const text of pairs) key += `${text.length}:${text}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (pairs.length % 2 === 1) return `a series has a label without a value: ${pairs.at(-1)}`;
    const labels = seriesLabels(pairs, limits);
    if (typeof labels === "string") return labels;
    if (!areTexts) return `a label of ${shown(labels)} is not UTF-8`;
    return this.#known.add(key, labels);
  }
}

function readSymbols(body: Buffer, { limits }: Intake): Symbols {
  const reader = new ProtoReader(body);
  const symbols: (string | undefined)[] = [];
  const most = limits.samples * 4;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag !== SYMBOL) {
      reader.skip(tag);
      continue;
    }
    if (symbols.length >= most)
      reader.fail(`it has more than ${most} symbols; send less at a time`);
    const blob = reader.blob();
    symbols.push(isUtf8(blob) ? blob.toString() : undefined);
  }
  return symbols;
}

/** Reads references to symbols, packed or one; answers whether all of the texts are UTF-8. */
function readRefs(reader: ProtoReader, tag: number, symbols: Symbols, into: string[]): boolean {
  let areTexts = true;
  const one = () => {
    const text = readRef(reader, symbols);
    into.push(text ?? "\uFFFD");
    areTexts &&= text !== undefined;
  };
  if ((tag & 7) !== bytes) one();
  else {
    const outer = reader.open();
    while (reader.more) one();
    reader.close(outer);
  }
  return areTexts;
}

function readRef(reader: ProtoReader, symbols: Symbols): string | undefined {
  const ref = reader.uint32();
  if (ref >= symbols.length) {
    throw new PushError(
      "request_malformed",
      `a series refers to symbol ${ref}, and the request has ${symbols.length}`,
    );
  }
  return symbols[ref];
}

function readMetadata(
  reader: ProtoReader,
  symbols: Symbols,
  labels: Labels,
  { batch }: Intake,
): void {
  const outer = reader.open();
  let type: MetricMetadata["type"] = "unknown";
  let help = "";
  let unit = "";
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === tagOf(1, varint)) type = METRIC_TYPES[reader.uint32()] ?? "unknown";
    else if (tag === tagOf(3, varint)) help = readRef(reader, symbols) ?? "";
    else if (tag === tagOf(4, varint)) unit = readRef(reader, symbols) ?? "";
    else reader.skip(tag);
  }
  reader.close(outer);
  // Nothing is said by a message whose fields all have their defaults.
  if (type === "unknown" && help === "" && unit === "") return;
  batch.describe({ metric: familyName(labels, type), type, help, unit });
}

/** The metric family that a series of this type belongs to: without its histogram's suffix. */
function familyName(labels: Labels, type: MetricMetadata["type"]): string {
  const name = labels[METRIC_NAME] ?? "";
  const hasParts = type === "histogram" || type === "summary" || type === "gaugehistogram";
  return hasParts ? name.replace(/_(?:bucket|count|sum)$/, "") : name;
}
