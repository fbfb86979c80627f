import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine } from "@seaworthy/promql";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigError } from "../../model/index.ts";
import { logqlRules, promqlRules } from "./languages.ts";
import { loadRuleGroups } from "./load.ts";

const engine = createEngine();
const DEFAULTS = { interval: 60_000, externalLabels: { zone: "z" } };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sw-rules-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function load(text: string) {
  const file = join(folder, "x.yml");
  await writeFile(file, text);
  return loadRuleGroups(
    [file],
    folder,
    DEFAULTS,
    promqlRules((query) => engine.parse(query)),
  );
}

async function faultsOf(text: string): Promise<string> {
  try {
    await load(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${folder}/`, "");
    throw error;
  }
  return "";
}

it("reads groups with everything that they may have", async () => {
  const { groups, notes } = await load(`
groups:
  - name: one
    interval: 30s
    query_offset: 5s
    limit: 7
    labels: { team: a, severity: none }
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
        labels: { version: 1.10 }
      - alert: Down
        expr: up == 0
        for: 5m
        keep_firing_for: 1m
        labels: { severity: critical }
        annotations: { summary: "{{ $labels.job }} is down" }
  - name: two
    rules: []
`);
  expect(notes).toEqual([]);
  expect(groups).toMatchObject([
    {
      name: "one",
      file: join(folder, "x.yml"),
      source: "x.yml",
      interval: 30_000,
      queryOffset: 5000,
      limit: 7,
      externalLabels: { zone: "z" },
      rules: [
        {
          type: "recording",
          name: "job:up:sum",
          query: "sum by (job) (up)",
          labels: { team: "a", severity: "none", version: "1.10" },
        },
        {
          type: "alerting",
          name: "Down",
          holdFor: 300_000,
          keepFiringFor: 60_000,
          labels: { team: "a", severity: "critical" },
          annotations: { summary: "{{ $labels.job }} is down" },
        },
      ],
    },
    { name: "two", interval: 60_000, queryOffset: 0, limit: 0, rules: [] },
  ]);
});

/** Rule files that are refused, and the place and the reason that a person is told. */
const REFUSED: readonly (readonly [string, string])[] = [
  ["groups:\n  - rules: []", "x.yml:2:5: groups[0]: the group's name must not be empty"],
  [
    "groups:\n  - name: a\n  - name: a",
    'x.yml:3:5: groups[1].name: groupname: "a" is repeated in the same file',
  ],
  ["group: []", 'x.yml:1:1: group: unknown field "group"'],
  ["groups:\n  - name: a\n    rulez: []", 'x.yml:3:5: groups[0].rulez: unknown field "rulez"'],
  [
    "groups:\n  - name: a\n    interval: 5",
    'x.yml:3:5: groups[0].interval: "5" is not a duration such as 30s, 5m or 1h30m',
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - expr: up",
    "x.yml:4:9: groups[0].rules[0]: one of 'record' or 'alert' must be set",
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - {alert: A, record: b, expr: up}",
    "x.yml:4:9: groups[0].rules[0]: only one of 'record' and 'alert' must be set",
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - alert: A",
    "x.yml:4:9: groups[0].rules[0]: field 'expr' must be set in rule",
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: |\n          up ==\n            ((0",
    "x.yml:5:9: groups[0].rules[0].expr: could not parse expression: ",
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - {alert: A, expr: nosuch(up)}",
    'could not parse expression: 1:1: parse error: unknown function with name "nosuch"',
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - {record: 'sum{a}', expr: up}",
    "x.yml:4:10: groups[0].rules[0].record: braces present in the recording rule name",
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - {record: a, expr: up, for: 5m}",
    "groups[0].rules[0].for: invalid field 'for' in recording rule",
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - {record: a, expr: up, annotations: {b: c}}",
    "invalid field 'annotations' in recording rule",
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - {alert: A, expr: up, labels: {'': c}}",
    "groups[0].rules[0].labels.: invalid label name: ",
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - {alert: A, expr: up, labels: {__name__: c}}",
    "invalid label name: __name__",
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - {alert: A, expr: up, annotations: {'': c}}",
    "invalid annotation name: ",
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: up\n        annotations:\n          x: 'is {{ $label.job }}'",
    'x.yml:7:11: groups[0].rules[0].annotations.x: annotation "x": template: __alert_A:1: undefined variable "$label"',
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - {alert: A, expr: up, labels: {x: '{{ if }}'}}",
    'label "x": template: __alert_A:1: missing value for if',
  ],
  [
    "groups:\n  - name: a\n    rules:\n      - {alert: A, expr: up, for: soon}",
    '"soon" is not a duration',
  ],
  ["groups: [\n", "x.yml:2:1: "],
  ["- a", "x.yml:1:1: "],
];

describe("refuses what Prometheus refuses, and says where and why", () => {
  it.each(REFUSED)("%j", async (text, expected) => {
    expect(await faultsOf(text)).toContain(expected);
    expect(await promtoolAccepts(text)).toBe(false);
  });
});

it("takes names of any text, as Prometheus 3", async () => {
  const rule = "{record: a.b-c, expr: up, labels: {d.e: f}}";
  const alert = "{alert: A, expr: up, annotations: {g-h: i}}";
  expect(await faultsOf(`groups:\n  - {name: a, rules: [${rule}, ${alert}]}`)).toBe("");
});

/** Files with oddities that Prometheus takes. */
const ACCEPTED: readonly string[] = [
  "",
  "groups:",
  "groups: []",
  "groups:\n  - name: a",
  "groups:\n  - name: a\n    rules:",
  "groups:\n  - name: 7\n    rules:\n      - {alert: 3, expr: 1, for: 0}",
  "groups:\n  - name: a\n    rules:\n      - {alert: A, expr: up, labels: {x: , y: 1.10, z: true}}",
  "groups:\n  - name: a\n    rules:\n      - {record: 'a:b', expr: up, for: 0s, annotations: {}}",
  "groups:\n  - name: a\n    rules:\n      - {alert: 'any name at all', expr: vector(1)}",
  'groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: up\n        annotations: {x: \'{{ define "t" }}{{ . }}{{ end }}{{ template "t" $value }}\'}',
];

describe("takes what Prometheus takes", () => {
  it.each(ACCEPTED)("%j", async (text) => {
    expect(await faultsOf(text)).toBe("");
    expect(await promtoolAccepts(text)).toBe(true);
  });
});

describe("patterns", () => {
  it("name files by wildcards in the last part, in order, each file once", async () => {
    const rules = join(folder, "rules");
    await mkdir(join(rules, "x.yml"), { recursive: true });
    for (const name of ["b.yml", "a.yml", "c.yaml"])
      await writeFile(join(rules, name), `groups: [{name: ${name}}]`);
    const { groups } = await loadRuleGroups(
      ["rules/*.yml", "rules/a.yml", "rules/[c-d].y?ml", "none/*.yml"],
      folder,
      DEFAULTS,
      promqlRules((query) => engine.parse(query)),
    );
    expect(groups.map(({ source }) => source)).toEqual([
      "rules/a.yml",
      "rules/b.yml",
      "rules/c.yaml",
    ]);
  });

  it("refuse a plain path without a file, and wildcards in folders", async () => {
    const loading = loadRuleGroups(
      ["nosuch.yml", "*/x.yml"],
      folder,
      DEFAULTS,
      promqlRules((query) => engine.parse(query)),
    );
    await expect(loading).rejects.toThrow(
      /nosuch\.yml does not point to an existing file\n.*last part only/,
    );
  });
});

it("notes rules that make the same series", async () => {
  const { notes } = await load(`
groups:
  - name: a
    rules: [{record: x, expr: up}, {record: x, expr: up, labels: {a: b}}]
  - name: b
    rules: [{record: x, expr: down}]
`);
  expect(notes).toEqual([
    'x with the same labels is in group "a" of x.yml and in group "b" of x.yml: give one of them another label',
  ]);
});

it("any text either loads or is a ConfigError", async () => {
  const piece = fc.constantFrom(
    "groups:",
    "\n",
    "  ",
    "- ",
    "name: a",
    "rules:",
    "record: x",
    "alert: A",
    "expr: up",
    "expr: sum(",
    "labels:",
    "{a: b}",
    "annotations:",
    "x: '{{ $value }}'",
    "x: '{{'",
    "for: 5m",
    "for: -1",
    "limit: 1",
    "interval: 1s",
    ": ",
    "&a",
    "*a",
    "[",
    "]",
    "!!binary x",
    "? ",
    "| ",
    "#",
    "\t",
    "null",
    "é",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
      try {
        expect((await load(pieces.join(""))).groups).toBeInstanceOf(Array);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }),
    { numRuns: 1000 },
  );
});

function promtoolAccepts(text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const file = join(folder, "promtool.yml");
    writeFile(file, text)
      .then(() =>
        execFile("promtool", ["check", "rules", file], (error) => {
          if (error !== null && error.code === "ENOENT")
            reject(new Error("promtool is missing: install Debian's prometheus package"));
          else resolve(error === null);
        }),
      )
      .catch(reject);
  });
}

describe("rules over logs", () => {
  const loadLogs = async (yaml: string) => {
    const file = join(folder, "loki.yml");
    await writeFile(file, yaml);
    return loadRuleGroups([file], folder, DEFAULTS, logqlRules);
  };
  const group = (expr: string) =>
    `groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: ${expr}\n`;

  it("are read in the same form, as LogQL", async () => {
    const { groups, settings } = await loadLogs(
      group(`|\n          sum(rate({app="x"} |= "err" [1m])) > 5 # setting: errors`),
    );
    expect(groups[0]?.language).toBe("logql");
    expect(groups[0]?.rules[0]?.reads).toEqual(new Set());
    expect(settings).toEqual(new Set(["errors"]));
  });

  it.each([
    ['{app="x"} |= "err"', "the expression gives lines, not figures"],
    ["sum(up)", "could not parse expression: parse error at line 1, col"],
  ])("%s is refused", async (expr, reason) => {
    await expect(loadLogs(group(`'${expr}'`))).rejects.toThrow(reason);
  });

  it("are asked for under a name of their own", async () => {
    const loading = loadRuleGroups(["nosuch.yml"], folder, DEFAULTS, logqlRules);
    await expect(loading).rejects.toThrow("logs.rule_files: ");
  });
});
