import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import {
  alertmanagerFunctions,
  DurationValue,
  fn,
  FunctionValue,
  ListValue,
  prometheusFunctions,
  stringMap,
  StructValue,
  TemplateError,
  TemplateSet,
  TimeValue,
  toValue,
} from "./index.ts";
import type { Limits, Value } from "./index.ts";

const NOW = Date.UTC(2026, 0, 2, 5, 0, 0);
const functions = {
  ...prometheusFunctions({ externalUrl: "https://x.org/p", now: NOW / 1000 }),
  ...alertmanagerFunctions({
    now: () => NOW,
    routeLabel: (name) => (name === "team" ? "shop" : ""),
  }),
};

function expand(text: string, data?: Value, limits: Partial<Limits> = {}): string {
  return new TemplateSet({ functions, missingKey: "zero", limits }).expand(text, data);
}

function errorOf(run: () => unknown): TemplateError {
  try {
    run();
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("template sets", () => {
  it("let texts call what other texts define, and later definitions replace earlier ones", () => {
    const set = new TemplateSet({ functions });
    set.parse(
      "one.tmpl",
      '{{ define "a" }}one{{ end }}{{ define "b" }}[{{ template "a" }}]{{ end }}',
    );
    set.parse("two.tmpl", '{{ define "a" }}two{{ end }}');
    expect(set.execute("b", undefined)).toBe("[two]");
    expect(set.expand('{{ template "b" }}!', undefined)).toBe("[two]!");
    expect(set.names()).toEqual(["a", "b", "one.tmpl", "two.tmpl"]);
  });

  it("name the file, line and column of what fails", () => {
    const set = new TemplateSet({ functions });
    set.parse("x.tmpl", '{{ define "a" }}\né {{ .Nope }}{{ end }}');
    const error = errorOf(() => set.execute("a", new StructValue("Data", {})));
    expect(error.message).toBe(
      'template: x.tmpl:2:6: executing "a" at <.Nope>: can\'t evaluate field Nope in type Data',
    );
    expect(error).toMatchObject({ template: "x.tmpl", line: 2, column: 6 });
    expect(errorOf(() => set.parse("y.tmpl", "\n {{ nosuch }}"))).toMatchObject({
      template: "y.tmpl",
      line: 2,
      reason: 'function "nosuch" not defined',
    });
    expect(errorOf(() => set.execute("nosuch", undefined)).message).toContain(
      'no template "nosuch"',
    );
  });

  it("are not changed by a text that does not parse", () => {
    const set = new TemplateSet({ functions });
    expect(() => set.parse("x", '{{ define "a" }}{{ end }}{{ if }}')).toThrow(TemplateError);
    expect(set.names()).toEqual([]);
  });

  it("give what an absent key gives: nothing, zero or an error", () => {
    const data = toValue({ map: {} });
    const labels = stringMap({});
    const missing = (missingKey: "default" | "zero" | "error", text: string, dot: Value) =>
      new TemplateSet({ functions, missingKey }).expand(text, dot);
    expect(missing("default", "{{ .map.nope }}", data)).toBe("<no value>");
    expect(missing("zero", "{{ .map.nope }}", data)).toBe("<no value>");
    expect(missing("default", "{{ .nope }}", labels)).toBe("<no value>");
    expect(missing("zero", "{{ .nope }}", labels)).toBe("");
    expect(errorOf(() => missing("error", "{{ .nope }}", labels)).reason).toBe(
      'map has no entry for key "nope"',
    );
    expect(missing("default", "{{ .map.nope.more }}", data)).toBe("<no value>");
  });
});

describe("newer functions, which the peers here do not have yet", () => {
  it.each([
    ['{{ date "2006-01-02 15:04" (tz "Europe/Berlin" .at) }}', "2026-07-01 14:30"],
    ['{{ (tz "America/New_York" .at).Format "15:04 MST -0700" }}', "08:30 EDT -0400"],
    ['{{ (tz "Asia/Kolkata" .at).Format "15:04 MST Z07:00" }}', "18:00 IST +05:30"],
    [
      "{{ since .past }} {{ since .past | humanizeDuration }} {{ (since .past).Minutes }}",
      "1h30m0.5s 1h 30m 0s 90.00833333333334",
    ],
    ["{{ .zero }} {{ .small }}", "0s 1.5ms"],
    [
      '{{ toJson (dict "b" 1 "a" (list 1.5 nil true "<x>")) }}',
      '{"a":[1.5,null,true,"\\u003cx\\u003e"],"b":1}',
    ],
    ['{{ append (list 1 2) 3 "x" }} {{ len (list) }}', "[1 2 3 x] 0"],
    ['{{ trimSpace " a " }}|{{ urlUnescape "a+b%20c" }}|{{ urlQueryEscape "a b" }}', "a|a b c|a+b"],
    ["{{ now }} {{ toDuration 90 }}", "2026-01-02 05:00:00 +0000 UTC 1m30s"],
    ['{{ (toDate "02 Jan 2006 15:04 -07" "05 Mar 2026 17:30 +02").Unix }}', "1772724600"],
    ['{{ toDate "2006-01-02" "2026-02-30" }}', "0001-01-01 00:00:00 +0000 UTC"],
    ['{{ (mustToDate "3:04:05PM" "9:05:06.25PM").Format "15:04:05.00" }}', "21:05:06.25"],
    ['{{ base64encode "ü?>" }} {{ base64decode "w7w_Pg==" }}', "w7w_Pg== ü?>"],
    ['{{ routeLabels "team" }}|{{ routeLabels "nope" }}', "shop|"],
    ["{{ range 3 }}{{ . }}{{ end }}", "012"],
    ["{{ with .nope }}a{{ else with 2 }}{{ . }}{{ end }}", "2"],
    ["{{ call .double 4 }}", "8"],
    ["{{ externalURL }} {{ pathPrefix }}", "https://x.org/p /p"],
  ])("%s", (text, expected) => {
    const data = new StructValue("Data", {
      at: new TimeValue(Date.UTC(2026, 6, 1, 12, 30)),
      past: new TimeValue(NOW - 5_400_500),
      zero: new DurationValue(0n),
      small: DurationValue.ofMilliseconds(1.5),
      double: new FunctionValue(fn(["int"], ([value]) => value * 2n)),
      nope: "",
    });
    expect(expand(text, data)).toBe(expected);
  });

  it("dict and list refuse what does not fit", () => {
    expect(errorOf(() => expand('{{ dict "a" }}')).reason).toContain("even number");
    expect(errorOf(() => expand("{{ dict 1 2 }}")).reason).toContain("must be strings");
    expect(
      errorOf(() =>
        expand('{{ tz "Mars/Crater" .at }}', new StructValue("D", { at: new TimeValue(0) })),
      ).reason,
    ).toContain("unknown time zone Mars/Crater");
  });
});

describe("queries", () => {
  const set = (
    query: (expression: string) => Promise<{ labels: Record<string, string>; value: number }[]>,
  ) =>
    new TemplateSet({
      functions: prometheusFunctions({ externalUrl: "", query }),
      missingKey: "zero",
    });

  it("are each made once, however often execution starts over", async () => {
    const asked: string[] = [];
    const template = set(async (expression) => {
      asked.push(expression);
      return [{ labels: { a: expression }, value: asked.length }];
    }).compile(
      "t",
      '{{ query "x" | first | value }}{{ range query "y" }}{{ .Labels.a }}{{ end }}{{ query "x" | first | label "a" }}',
    );
    expect(await template.executeAsync(undefined)).toBe("1yx");
    expect(asked).toEqual(["x", "y"]);
  });

  it("report what failed, and where", async () => {
    const template = set(async () => {
      throw new Error("no such metric");
    }).compile("t", '{{ query "x" }}');
    await expect(template.executeAsync(undefined)).rejects.toThrow(
      'template: t:1:3: executing "t" at <query "x">: error calling query: no such metric',
    );
  });

  it("are bounded", async () => {
    const template = set(async () => []).compile(
      "t",
      "{{ range $i := args 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 }}{{ query (print $i) }}{{ end }}",
    );
    await expect(template.executeAsync(undefined)).rejects.toThrow("more than 32 queries");
  });
});

describe("limits", () => {
  it.each<[string, string, Partial<Limits>]>([
    ["a text that is too long", "x".repeat(101), { source: 100 }],
    ["too many nodes", "{{ 1 }}".repeat(50), { nodes: 100 }],
    ["parentheses too deep", `{{ ${"(".repeat(200)}1${")".repeat(200)} }}`, {}],
    ["blocks too deep", `${"{{ if true }}".repeat(200)}${"{{ end }}".repeat(200)}`, {}],
    ["else-ifs too deep", `{{ if false }}${"{{ else if false }}".repeat(200)}{{ end }}`, {}],
    [
      "a template that calls itself",
      '{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}',
      {},
    ],
    ["a long output", "{{ range 100 }}0123456789{{ end }}", { output: 500 }],
    ["an endless loop", "{{ range 100000000 }}{{ end }}", {}],
    ["nested loops", "{{ range 10000 }}{{ range 10000 }}{{ end }}{{ end }}", {}],
    ["a string that doubles", `{{ $x := "ab" }}${"{{ $x = print $x $x }}".repeat(60)}`, {}],
    [
      "a list that doubles when printed",
      `{{ $x := list 1 }}${"{{ $x = list $x $x }}".repeat(60)}{{ $x }}`,
      {},
    ],
    [
      "a list that doubles in JSON",
      `{{ $x := list 1 }}${"{{ $x = list $x $x }}".repeat(60)}{{ toJson $x }}`,
      {},
    ],
    ["padding", '{{ range 10 }}{{ printf "%900000d" 1 }}{{ end }}', {}],
    [
      "replacements that multiply",
      `{{ $x := printf "%1000d" 1 }}{{ reReplaceAll "" $x (printf "%9999d" 1) }}`,
      {},
    ],
    [
      "patterns over long text",
      '{{ $x := printf "%900000d" 1 }}{{ range 1000 }}{{ $y := match "(a|b)*c" $x }}{{ end }}',
      {},
    ],
    ["a pattern that is too long", '{{ match (printf "%5000d" 1) "a" }}', {}],
  ])("stop %s", (_, text, limits) => {
    expect(errorOf(() => expand(text, undefined, limits)).reason).toMatch(
      /more than|longer than|exceeded/,
    );
  });
});

describe("what templates cannot reach", () => {
  const data = toValue({ text: "x", list: [1], map: { a: 1 } });
  const NAMES = [
    "constructor",
    "__proto__",
    "prototype",
    "toString",
    "hasOwnProperty",
    "entries",
    "items",
    "methods",
    "kind",
    "call",
  ];
  it.each(
    NAMES.flatMap((name) => [
      `{{ .${name} }}`,
      `{{ .text.${name} }}`,
      `{{ .list.${name} }}`,
      `{{ .map.${name} }}`,
      `{{ index .map "${name}" }}`,
      `{{ $.map.${name} }}`,
      `{{ (now).${name} }}`,
      `{{ (since .at).${name} }}`,
    ]),
  )("%s", (text) => {
    let result: string;
    try {
      result = expand(text, data);
    } catch (error) {
      expect(error).toBeInstanceOf(TemplateError);
      return;
    }
    expect(["<no value>", "<nil>"]).toContain(result);
  });

  it.each(["constructor", "__proto__", "toString", "valueOf"])("functions named %s", (name) => {
    expect(errorOf(() => expand(`{{ ${name} 1 }}`)).reason).toBe(`function "${name}" not defined`);
  });

  it("own properties of data named like the prototype's are data", () => {
    const tricky = toValue(JSON.parse('{"__proto__": {"x": 1}, "constructor": "c"}'));
    expect(expand("{{ .__proto__.x }} {{ .constructor }} {{ .__proto__.y }}", tricky)).toBe(
      "1 c <no value>",
    );
  });
});

describe("fuzz", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "{{",
      "}}",
      "{{-",
      "-}}",
      "{{/*",
      "*/}}",
      "if",
      "else",
      "end",
      "range",
      "with",
      "define",
      "template",
      "block",
      "break",
      "continue",
      "nil",
      "$x",
      ":=",
      "=",
      "|",
      "(",
      ")",
      ".",
      ".a",
      ".b.c",
      '"s"',
      "`r`",
      "'c'",
      "1",
      "1.5",
      "0x",
      "1e",
      "$",
      ",",
      " ",
      "\n",
      "printf",
      "print",
      "index",
      "len",
      "and",
      "or",
      '"%d%s%v%q%[1]*d"',
      "eq",
      "lt",
      "slice",
      "list",
      "dict",
      "toJson",
      "humanize",
      "match",
      "reReplaceAll",
      "call",
      "html",
      "js",
      "é",
      "\u{1F600}",
      "\ud800",
      "\0",
    ),
    fc.string({ maxLength: 5 }),
  );
  const data = toValue({ a: [1, "x", null, { b: true }], b: { c: { d: -1.5 } } });

  it("any text either renders or is a TemplateError", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          expect(typeof expand(pieces.join(" "), data, { steps: 20_000 })).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
      { numRuns: 4000 },
    );
  });

  it("any action over any operands either renders or is a TemplateError", () => {
    const operand = fc.constantFrom(
      "1",
      "-2",
      "1.5",
      '"a%b"',
      "nil",
      "true",
      ".",
      ".a",
      ".b",
      "$",
      "(list 1 2)",
      '(dict "k" 1)',
      "(index .a 3)",
      "'x'",
      '(tz "UTC" .at)',
    );
    const name = fc.constantFrom(
      ...Object.keys(functions),
      "printf",
      "print",
      "println",
      "index",
      "slice",
      "len",
      "eq",
      "ne",
      "lt",
      "le",
      "gt",
      "ge",
      "and",
      "or",
      "not",
      "html",
      "js",
      "urlquery",
      "call",
    );
    fc.assert(
      fc.property(
        name,
        fc.array(operand, { maxLength: 4 }),
        fc.array(name, { maxLength: 2 }),
        (first, operands, rest) => {
          const text = `{{ ${[`${first} ${operands.join(" ")}`, ...rest].join(" | ")} }}`;
          try {
            expect(typeof expand(text, data, { steps: 20_000 })).toBe("string");
          } catch (error) {
            expect(error).toBeInstanceOf(TemplateError);
          }
        },
      ),
      { numRuns: 4000 },
    );
  });

  it("printf takes any format", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(
          /^(%[-+# 0]*(\[\d?\])?[*0-9]{0,3}(\.[*0-9]{0,2})?[vTtdsqxXofFeEgGcUbO%]? ?){1,4}$/,
        ),
        fc.array(
          fc.oneof(
            fc.double(),
            fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
            fc.string(),
            fc.boolean(),
            fc.constant(null),
          ),
          { minLength: 2, maxLength: 4 },
        ),
        (format, args) => {
          const text = new TemplateSet({
            functions: { format: fn([], () => format), args: fn([], () => new ListValue(args)) },
          }).expand("{{ $a := args }}{{ printf format (index $a 0) (index $a 1) }}", undefined);
          expect(typeof text).toBe("string");
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("HTML", () => {
  const html = (text: string, dot: Value = "") =>
    new TemplateSet({ functions, missingKey: "zero" }).expandHtml(text, dot);

  it("keeps hostile values where they were put", () => {
    const hostile = `"'><script>alert(1)</script><!-- \0`;
    for (const text of [
      "<p>{{ . }}</p>",
      '<p title="{{ . }}" lang={{ . }}></p>',
      "<a href='{{ . }}' style='{{ . }}' onclick='{{ . }}'>x</a>",
      "<script>var x = {{ . }};</script>",
      "<style>a { color: {{ . }} }</style>",
      "<!-- {{ . }} --><b {{ . }}>",
    ]) {
      const made = html(text, hostile);
      expect(made.match(/<script/g)?.length ?? 0).toBe(text.includes("<script") ? 1 : 0);
      expect(made.replaceAll(/&#34;|&#39;/g, "")).not.toContain(hostile.slice(0, 3));
    }
  });

  it("takes any text", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, value) => {
        const set = new TemplateSet({ functions });
        const made = set.expandHtml(`${before.replaceAll("{{", "")}<p>{{ . }}</p>`, value);
        expect(typeof made).toBe("string");
      }),
    );
  });
});
