import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expositionCorpus, refusedExpositions } from "../../../../test/exposition-corpus.ts";
import { ExpositionError, parseWhole } from "./parser.ts";
import type { ExposedLabels, ExpositionLimits } from "./parser.ts";
import { TextParser } from "./text.ts";
import { parseFloat64, readFloat64 } from "./number.ts";

interface Read {
  readonly labels: Record<string, string>;
  readonly value: number;
  readonly time: number;
}

function newParser(limits?: ExpositionLimits) {
  return new TextParser<ExposedLabels>((labels) => labels, limits);
}

function samples(parser: TextParser<ExposedLabels>): Read[] {
  return Array.from({ length: parser.count }, (_, i) => ({
    labels: Object.fromEntries(parser.seriesOf(i)),
    value: parser.values[i] ?? 0,
    time: parser.times[i] ?? 0,
  }));
}

function read(body: string | Buffer): Read[] {
  const parser = newParser();
  parseWhole(parser, Buffer.from(body));
  return samples(parser);
}

/** What a parser makes of a body: its samples, or that it refuses. */
function outcome(parser: TextParser<ExposedLabels>, body: string | Buffer) {
  try {
    parseWhole(parser, Buffer.from(body));
    return samples(parser);
  } catch (error) {
    if (error instanceof ExpositionError) return error.message;
    throw error;
  }
}

describe("the corpus", () => {
  it.each(Object.entries(expositionCorpus))("%s", (name, body) => {
    const result = outcome(newParser(), body);
    expect(typeof result === "string").toBe(refusedExpositions.has(name));
  });
});

it("reads escapes, blanks, numbers and times", () => {
  expect(read('a { b = "x\\n\\"\\\\\\y" , c="é" , } -1.5e3 1700000000123\n')).toEqual([
    {
      labels: { __name__: "a", b: 'x\n"\\\\y', c: "é" },
      value: -1500,
      time: 1_700_000_000_123,
    },
  ]);
  const values = read("a +Inf\na -inf\na nan\na -0\na .5\na 1e-400\n").map(({ value }) => value);
  expect(values).toEqual([Infinity, -Infinity, NaN, -0, 0.5, 0]);
});

it("reads quoted UTF-8 names", () => {
  expect(read('{"http.requests","a b"="1",c="2"} 3\n{"x"} 4\n')).toMatchObject([
    { labels: { __name__: "http.requests", "a b": "1", c: "2" }, value: 3 },
    { labels: { __name__: "x" }, value: 4 },
  ]);
  expect(() => read('a{"b"} 1\n')).toThrow("line 1, byte 3: a second metric name");
});

it("tells what is new about metrics, once", () => {
  const parser = newParser();
  const body = Buffer.from('# HELP a An\\na.\n# TYPE a counter\n# TYPE "b.c" gauge\na 1\n');
  parseWhole(parser, body);
  expect(parser.takeChangedMetadata()).toEqual([
    { metric: "a", type: "counter", help: "An\na.", unit: "" },
    { metric: "b.c", type: "gauge", help: "", unit: "" },
  ]);
  parseWhole(parser, body);
  expect(parser.takeChangedMetadata()).toEqual([]);
  parseWhole(parser, Buffer.from("# HELP a Other.\na 1\n"));
  expect(parser.takeChangedMetadata()).toEqual([
    { metric: "a", type: "counter", help: "Other.", unit: "" },
  ]);
});

it("finds a doubled label among many", () => {
  const labels = Array.from({ length: 40 }, (_, i) => `l${i}="x"`);
  expect(read(`a{${labels.join(",")}} 1\n`)).toHaveLength(1);
  expect(() => read(`a{${labels.join(",")},l3="y"} 1\n`)).toThrow('a second label named "l3"');
});

it("names the place of a fault", () => {
  expect(() => read("a 1\n# a comment\nb{c=1} 2\n")).toThrow(
    'line 3, byte 5: expected a label value in quotes in "b{c=1} 2"',
  );
});

describe("limits", () => {
  const limits = { lineBytes: 100, labels: 3, samples: 5 };
  it.each([
    ["a name", `${"a".repeat(200)} 1\n`, /longer than 100 bytes/],
    ["a label value", `a{b="${"c".repeat(200)}"} 1\n`, /longer than 100 bytes/],
    ["a help text", `# HELP a ${"b".repeat(200)}\n`, /longer than 100 bytes/],
    ["labels", 'a{a="",b="",c="",d=""} 1\n', /more than 3 labels/],
    ["samples", "a 1\n".repeat(6), /more than 5 samples/],
    ["a number", `a 0.${"0".repeat(600)}1\n`, /expected a number/],
  ])("on %s", (_what, body, message) => {
    expect(() => parseWhole(newParser(limits), Buffer.from(body))).toThrow(message);
  });
});

const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/);
const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9]{0,5}$/);
const value = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, 0.1, 1e21, 1e-7));
const time = fc.option(fc.nat({ max: 2 ** 53 - 1 }));
const sample = fc.record({
  name,
  labels: fc.dictionary(labelName, fc.string({ unit: "grapheme" }), { maxKeys: 4 }),
  value,
  time,
});
type Sample = typeof sample extends fc.Arbitrary<infer T> ? T : never;

const quote = (text: string) =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
const number = (x: number) => (x === Infinity ? "+Inf" : x === -Infinity ? "-Inf" : String(x));

function render({ name, labels, value, time }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}=${quote(text)}`);
  const braces = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
  const shown = Object.is(value, -0) ? "-0" : number(value);
  return `${name}${braces} ${shown}${time === null ? "" : ` ${time}`}\n`;
}

it("reads back whatever can be exposed", () => {
  fc.assert(
    fc.property(fc.array(sample), (exposed) => {
      expect(read(exposed.map(render).join(""))).toEqual(
        exposed.map(({ name, labels, value, time }) => ({
          labels: { __name__: name, ...labels },
          value,
          time: time ?? Number.NaN,
        })),
      );
    }),
    { numRuns: 500 },
  );
});

// Lines that are the beginnings of each other, faults, and metadata: what could mislead a parser that
// compares with what it saw last time.
const trickyLine = fc.constantFrom(
  ...'a 1|a 2|ab 1|a{} 3|a {x="1"} 4|a{x="1"} 5|a{x="1"}6|a{x="1",y="2"} 7|a+8|a|a |a{x="1"}'.split(
    "|",
  ),
  ..."|  |# c|# HELP a b|# HELP a bc|# HELP a b c|# TYPE a gauge|# TYPE a counter|# HELP a|\ta 1".split(
    "|",
  ),
  ...'a 1 5|a  1|a\t1|b_bucket{le="+Inf"} 1|b_bucket{le="1"} 1|b_sum 1|b 1|c'.split("|"),
);
const trickyBody = fc
  .array(trickyLine, { maxLength: 12 })
  .chain((lines) => fc.constantFrom(`${lines.join("\n")}\n`, lines.join("\n")));

it("learns nothing wrong from one body for the next", () => {
  fc.assert(
    fc.property(fc.array(trickyBody, { minLength: 2, maxLength: 6 }), (bodies) => {
      const old = newParser();
      for (const body of bodies) expect(outcome(old, body)).toEqual(outcome(newParser(), body));
    }),
    { numRuns: 3000 },
  );
});

it("forgets what is no longer exposed", () => {
  const parser = newParser();
  for (let round = 0; round < 20; round += 1) {
    const body = Array.from({ length: 1000 }, (_, i) => `m{i="${round}-${i}"} ${i}\n`).join("");
    parseWhole(parser, Buffer.from(body));
    parseWhole(parser, Buffer.from("keep 1\n"));
    expect(samples(parser)).toMatchObject([{ labels: { __name__: "keep" }, value: 1 }]);
  }
  expect(parser.remembered).toBeLessThan(2000);
});

it("reads in slices what it reads at once", () => {
  const body = Buffer.from(Array.from({ length: 200 }, (_, i) => `m{i="${i}"} ${i}\n`).join(""));
  const sliced = newParser();
  for (const slice of [1, 7, 100]) {
    sliced.begin(body);
    let turns = 1;
    while (!sliced.advance(slice)) turns += 1;
    expect(turns).toBeGreaterThan(10);
    expect(samples(sliced)).toEqual(read(body));
  }
});

it("answers any bytes with samples or an ExpositionError", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc
      .array(fc.constantFrom(...'a{}="\\,# \n\t1.e+-\0\xe9'.split(""), "# HELP ", "# TYPE "), {
        maxLength: 60,
      })
      .map((parts) => Buffer.from(parts.join(""), "latin1")),
    // A good body with a few bytes changed.
    fc
      .tuple(fc.array(sample, { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat({ max: 255 }))
      .map(([exposed, at, byte]) => {
        const body = Buffer.from(exposed.map(render).join(""));
        body[at % body.length] = byte;
        return body;
      }),
  );
  const parser = newParser();
  fc.assert(
    fc.property(bytes, (body) => {
      outcome(parser, body);
    }),
    { numRuns: 5000 },
  );
});

describe("numbers", () => {
  const bytesOf = (text: string) => readFloat64(Buffer.from(` ${text} `), 1, 1 + text.length);

  it("are the double nearest to their text", () => {
    const texts = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc
        .tuple(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), fc.nat({ max: 10 }))
        .map(([x, digits]) => x.toFixed(digits)),
      fc.tuple(fc.integer(), fc.integer({ min: -30, max: 30 })).map(([m, e]) => `${m}e${e}`),
      fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `${a}.${b}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(bytesOf(text)).toBe(Number(text));
      }),
      { numRuns: 5000 },
    );
  });

  it("are refused where they are none, by both ways of reading", () => {
    const texts = fc.stringMatching(/^[0-9+\-.eEinfNa_xp]{1,12}$/);
    fc.assert(
      fc.property(texts, (text) => {
        expect(bytesOf(text)).toEqual(parseFloat64(text));
      }),
      { numRuns: 5000 },
    );
  });
});
