import { isUtf8 } from "node:buffer";
import type { Labels, MetricMetadata } from "../../model/index.ts";
import { KnownLabels } from "../push/known-labels.ts";
import { seriesLabels, shown } from "../push/series-labels.ts";
import { ProtoReader, tagOf, WIRE } from "../protobuf.ts";
import { METRIC_TYPES, takeExemplar, takeHistogram, takeSample } from "./series.ts";
import type { Intake } from "./series.ts";

const { bytes, varint } = WIRE;
/** Fields of WriteRequest, */
const TIMESERIES = tagOf(1, bytes);
const METADATA = tagOf(3, bytes);
/** of TimeSeries, */
const LABEL = tagOf(1, bytes);
const SAMPLE = tagOf(2, bytes);
const EXEMPLAR = tagOf(3, bytes);
const HISTOGRAM = tagOf(4, bytes);
/** and of Label. */
const NAME = tagOf(1, bytes);
const VALUE = tagOf(2, bytes);

/**
 * Understands requests of remote write 1.0 (`prometheus.WriteRequest`). Label sets are known by their
 * bytes: of a series that came before, the labels are not read again.
 * https://prometheus.io/docs/specs/prw/remote_write_spec/
 */
export class RemoteWriteV1 {
  readonly #known: KnownLabels;

  constructor(knownSeries: number) {
    this.#known = new KnownLabels(knownSeries);
  }

  /** Reads a request into `intake`. Throws ProtobufError, and PushError when a limit is exceeded. */
  read(body: Buffer, intake: Intake): void {
    const reader = new ProtoReader(body);
    let count = 0;
    while (reader.more) {
      const tag = reader.nextTag();
      if (tag === TIMESERIES) {
        count += 1;
        if (count > intake.limits.samples) {
          reader.fail(`it has more than ${intake.limits.samples} series; send fewer at a time`);
        }
        const outer = reader.open();
        this.#readSeries(reader, intake);
        reader.close(outer);
      } else if (tag === METADATA) readMetadata(reader, intake);
      else reader.skip(tag);
    }
  }

  #readSeries(reader: ProtoReader, intake: Intake): void {
    const begin = reader.at;
    const key = labelBytes(reader);
    let labels: Labels | string | undefined = this.#known.get(key);
    if (labels === undefined) {
      labels = readLabels(key, intake);
      if (typeof labels === "string") {
        reader.at = begin;
        const count = countSamples(reader);
        intake.refusals.add("invalid", labels, count);
        return;
      }
      labels = this.#known.add(key, labels);
    }
    reader.at = begin;
    const series = { index: intake.batch.addSeries(labels), labels };
    while (reader.more) {
      const tag = reader.nextTag();
      if (tag === SAMPLE) takeSample(reader, intake, series);
      else if (tag === HISTOGRAM) takeHistogram(reader, intake, series);
      else if (tag === EXEMPLAR) {
        takeExemplar(reader, intake, series, (_tag, pairs) => readLabel(reader, pairs));
      } else reader.skip(tag);
    }
  }
}

/** The bytes of a series' labels, each byte a character; they stand together but need not. */
function labelBytes(reader: ProtoReader): string {
  let key = "";
  let from = -1;
  while (reader.more) {
    const at = reader.at;
    const tag = reader.nextTag();
    if (tag === LABEL) {
      if (from < 0) from = at;
    } else if (from >= 0) {
      key += reader.bytes.toString("latin1", from, at);
      from = -1;
    }
    reader.skip(tag);
  }
  return from < 0 ? key : key + reader.bytes.toString("latin1", from, reader.at);
}

function readLabels(key: string, { limits }: Intake): Labels | string {
  const region = Buffer.from(key, "latin1");
  const reader = new ProtoReader(region);
  const pairs: string[] = [];
  let areTexts = true;
  while (reader.more && pairs.length <= 2 * limits.labels) {
    reader.nextTag();
    areTexts = readLabel(reader, pairs) && areTexts;
  }
  const labels = seriesLabels(pairs, limits);
  if (areTexts || typeof labels === "string") return labels;
  return `a label of ${shown(labels)} is not UTF-8`;
}

/** Reads the message `Label` that begins here; answers whether it is UTF-8. */
function readLabel(reader: ProtoReader, pairs: string[]): boolean {
  const outer = reader.open();
  let name: Buffer | undefined;
  let value: Buffer | undefined;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === NAME) name = reader.blob();
    else if (tag === VALUE) value = reader.blob();
    else reader.skip(tag);
  }
  reader.close(outer);
  pairs.push(name?.toString() ?? "", value?.toString() ?? "");
  return (name === undefined || isUtf8(name)) && (value === undefined || isUtf8(value));
}

function countSamples(reader: ProtoReader): number {
  let count = 0;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === SAMPLE || tag === HISTOGRAM) count += 1;
    reader.skip(tag);
  }
  return count;
}

function readMetadata(reader: ProtoReader, { batch }: Intake): void {
  const outer = reader.open();
  let type: MetricMetadata["type"] = "unknown";
  let metric = "";
  let help = "";
  let unit = "";
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === tagOf(1, varint)) type = METRIC_TYPES[reader.uint32()] ?? "unknown";
    else if (tag === tagOf(2, bytes)) metric = reader.string();
    else if (tag === tagOf(4, bytes)) help = reader.string();
    else if (tag === tagOf(5, bytes)) unit = reader.string();
    else reader.skip(tag);
  }
  reader.close(outer);
  if (metric !== "") batch.describe({ metric, type, help, unit });
}
