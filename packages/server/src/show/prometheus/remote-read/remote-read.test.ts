import { Labels } from "@seaworthy/promql";
import type { RawSeries } from "@seaworthy/promql";
import fc from "fast-check";
import { expect, it } from "vitest";
import { isStale, setStale } from "../../../model/index.ts";
import { ProtobufError, ProtoReader } from "../../../receive/index.ts";
import { ApiError } from "../api-error.ts";
import { ProtoWriter } from "../../proto-writer.ts";
import { readRequest } from "./request.ts";
import { readResponse } from "./response.ts";

function request(accepted: readonly number[]): Buffer {
  const writer = new ProtoWriter();
  writer.message(1, () => {
    writer.int64(1, 1_700_000_000_000);
    writer.int64(2, 1_700_000_060_000);
    for (const [type, name, value] of [
      [0, "__name__", "up"],
      [3, "job", "a|b"],
    ] as const) {
      writer.message(3, () => {
        writer.int64(1, type);
        writer.text(2, name);
        writer.text(3, value);
      });
    }
    // Hints, which are of no interest.
    writer.message(4, () => writer.text(2, "rate"));
  });
  for (const type of accepted) writer.int64(2, type);
  return Buffer.from(writer.finish());
}

it("reads what is asked", () => {
  const query = {
    startMs: 1_700_000_000_000,
    endMs: 1_700_000_060_000,
    matchers: [
      { name: "__name__", operator: "=", value: "up" },
      { name: "job", operator: "!~", value: "a|b" },
    ],
  };
  expect(readRequest(request([]))).toEqual([query]);
  expect(readRequest(request([1, 0]))).toEqual([query]);
  expect(() => readRequest(request([1]))).toThrow(/SAMPLES/);
});

it("refuses what is no request with an error of its own", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (noise, at) => {
      const sound = request([0]);
      const bytes = Buffer.concat([sound.subarray(0, at % sound.length), noise]);
      try {
        readRequest(bytes);
      } catch (error) {
        expect(error instanceof ApiError || error instanceof ProtobufError).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

/** The fields of a message: numbers of varints, bytes of the others. */
function fields(bytes: Buffer): [field: number, value: number | Buffer][] {
  const reader = new ProtoReader(bytes);
  const found: [number, number | Buffer][] = [];
  while (reader.more) {
    const tag = reader.nextTag();
    const wire = tag & 7;
    if (wire === 0) found.push([tag >>> 3, reader.uint64()]);
    else if (wire === 1) {
      const raw = Buffer.alloc(8);
      reader.doubleBits(raw, 0);
      found.push([tag >>> 3, raw]);
    } else found.push([tag >>> 3, reader.blob()]);
  }
  return found;
}

function part(bytes: Buffer, field: number): Buffer[] {
  return fields(bytes).flatMap(([number, value]) =>
    number === field && Buffer.isBuffer(value) ? [value] : [],
  );
}

it("writes floats with their bits, and histograms in spans", () => {
  const values = Float64Array.of(0.1, 0, 0);
  setStale(values, 1);
  const series: RawSeries = {
    labels: Labels.from({ __name__: "ü", a: "x".repeat(70_000) }),
    times: Float64Array.of(1, 2, 1_700_000_000_000),
    values,
    histograms: [
      undefined,
      undefined,
      {
        schema: -1,
        count: 6,
        sum: 1.5,
        zeroThreshold: 0.5,
        zeroCount: 0,
        positive: { indexes: Int32Array.of(-3, -2, 4), counts: Float64Array.of(1, 2, 3) },
        negative: { indexes: new Int32Array(), counts: new Float64Array() },
        customValues: new Float64Array(),
        counterResetHint: "gauge",
      },
    ],
  };
  const results = part(readResponse([[], [series]]), 1);
  expect(results.map((result) => part(result, 1).length)).toEqual([0, 1]);
  const [written = Buffer.alloc(0)] = results.flatMap((result) => part(result, 1));
  expect(part(written, 1).map((label) => part(label, 2)[0]?.length)).toEqual([2, 70_000]);
  const samples = part(written, 2).map((sample) => fields(sample));
  const read = new Float64Array(2);
  samples.forEach((sample, i) => {
    const raw = sample[0]?.[1];
    if (Buffer.isBuffer(raw)) new Uint8Array(read.buffer).set(raw, i * 8);
  });
  expect(read[0]).toBe(0.1);
  expect(isStale(read, 1)).toBe(true);
  expect(samples.map((sample) => sample[1])).toEqual([
    [2, 1],
    [2, 2],
  ]);
  const [histogram = Buffer.alloc(0)] = part(written, 4);
  expect(fields(histogram)).toEqual(
    expect.arrayContaining([
      [4, 1],
      [14, 3],
      [15, 1_700_000_000_000],
    ]),
  );
  expect(part(histogram, 11).map((span) => fields(span))).toEqual([
    [
      [1, 5],
      [2, 2],
    ],
    [
      [1, 10],
      [2, 1],
    ],
  ]);
  const counts = part(histogram, 13)[0];
  expect([0, 8, 16].map((at) => counts?.readDoubleLE(at))).toEqual([1, 2, 3]);
});
