import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openMetricsCorpus } from "../../../../test/open-metrics-corpus.ts";
import { OpenMetricsParser } from "./open-metrics.ts";
import { ExpositionError, parseWhole } from "./parser.ts";
import type { ExposedLabels } from "./parser.ts";

function samples(parser: OpenMetricsParser<ExposedLabels>) {
  return Array.from({ length: parser.count }, (_, i) => ({
    labels: Object.fromEntries(parser.seriesOf(i)),
    value: parser.values[i],
    time: parser.times[i],
  }));
}

/** What a parser makes of a body: its samples and exemplars, or why it refuses. */
function outcome(parser: OpenMetricsParser<ExposedLabels>, body: string) {
  try {
    parseWhole(parser, Buffer.from(body));
    return { samples: samples(parser), exemplars: parser.exemplars };
  } catch (error) {
    if (error instanceof ExpositionError) return error.message;
    throw error;
  }
}

const newParser = () => new OpenMetricsParser<ExposedLabels>((labels) => labels);

describe("OpenMetrics text", () => {
  it("has names in quotes, exemplars, and times in seconds", () => {
    const body = [
      '# TYPE "http.seconds" histogram',
      '# UNIT "http.seconds" seconds',
      '{"http.seconds_bucket","a.b"="x\\n\\"y",le="1"} 2 1.5 # {trace_id="t\\"1","s.p"="é"} 0.5 1.2345',
      '{"http.seconds_bucket",le="+Inf"} 3 # {} -1e3',
      "# EOF\n",
    ].join("\n");
    const parser = newParser();
    expect(
      outcome(parser, body.replace('"http.seconds" seconds', '"http_seconds" seconds')),
    ).toEqual({
      samples: [
        {
          labels: { __name__: "http.seconds_bucket", "a.b": 'x\n"y', le: "1.0" },
          value: 2,
          time: 1500,
        },
        { labels: { __name__: "http.seconds_bucket", le: "+Inf" }, value: 3, time: NaN },
      ],
      exemplars: [
        { sample: 0, labels: { trace_id: 't"1', "s.p": "é" }, value: 0.5, time: 1234 },
        { sample: 1, labels: {}, value: -1000, time: NaN },
      ],
    });
    expect(parser.takeChangedMetadata()).toEqual([
      { metric: "http.seconds", type: "histogram", help: "", unit: "" },
      { metric: "http_seconds", type: "unknown", help: "", unit: "seconds" },
    ]);
  });

  it("writes bounds in one way, by the type that stands before", () => {
    const bounds = (type: string, label: string) => {
      const lines = ["0", "1", "0.5", "1e6", "100000", "1e-5", "+Inf", "x"].map(
        (bound, i) => `m_bucket{${label}="${bound}"} ${i}`,
      );
      const read = outcome(newParser(), `# TYPE m ${type}\n${lines.join("\n")}\n# EOF\n`);
      return typeof read === "string" ? read : read.samples.map(({ labels }) => labels[label]);
    };
    const normal = ["0.0", "1.0", "0.5", "1e+06", "100000.0", "1e-05", "+Inf", "x"];
    expect(bounds("histogram", "le")).toEqual(normal);
    expect(bounds("summary", "quantile")).toEqual(normal);
    expect(bounds("gauge", "le")).toContain("1e6");
  });

  it("names the place of what it refuses", () => {
    expect(outcome(newParser(), "a 1\nb  1\n# EOF\n")).toBe(
      'line 2, byte 3: expected a value after one blank in "b  1"',
    );
  });

  it("is read the same whatever was read before", () => {
    const pieces = fc.constantFrom(
      ...Object.values(openMetricsCorpus).flatMap((body) => body.match(/[^\n]*\n|[^\n]+/g) ?? []),
    );
    const odd = fc.constantFrom(...' \t#{}",=\\1e+Inf\n\u0000é'.split(""));
    const body = fc
      .array(fc.oneof({ weight: 6, arbitrary: pieces }, { weight: 1, arbitrary: odd }), {
        maxLength: 12,
      })
      .map((parts) => `${parts.filter((part) => !part.startsWith("# EOF")).join("")}# EOF\n`);
    fc.assert(
      fc.property(fc.array(body, { minLength: 2, maxLength: 4 }), (bodies) => {
        const parser = newParser();
        for (const text of bodies)
          expect(outcome(parser, text)).toEqual(outcome(newParser(), text));
      }),
      { numRuns: 1500 },
    );
  });
});
