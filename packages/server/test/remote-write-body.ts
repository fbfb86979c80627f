import { compressSync } from "snappy";
import type { Labels } from "../src/model/index.ts";
import { ProtoWriter } from "./protobuf-writer.ts";

/** A histogram for tests: fields as in the protocol's schema. */
export interface SentHistogram {
  readonly time: number;
  /** Of 2.0 alone: since when it counts. */
  readonly start?: number;
  readonly count: number;
  readonly sum: number;
  readonly sumBits?: bigint;
  readonly schema: number;
  readonly zeroThreshold?: number;
  readonly zeroCount?: number;
  readonly positiveSpans?: readonly (readonly [offset: number, length: number])[];
  readonly negativeSpans?: readonly (readonly [offset: number, length: number])[];
  /** Deltas of an integer histogram, or counts of a float one. */
  readonly positive?: readonly number[];
  readonly negative?: readonly number[];
  readonly float?: boolean;
  readonly customValues?: readonly number[];
  readonly resetHint?: number;
}

export interface SentExemplar {
  readonly labels: Labels;
  readonly value: number;
  readonly time: number;
}

export interface SentSeries {
  /** Pairs, so that a test may send what is no label set. */
  readonly labels: readonly (readonly [name: string | Uint8Array, value: string | Uint8Array])[];
  /** Time and value, a bigint is the value's bits; and of 2.0 alone, since when it counts. */
  readonly samples?: readonly SentSample[];
  readonly histograms?: readonly SentHistogram[];
  readonly exemplars?: readonly SentExemplar[];
  /** Of 2.0 alone: the number of the type, help, unit. */
  readonly metadata?: { readonly type: number; readonly help: string; readonly unit: string };
}

type SentSample = readonly [time: number, value: number | bigint, start?: number];

/** Labels of an object, as pairs in the order that the protocol asks for. */
export function pairs(labels: Labels): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A body of remote write 1.0, compressed. */
export function bodyV1(
  series: readonly SentSeries[],
  metadata: readonly { type: number; metric: string; help: string; unit: string }[] = [],
): Buffer {
  const request = new ProtoWriter();
  const label = (writer: ProtoWriter, [name, value]: SentSeries["labels"][number]) =>
    writer.message(1, (inner) => inner.text(1, name).text(2, value));
  for (const { labels, samples = [], exemplars = [], histograms = [] } of series) {
    request.message(1, (writer) => {
      for (const pair of labels) label(writer, pair);
      for (const sample of samples) writer.message(2, (inner) => writeSample(inner, sample));
      for (const exemplar of exemplars) {
        writer.message(3, (inner) => {
          for (const pair of pairs(exemplar.labels)) label(inner, pair);
          inner.double(2, exemplar.value).varint(3, exemplar.time);
        });
      }
      for (const one of histograms) writer.message(4, (inner) => writeHistogram(inner, one));
    });
  }
  for (const { type, metric, help, unit } of metadata) {
    request.message(3, (inner) =>
      inner.varint(1, type).text(2, metric).text(4, help).text(5, unit),
    );
  }
  return compressSync(request.bytes());
}

/** A body of remote write 2.0, compressed. */
export function bodyV2(series: readonly SentSeries[]): Buffer {
  const symbols: (string | Uint8Array)[] = [""];
  const refOf = (text: string | Uint8Array) => {
    const known = symbols.indexOf(text);
    return known >= 0 ? known : symbols.push(text) - 1;
  };
  const request = new ProtoWriter();
  const written = new ProtoWriter();
  for (const { labels, samples = [], histograms = [], exemplars = [], metadata } of series) {
    written.message(5, (writer) => {
      writer.packed(1, labels.flat().map(refOf), "varint");
      for (const sample of samples) writer.message(2, (inner) => writeSample(inner, sample));
      for (const one of histograms) writer.message(3, (inner) => writeHistogram(inner, one));
      for (const exemplar of exemplars) {
        const refs = pairs(exemplar.labels).flat().map(refOf);
        writer.message(4, (inner) =>
          inner.packed(1, refs, "varint").double(2, exemplar.value).varint(3, exemplar.time),
        );
      }
      if (metadata === undefined) return;
      const { type, help, unit } = metadata;
      writer.message(5, (inner) =>
        inner.varint(1, type).varint(3, refOf(help)).varint(4, refOf(unit)),
      );
    });
  }
  for (const symbol of symbols) request.text(4, symbol);
  return compressSync(Buffer.concat([request.bytes(), written.bytes()]));
}

function writeSample(writer: ProtoWriter, [time, value, start]: SentSample): void {
  if (typeof value === "bigint") writer.fixed64(1, value);
  else writer.double(1, value);
  writer.varint(2, time);
  if (start !== undefined) writer.varint(3, start);
}

function writeHistogram(writer: ProtoWriter, sent: SentHistogram): void {
  const { float = false, zeroCount = 0 } = sent;
  if (float) writer.double(2, sent.count).double(7, zeroCount);
  else writer.varint(1, sent.count).varint(6, zeroCount);
  if (sent.sumBits === undefined) writer.double(3, sent.sum);
  else writer.fixed64(3, sent.sumBits);
  writer.sint(4, sent.schema).double(5, sent.zeroThreshold ?? 0);
  const side = (
    spans: SentHistogram["positiveSpans"],
    values: readonly number[],
    field: number,
  ) => {
    for (const [offset, length] of spans ?? []) {
      writer.message(field, (inner) => inner.sint(1, offset).varint(2, length));
    }
    if (values.length === 0) return;
    if (float) writer.packed(field + 2, values, "double");
    else writer.packed(field + 1, values, "sint");
  };
  side(sent.negativeSpans, sent.negative ?? [], 8);
  side(sent.positiveSpans, sent.positive ?? [], 11);
  writer.varint(14, sent.resetHint ?? 0).varint(15, sent.time);
  if (sent.customValues !== undefined) writer.packed(16, sent.customValues, "double");
  if (sent.start !== undefined) writer.varint(17, sent.start);
}
