import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { family, label, protobufExposition, simple } from "../../../../test/protobuf-exposition.ts";
import { acceptHeader, formatOf, NATIVE_PROTOCOLS } from "./negotiation.ts";
import { ExpositionError, parseWhole } from "./parser.ts";
import type { ExposedLabels } from "./parser.ts";
import { ProtobufParser } from "./protobuf.ts";

const newParser = (native = true, classic = false, limits = {}) =>
  new ProtobufParser<ExposedLabels>(
    (labels) => labels,
    { native, classic },
    { lineBytes: 1000, labels: 10, samples: 100, ...limits },
  );

function names(parser: ProtobufParser<ExposedLabels>): string[] {
  return Array.from({ length: parser.count }, (_, i) =>
    parser
      .seriesOf(i)
      .map(([name, value]) => (name === "__name__" ? value : `${name}=${value}`))
      .join(" "),
  );
}

describe("protobuf", () => {
  it("has the series of the text format, and native histograms", () => {
    const parser = newParser();
    parseWhole(parser, protobufExposition);
    expect(names(parser)).toEqual([
      "c_total a=x",
      "c_total a=y",
      "g",
      "u",
      "s_count",
      "s_sum",
      "s quantile=0.5",
      "s quantile=1.0",
      "h_count a=x",
      "h_sum a=x",
      "h_bucket a=x le=0.5",
      "h_bucket a=x le=1e+06",
      "h_bucket a=x le=+Inf",
      "n",
    ]);
    expect([...parser.values.subarray(0, 13)]).toEqual([
      5,
      6,
      -1.5,
      NaN,
      10,
      2.5,
      0.1,
      0.2,
      7,
      3.5,
      2,
      5,
      7,
    ]);
    expect(parser.times[2]).toBe(1_700_000_000_123);
    expect(parser.times[0]).toBeNaN();
    const labels = { trace_id: "t1" };
    expect(parser.exemplars).toEqual([
      { sample: 0, labels, value: 0.25, time: 1_700_000_000_005 },
      { sample: 10, labels, value: 0.25, time: NaN },
      { sample: 13, labels, value: 0.25, time: 1_700_000_001_005 },
    ]);
    expect(parser.histograms).toEqual([
      {
        sample: 13,
        histogram: {
          schema: 1,
          count: 12,
          sum: 18.5,
          zeroThreshold: 0.001,
          zeroCount: 2,
          positive: { indexes: Int32Array.of(0, 1, 3, 4), counts: Float64Array.of(1, 2, 1, 1) },
          negative: { indexes: Int32Array.of(-3), counts: Float64Array.of(4) },
          customValues: new Float64Array(),
          counterResetHint: "unknown",
          integer: true,
        },
      },
    ]);
    expect(parser.takeChangedMetadata()).toContainEqual({
      metric: "c_total",
      type: "counter",
      help: "Counts.",
      unit: "total",
    });
  });

  it("takes of a native histogram what it is told to", () => {
    const classic = ["n_count", "n_sum", "n_bucket le=1.0", "n_bucket le=+Inf"];
    const both = newParser(true, true);
    parseWhole(both, protobufExposition);
    expect(names(both).slice(13)).toEqual(["n", ...classic]);
    const without = newParser(false);
    parseWhole(without, protobufExposition);
    expect(names(without).slice(13)).toEqual(classic);
    expect(without.histograms).toEqual([]);
  });

  it.each<[string, Buffer]>([
    ["has no name", family("", "gauge", [[simple(2, 1)]])],
    ["a label twice", family("m", "gauge", [[label("a", "1"), label("a", "2"), simple(2, 1)]])],
    ["a label has no name", family("m", "gauge", [[label("", "1")]])],
    [
      "spans have 2 buckets and there are 1",
      family("m", "histogram", [
        [
          [
            7,
            "message",
            [
              [12, "message", [[2, "varint", 2]]],
              [13, "packed", [1]],
            ],
          ],
        ],
      ]),
    ],
    [
      "schema 99",
      family("m", "histogram", [
        [
          [
            7,
            "message",
            [
              [5, "zigzag", 99],
              [7, "varint", 1],
            ],
          ],
        ],
      ]),
    ],
    ["bytes were announced", protobufExposition.subarray(0, 20)],
    [
      "more than 10 labels",
      family("m", "gauge", [Array.from({ length: 11 }, () => label("a", "b"))]),
    ],
    [
      "more than 100 samples",
      family(
        "m",
        "gauge",
        Array.from({ length: 101 }, () => [simple(2, 1)]),
      ),
    ],
  ])("refuses what is wrong: %s", (reason, body) => {
    expect(() => parseWhole(newParser(), body)).toThrow(reason);
  });

  it("answers any bytes with samples or an ExpositionError", () => {
    const change = fc.record({
      at: fc.nat(protobufExposition.length - 1),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    const parser = newParser(true, true);
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.nat(4), (changes, cut) => {
        const body = Buffer.from(protobufExposition);
        for (const { at, byte } of changes) body[at] = byte;
        try {
          parseWhole(parser, body.subarray(0, body.length - cut));
        } catch (error) {
          expect(error).toBeInstanceOf(ExpositionError);
        }
      }),
      { numRuns: 4000 },
    );
  });
});

describe("the format of an answer", () => {
  it.each([
    ["text/plain", "text"],
    ["text/plain; version=0.0.4; charset=utf-8", "text"],
    ["Application/OpenMetrics-Text;version=1.0.0", "open-metrics"],
    ["application/vnd.google.protobuf; proto=x; encoding=delimited", "protobuf"],
  ])("is what %s says", (type, format) => {
    expect(formatOf(type, undefined)).toBe(format);
  });

  it("is the fallback's where nothing is said that is known", () => {
    for (const type of ["", "text/html", "text plain"]) {
      expect(formatOf(type, "PrometheusText0.0.4")).toBe("text");
      expect(() => formatOf(type, undefined)).toThrow("fallback_scrape_protocol");
    }
  });

  it("is asked for by weight", () => {
    expect(acceptHeader(NATIVE_PROTOCOLS, "dots")).toMatch(
      /^application\/vnd\.google\.protobuf;.*;q=0\.6,.*escaping=dots;q=0\.5,.*\*\/\*;q=0\.1$/,
    );
  });
});
