import { describe, expect, it } from "vitest";
import { isLogExpr } from "./ast.ts";
import { createEngine } from "./engine.ts";
import type { Labels } from "./labels.ts";
import { memorySource } from "./testing/index.ts";

const engine = createEngine();
const at = (seconds: number) => BigInt(seconds) * 1_000_000_000n;

/** Runs a pipeline over one line; what it answers: the line and all labels beside the stream's. */
async function through(stages: string, line: string, metadata: Labels = {}, stream: Labels = {}) {
  const log = engine.parse(`{app="a"} ${stages}`);
  if (!isLogExpr(log)) throw new Error("a log query was meant");
  const entry = { timeNs: at(1_700_000_000), line, stream: { app: "a", ...stream }, metadata };
  const request = { startNs: 0n, endNs: at(9e9), direction: "forward", limit: 10 } as const;
  const found = await engine.lines(log, request, memorySource([entry]));
  return found.map((each) => ({ line: each.line, ...each.metadata, ...each.parsed }));
}

const JSON_LINE =
  '{"status":500,"took":"1.5s","req":{"method":"GET","a b":[1]},"id":12345678901234567890,"ok":true,"none":null,"app":"json","size":"12KB","dup":1,"dup":2}';

describe("a pipeline", () => {
  it.each<[string, string, Record<string, string>[]]>([
    ['|= "took"', "x took y", [{ line: "x took y" }]],
    ['!= "took"', "x took y", []],
    ['|= "a" or "b"', "xb", [{ line: "xb" }]],
    ['!= "a" or "b"', "xb", []],
    ['|~ "t.{2}k$"', "x took", [{ line: "x took" }]],
    ['|= ip("10.1.0.0/16")', "from 10.1.2.3:80", [{ line: "from 10.1.2.3:80" }]],
    ['|= ip("10.1.0.0/16")', "from 10.2.2.3:80", []],
    ['|> "<_> GET <_> 200"', "1.1.1.1 GET / 200", [{ line: "1.1.1.1 GET / 200" }]],
    ['!> "<_> GET <_> 200"', "1.1.1.1 GET / 500", [{ line: "1.1.1.1 GET / 500" }]],
    [
      "| json",
      JSON_LINE,
      [
        {
          line: JSON_LINE,
          status: "500",
          took: "1.5s",
          req_method: "GET",
          id: "12345678901234567890",
          ok: "true",
          app_extracted: "json",
          size: "12KB",
          dup: "1",
        },
      ],
    ],
    [
      '| json m="req.method", l="req[\\"a b\\"][0]", r="req"',
      '{"req":{"method":"GET","a b":[1]}}',
      [
        {
          line: '{"req":{"method":"GET","a b":[1]}}',
          m: "GET",
          l: "1",
          r: '{"method":"GET","a b":[1]}',
        },
      ],
    ],
    [
      "| json",
      "no json",
      [
        {
          line: "no json",
          __error__: "JSONParserErr",
          __error_details__: "the line is no JSON object",
        },
      ],
    ],
    ['| json | __error__=""', "no json", []],
    ["| json | status >= 500 | keep status", JSON_LINE, [{ line: JSON_LINE, status: "500" }]],
    ["| json | took > 2s", JSON_LINE, []],
    [
      "| json | took > 1400ms and size <= 12KB | keep ok",
      JSON_LINE,
      [{ line: JSON_LINE, ok: "true" }],
    ],
    ["| json | missing > 1", JSON_LINE, []],
    ['| json | missing=""| keep x', JSON_LINE, [{ line: JSON_LINE }]],
    [
      "| json | ok > 1 | keep x",
      JSON_LINE,
      [{ line: JSON_LINE, __error__: "LabelFilterErr", __error_details__: '"true" is no number' }],
    ],
    [
      "| logfmt",
      'a=1 b="two \\"x\\"" c= d e=f',
      [{ line: 'a=1 b="two \\"x\\"" c= d e=f', a: "1", b: 'two "x"', e: "f" }],
    ],
    ["| logfmt --keep-empty | keep c", "a=1 c=", [{ line: "a=1 c=" }]],
    ['| logfmt x="a", b', "a=1 b=2 c=3", [{ line: "a=1 b=2 c=3", x: "1", b: "2" }]],
    [
      '| pattern "<ip> - <_> \\"<method> <path>\\""',
      '1.2.3.4 - u "GET /x"',
      [{ line: '1.2.3.4 - u "GET /x"', ip: "1.2.3.4", method: "GET", path: "/x" }],
    ],
    [
      '| regexp "(?P<verb>\\\\w+) (?P<rest>.*)"',
      "GET /x",
      [{ line: "GET /x", verb: "GET", rest: "/x" }],
    ],
    ["| unpack", '{"_entry":"inner","pod":"p1","n":1}', [{ line: "inner", pod: "p1" }]],
    ["| decolorize", "\u001b[31mred\u001b[0m x", [{ line: "red x" }]],
    [
      '| logfmt | line_format "{{.a}}-{{ToUpper .b}}{{.zz}}"',
      "a=1 b=x",
      [{ line: "1-X", a: "1", b: "x" }],
    ],
    [
      '| line_format "{{__line__ | trunc 2}} {{div 7 2}} {{default \\"d\\" .x}}"',
      "abc",
      [{ line: "ab 3 d" }],
    ],
    [
      '| logfmt | label_format c=a, d="{{.b}}!"',
      "a=1 b=x",
      [{ line: "a=1 b=x", c: "1", b: "x", d: "x!" }],
    ],
    ['| logfmt | drop a, b="2"', "a=1 b=x", [{ line: "a=1 b=x", b: "x" }]],
    [
      '| logfmt | ip=ip("192.168.0.0-192.168.0.9")',
      "ip=192.168.0.5",
      [{ line: "ip=192.168.0.5", ip: "192.168.0.5" }],
    ],
    [
      '| logfmt | a="1" or b="2", c="3"',
      "a=0 b=2 c=3",
      [{ line: "a=0 b=2 c=3", a: "0", b: "2", c: "3" }],
    ],
  ])("%s over %s", async (stages, line, expected) => {
    expect(await through(stages, line)).toEqual(expected);
  });

  it("reads metadata as labels, and distinguishes what came from what was found", async () => {
    expect(await through('| level="warn" | logfmt', "level=x a=1", { level: "warn" })).toEqual([
      { line: "level=x a=1", level: "warn", level_extracted: "x", a: "1" },
    ]);
  });
});

describe("metric queries", () => {
  const entries = Array.from({ length: 60 }, (_, i) => ({
    timeNs: at(1000 + i),
    line: `n=${i} kind=${i % 3} took=${i}ms`,
    stream: { app: i % 2 === 0 ? "a" : "b" },
    metadata: {},
  }));
  const source = memorySource(entries);
  async function ask(query: string, grid = { startMs: 1_060_000, stepMs: 1000, count: 1 }) {
    const expr = engine.parse(query);
    if (isLogExpr(expr)) throw new Error("a metric query was meant");
    const result = await engine.metric(expr, grid, source);
    if (typeof result === "number") return result;
    return result.map(({ labels, values, present }) => [
      labels,
      ...Array.from(values, (value, i) => (present[i] === 1 ? value : undefined)),
    ]);
  }

  it.each<[string, unknown]>([
    // Windows begin after their start: 1000 is out, 1001 to 1059 are in.
    [
      'count_over_time({app=~".+"}[60s])',
      [
        [{ app: "a" }, 29],
        [{ app: "b" }, 30],
      ],
    ],
    ['sum(count_over_time({app=~".+"}[60s]))', [[{}, 59]]],
    [
      'sum by (app) (rate({app=~".+"} |= "kind=0" [60s]))',
      [
        [{ app: "a" }, 9 / 60],
        [{ app: "b" }, 10 / 60],
      ],
    ],
    [
      'sum by (kind) (count_over_time({app="a"} | logfmt [10s]))',
      [
        [{ kind: "0" }, 1],
        [{ kind: "1" }, 2],
        [{ kind: "2" }, 1],
      ],
    ],
    ['bytes_over_time({app="a"}[4s])', [[{ app: "a" }, 21]]],
    ['max_over_time({app="a"} | logfmt | unwrap n [60s]) by (app)', [[{ app: "a" }, 58]]],
    ['sum(sum_over_time({app="a"} | logfmt | unwrap duration(took) [4s]))', [[{}, 0.058]]],
    ['quantile_over_time(0.5, {app="a"} | logfmt | unwrap n [6s]) by (app)', [[{ app: "a" }, 57]]],
    ['topk(1, count_over_time({app=~".+"}[60s]))', [[{ app: "b" }, 30]]],
    ['absent_over_time({app="zz"}[60s])', [[{ app: "zz" }, 1]]],
    [
      'sum(count_over_time({app="a"}[60s])) / sum(count_over_time({app="b"}[60s])) * 30',
      [[{}, 29]],
    ],
    ['sum by (app) (count_over_time({app=~".+"}[60s])) > 29', [[{ app: "b" }, 30]]],
    ['count_over_time({app="a"}[60s]) > bool 29', [[{ app: "a" }, 0]]],
    ['sum(count_over_time({app="zz"}[60s])) or vector(0)', [[{}, 0]]],
    ['count_over_time({app="a"}[60s]) and on (app) count_over_time({app="b"}[60s])', []],
    ["1 + 2 * 3 ^ 2", 19],
    [
      'label_replace(count_over_time({app="a"}[60s]), "x", "$1-y", "app", "(.*)")',
      [[{ app: "a", x: "a-y" }, 29]],
    ],
    ['count(count_over_time({app=~".+"}[60s]))', [[{}, 2]]],
    [
      'first_over_time({app="a"} | logfmt | unwrap n [10s] offset 20s) by (app)',
      [[{ app: "a" }, 32]],
    ],
  ])("%s", async (query, expected) => {
    expect(await ask(query)).toEqual(expected);
  });

  it("evaluates over a grid", async () => {
    expect(
      await ask('sum(count_over_time({app="a"}[10s]))', {
        startMs: 995_000,
        stepMs: 10_000,
        count: 4,
      }),
    ).toEqual([[{}, undefined, 3, 5, 5]]);
  });

  it("fails on lines that cannot be read, unless they are filtered", async () => {
    await expect(ask('sum(count_over_time({app="a"} | json [10s]))')).rejects.toThrow(
      "pipeline error: 'JSONParserErr' for series",
    );
    expect(await ask('sum(count_over_time({app="a"} | json | __error__="" [10s]))')).toEqual([]);
  });

  it("refuses what is too much", async () => {
    const small = createEngine({ limits: { maxLines: 10, maxSeries: 3, maxSteps: 5 } });
    const grid = { startMs: 1_060_000, stepMs: 1000, count: 1 };
    const run = (query: string, more = grid) => {
      const expr = small.parse(query);
      return isLogExpr(expr) ? undefined : small.metric(expr, more, source);
    };
    await expect(run('rate({app="a"}[60s])')).rejects.toThrow("more than 10 lines");
    await expect(
      run('rate({app="a"} | logfmt [8s])', { ...grid, startMs: 1_059_000 }),
    ).rejects.toThrow("maximum of series (3)");
    await expect(run("vector(1)", { ...grid, count: 6 })).rejects.toThrow("maximum resolution");
  });
});
