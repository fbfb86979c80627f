import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const COMMAND = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-rules-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const seaworthy = (...args: string[]) => run("rules", ...args);

function run(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], { cwd: folder }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

const GOOD = "groups: [{name: g, rules: [{record: a, expr: sum(b)}, {record: a, expr: sum(c)}]}]\n";
const ALERT = "groups:\n- name: g\n  rules:\n  - {alert: Down, expr: up == 0, for: 1m}\n";
const test = (expected: string) => `rule_files: [alert.yml]
tests:
- name: goes down
  interval: 1m
  input_series: [{series: up, values: "1 0 0 0"}]
  alert_rule_test: [{eval_time: 3m, alertname: Down, exp_alerts: ${expected}}]
`;
const FILES: Readonly<Record<string, string>> = {
  "good.yml": GOOD,
  "alert.yml": ALERT,
  "bad.yml": "groups:\n- name: g\n  rules:\n  - {record: a, expr: 'sum('}\n",
  "unknown.yml": "groups: [{name: g, ruls: []}]\n",
  "passes.test.yml": test("[{}]"),
  "fails.test.yml": test("[]"),
};

describe("beside promtool", () => {
  beforeAll(async () => {
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
  });

  it.each(Object.keys(FILES))("accepts or refuses %s", async (name) => {
    const command = name.includes(".test.") ? "test" : "check";
    const args = command === "test" ? ["test", "rules"] : ["check", "rules", "--lint=none"];
    const theirs = spawnSync("promtool", [...args, name], { cwd: folder });
    const ours = await seaworthy(command, name);
    expect(ours.code === 0, ours.out).toBe(theirs.status === 0);
  });

  it("says in its exit code what is wrong", async () => {
    const codes = async (...args: string[]) => (await seaworthy(...args)).code;
    expect(await codes("check", "good.yml", "bad.yml")).toBe(1);
    expect(await codes("check", "nowhere.yml")).toBe(1);
    expect(await codes("check", "--lint-fatal", "good.yml")).toBe(3);
    expect(await codes("check")).toBe(2);
    expect(await codes("check", "--nosuch", "good.yml")).toBe(2);
    expect(await codes("test", "--run", "(", "passes.test.yml")).toBe(2);
    expect(await codes("test", "--run", "^nothing", "fails.test.yml")).toBe(0);
    expect(await codes("--help")).toBe(0);
  });

  it("prints for people without colours where nobody looks on, and JSON for programs", async () => {
    const { out } = await seaworthy("test", "fails.test.yml", "passes.test.yml");
    expect(out).toContain("Down at 3m  fails.test.yml:6, goes down");
    expect(out).toContain("    + Down\n");
    expect(out).toContain("·▒██");
    expect(out).toContain("1 passed, 1 failed");
    expect(out).not.toContain("\u001b");
    const reports: unknown = JSON.parse((await seaworthy("check", "--json", "bad.yml")).out);
    expect(reports).toMatchObject([
      { file: "bad.yml", rules: 0, faults: [{ file: "bad.yml", line: 4, column: 17 }] },
    ]);
  });
});

describe("runbooks check", () => {
  it("says what is wrong with runbooks and the rules that lead to them, and where", async () => {
    const bad = [
      "# Slow",
      "",
      "## Signs",
      "",
      "See {{ .Labels.a b }}, {{ .Incident.Nothing }} and [that](Nowhere.md).",
      "",
      "## Checks",
      "",
      "```promql",
      "sum(up",
      "```",
      "",
      "```action",
      "restart",
      "```",
    ].join("\n");
    const good = "# T\n\n## Signs\n\n## Checks\n\n## Actions\n\n```action\nknown\n```\n";
    const annotations = "annotations: { runbook_url: 'https://sw.example/runbooks/Gone' }";
    const rules = `groups:\n- name: g\n  rules:\n  - alert: Down\n    expr: up == 0\n    ${annotations}\n  - alert: Other\n    expr: up\n`;
    const config = "runbooks: { actions: { known: { title: Known, command: [bin/true] } } }\n";
    for (const [name, text] of Object.entries({
      "Slow.md": bad,
      "Good.md": good,
      "leads.yml": rules,
      "sw.yml": config,
      "broken.yml": "runbooks: { actions: { known: {} } }\n",
    }))
      await writeFile(join(folder, name), text);
    const all = ["--config", "sw.yml", "--rules", "leads.yml", "Slow.md", "Good.md"];
    const { code, out } = await run("runbooks", "check", "--json", ...all);
    expect(code).toBe(1);
    const reports = JSON.parse(out) as { file: string; faults: Fault[]; warnings: Fault[] }[];
    const said = (each: Fault) => `${each.file}:${each.line}:${each.column} ${each.reason}`;
    expect(reports.flatMap(({ faults }) => faults.map(said))).toEqual([
      'Slow.md:1:1 has no section "## Actions"',
      expect.stringMatching(/^Slow\.md:10:1 promql: /),
      expect.stringMatching(/^Slow\.md:5:5 cannot read \{\{ \.Labels\.a b \}\}/),
      expect.stringMatching(/^Slow\.md:5:24 an incident has no "Nothing"/),
      expect.stringMatching(/^Slow\.md:5:\d+ leads to the runbook "Nowhere"/),
      expect.stringMatching(/^Slow\.md:13:1 the configuration has no action "restart"/),
      expect.stringMatching(/^leads\.yml:6:\d+ .*"Down" leads to the runb/),
    ] as unknown[]);
    const warned = reports.flatMap(({ warnings }) => warnings.map(said));
    expect(warned).toContain("Good.md:1:1 has no checks to be asked: blocks of promql or logql");
    expect(warned.join("\n")).toContain('"Other" leads to no runbook');
    const codes = async (...args: string[]) => (await run("runbooks", ...args)).code;
    expect(
      await Promise.all([
        codes("check", "Good.md"),
        codes("check", "--warnings-fatal", "Good.md"),
        codes("check", "--config", "broken.yml", "Good.md"),
        codes("check", "nowhere.md"),
        codes("check"),
        codes("run"),
      ]),
    ).toEqual([0, 3, 1, 1, 2, 2]);
  });
});

interface Fault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}
