import type { Exemplar, Labels, MetricMetadata } from "../../model/index.ts";
import type { PushBatch } from "../push/batch.ts";
import { exemplarFits, isTime } from "../push/exemplars.ts";
import type { PushLimits } from "../push/limits.ts";
import type { Refusals } from "../push/refusals.ts";
import { pairsToLabels, shown } from "../push/series-labels.ts";
import { tagOf, WIRE } from "../protobuf.ts";
import type { ProtoReader } from "../protobuf.ts";
import { readHistogram } from "./histogram.ts";

/** Where the content of one request goes. */
export interface Intake {
  readonly batch: PushBatch;
  readonly refusals: Refusals;
  readonly limits: PushLimits;
}

/** A series of the request: its number in the batch, and its labels for messages. */
interface Series {
  readonly index: number;
  readonly labels: Labels;
}

/** The metric types by their number; the same in both versions of the protocol. */
export const METRIC_TYPES: readonly MetricMetadata["type"][] = [
  "unknown",
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
];

const { varint, fixed64 } = WIRE;
const VALUE = tagOf(1, fixed64);
const TIMESTAMP = tagOf(2, varint);
/** Of 2.0 alone. */
const START = tagOf(3, varint);

/** Reads the message `Sample` that begins here; of 1.0, or of 2.0, which adds a field. */
export function takeSample(reader: ProtoReader, intake: Intake, series: Series): void {
  const outer = reader.open();
  const { batch } = intake;
  const index = batch.addSample(series.index, 0);
  let time = 0;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === VALUE) reader.doubleBits(batch.valueBytes, index * 8);
    else if (tag === TIMESTAMP) time = reader.int64();
    else if (tag === START) batch.setStart(index, reader.int64());
    else reader.skip(tag);
  }
  reader.close(outer);
  if (isTime(time)) batch.setTime(index, time);
  else {
    batch.dropLast();
    refuseTime(intake, series, time);
  }
}

/** Reads the message `Histogram` that begins here. */
export function takeHistogram(reader: ProtoReader, intake: Intake, series: Series): void {
  const outer = reader.open();
  const { time, start, value } = readHistogram(reader);
  reader.close(outer);
  if (!isTime(time)) refuseTime(intake, series, time);
  else if (value === "stale") intake.batch.addStale(series.index, time);
  else if ("fault" in value) {
    const what = `the histogram ${shown(series.labels)} at ${time}: ${value.fault}`;
    intake.refusals.add("invalid", what, 1);
  } else intake.batch.addHistogram(series.index, time, value, start);
}

/**
 * Reads the message `Exemplar` that begins here. Its field 1 are labels, of which `readLabels` reads
 * one or all, and says whether they are good. An exemplar that cannot be stored is left out:
 * it is a hint, and costs nobody a sample.
 */
export function takeExemplar(
  reader: ProtoReader,
  intake: Intake,
  series: Series,
  readLabels: (tag: number, pairs: string[]) => boolean,
): void {
  const outer = reader.open();
  const pairs: string[] = [];
  let value = 0;
  let time = 0;
  let good = true;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag >>> 3 === 1) good = readLabels(tag, pairs) && good;
    else if (tag === tagOf(2, fixed64)) value = reader.double();
    else if (tag === tagOf(3, varint)) time = reader.int64();
    else reader.skip(tag);
  }
  reader.close(outer);
  const labels = pairsToLabels(pairs, intake.limits);
  if (typeof labels === "string" || !good || !isTime(time)) return;
  const exemplar: Exemplar = { series: series.index, time, value, labels };
  if (exemplarFits(labels)) intake.batch.addExemplar(exemplar);
}

function refuseTime({ refusals }: Intake, { labels }: Series, time: number): void {
  const what = `${shown(labels)} has a sample at ${time}, which is not a number of milliseconds between 1970 and 2100`;
  refusals.add("invalid", what, 1);
}
