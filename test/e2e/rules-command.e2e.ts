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

function seaworthy(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, "rules", ...args], { cwd: folder }, (error, out, err) => {
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
