import { CUSTOM_BUCKETS_SCHEMA } from "@seaworthy/promql";
import type { NativeHistogram, RawSeries } from "@seaworthy/promql";
import { ProtoWriter } from "../../proto-writer.ts";

/** Writes the message prometheus.ReadResponse: a result for each question, in their order. */
export function readResponse(results: readonly (readonly RawSeries[])[]): Buffer {
  const response = new ProtoWriter();
  for (const series of results) {
    response.message(1, () => {
      for (const one of series) response.message(1, () => writeSeries(response, one));
    });
  }
  return response.finish();
}

function writeSeries(writer: ProtoWriter, { labels, times, values, histograms }: RawSeries): void {
  for (const [name, value] of labels) {
    writer.message(1, () => {
      writer.text(1, name);
      writer.text(2, value);
    });
  }
  for (let i = 0; i < times.length; i += 1) {
    const time = times[i] ?? 0;
    const histogram = histograms?.[i];
    if (histogram === undefined) {
      writer.message(2, () => {
        writer.doubleAt(1, values, i);
        writer.int64(2, time);
      });
    } else writer.message(4, () => writeHistogram(writer, histogram, time));
  }
}

const HINTS = ["unknown", "reset", "not_reset", "gauge"];

/** A histogram with float counts, as which all are read. */
export function writeHistogram(
  writer: ProtoWriter,
  histogram: NativeHistogram,
  time: number,
): void {
  const { schema, positive, negative, customValues } = histogram;
  writer.double(2, histogram.count);
  writer.double(3, histogram.sum);
  writer.sint32(4, schema);
  writer.double(5, histogram.zeroThreshold);
  writer.double(7, histogram.zeroCount);
  writeBuckets(writer, 8, negative);
  writeBuckets(writer, 11, positive);
  writer.int64(14, HINTS.indexOf(histogram.counterResetHint));
  writer.int64(15, time);
  if (schema === CUSTOM_BUCKETS_SCHEMA) writer.packedDoubles(16, customValues);
}

/** Spans in the field `spans`, counts two fields on. */
function writeBuckets(
  writer: ProtoWriter,
  spans: number,
  { indexes, counts }: NativeHistogram["positive"],
): void {
  let end = 0;
  for (let i = 0; i < indexes.length;) {
    const first = indexes[i] ?? 0;
    let length = 1;
    while (indexes[i + length] === first + length) length += 1;
    const offset = first - end;
    writer.message(spans, () => {
      writer.sint32(1, offset);
      writer.int64(2, length);
    });
    end = first + length;
    i += length;
  }
  if (counts.length > 0) writer.packedDoubles(spans + 2, counts);
}
