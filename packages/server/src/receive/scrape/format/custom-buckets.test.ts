import { describe, expect, it } from "vitest";
import { protobufExposition } from "../../../../test/protobuf-exposition.ts";
import { CustomBucketsParser } from "./custom-buckets.ts";
import { OpenMetricsParser } from "./open-metrics.ts";
import { parseWhole } from "./parser.ts";
import type { ExposedLabels, Parser } from "./parser.ts";
import { ProtobufParser } from "./protobuf.ts";
import { TextParser } from "./text.ts";

const textParser = (keepsClassic = false) =>
  new CustomBucketsParser<ExposedLabels>(
    (resolve) => new TextParser(resolve),
    (labels) => labels,
    keepsClassic,
  );

/** The samples of a body by series, histograms as bounds, counts by bucket, count and sum. */
function samples(parser: Parser<ExposedLabels>, body: string | Buffer): Record<string, unknown> {
  parseWhole(parser, Buffer.from(body));
  const histograms = new Map(parser.histograms.map(({ sample, histogram: h }) => [sample, h]));
  return Object.fromEntries(
    Array.from({ length: parser.count }, (_, i) => {
      const name = parser.seriesOf(i).map(([label, value]) => `${label}=${value}`);
      const h = histograms.get(i);
      const shown =
        h &&
        `${[...h.customValues].join()} ${[...h.positive.indexes].join()}:${[...h.positive.counts].join()} ${h.count} ${h.sum}${h.integer ? "" : " float"}`;
      return [name.join(" ").replace("__name__=", ""), shown ?? parser.values[i]];
    }),
  );
}

const body = `# TYPE h histogram
h_bucket{a="x",le="1"} 2
h_bucket{a="x",le="5"} 2
h_bucket{a="x",le="+Inf"} 5
h_sum{a="x"} 12.5
h_count{a="x"} 5
h_bucket{a="y",le="2"} 1
h_bucket{le="1",a="y"} 0.5
h_other 3
# TYPE g gauge
g_bucket{le="1"} 4
`;

describe("classic histograms become native ones with custom buckets", () => {
  it("in text: each of a label set, whatever its buckets' order; nothing else", () => {
    const parser = textParser();
    const all = {
      "h a=x": "1,5 0,2:2,3 5 12.5",
      "h a=y": "1,2 0,1:0.5,0.5 1 0 float",
      h_other: 3,
      "g_bucket le=1": 4,
    };
    expect(samples(parser, body)).toEqual(all);
    // And the same with what is remembered of the body before.
    expect(samples(parser, body)).toEqual(all);
    expect(parser.takeChangedMetadata().map(({ metric }) => metric)).toEqual(["h", "g"]);
  });

  it("beside their parts, where these are wanted", () => {
    const found = samples(textParser(true), body);
    expect(found["h a=x"]).toBe("1,5 0,2:2,3 5 12.5");
    expect(found["h_bucket a=x le=5.0"]).toBe(2);
    expect(Object.keys(found)).toHaveLength(11);
  });

  it("unless their parts contradict each other: then the parts are kept", () => {
    const wrong = body.replace('le="+Inf"} 5', 'le="+Inf"} 1').replace("h_other 3\n", "");
    const found = samples(textParser(), wrong);
    expect(found["h a=x"]).toBeUndefined();
    expect(found["h_bucket a=x le=+Inf"]).toBe(1);
    expect(found["h a=y"]).toBeDefined();
    expect(
      samples(textParser(), body.replace('_count{a="x"} 5', '_count{a="x"} 6')),
    ).toHaveProperty(["h_count a=x"]);
  });

  it("with their exemplars and since when they count", () => {
    const parser = new CustomBucketsParser<ExposedLabels>(
      (resolve) => new OpenMetricsParser(resolve, undefined, true),
      (labels) => labels,
      false,
    );
    const text = `# TYPE h histogram
h_bucket{le="1"} 2 # {trace_id="a"} 0.5 1700000000
h_bucket{le="+Inf"} 5 # {trace_id="b"} 7
h_created 1600000000
# EOF
`;
    expect(samples(parser, text)).toEqual({ h: "1 0,1:2,3 5 0" });
    expect(parser.startOf(0)).toBe(1_600_000_000_000);
    expect(parser.exemplars).toEqual([
      { sample: 0, labels: { trace_id: "a" }, value: 0.5, time: 1_700_000_000_000 },
    ]);
  });

  it("not where there is a native one already", () => {
    const parser = (classic: boolean) =>
      new CustomBucketsParser<ExposedLabels>(
        (resolve) => new ProtobufParser(resolve, { native: true, classic }),
        (labels) => labels,
        false,
      );
    for (const classic of [false, true]) {
      const found = samples(parser(classic), protobufExposition);
      expect(found["h a=x"]).toBe("0.5,1000000 0,1,2:2,3,2 7 3.5");
      expect(found["n"]).toMatch(/^ /);
      expect("n_count" in found).toBe(classic);
    }
  });

  it("once more when a histogram that was forgotten comes again", () => {
    const parser = textParser();
    const many = Array.from({ length: 400 }, (_, i) => `h_bucket{n="${i}",le="+Inf"} ${i}\n`);
    const head = "# TYPE h histogram\n";
    samples(parser, head + many.join(""));
    samples(parser, `${head}h_bucket{n="0",le="+Inf"} 1\n`);
    const again = samples(parser, `${head}h_bucket{n="7",le="1"} 2\n${many.join("")}`);
    expect(again["h n=7"]).toBe("1 0,1:2,5 7 0");
    expect(Object.keys(again)).toHaveLength(400);
  });
});
