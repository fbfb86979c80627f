import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createEngine } from "@seaworthy/promql";
import { describe, expect, it } from "vitest";
import {
  loadRuleGroups,
  logqlRules,
  promqlRules,
  ruleFileSettings,
  runRuleTests,
} from "../src/evaluate/index.ts";
import { checkRunbooks } from "../src/respond/index.ts";
import { runbookQueries } from "../src/runbook-queries.ts";

const content = fileURLToPath(new URL("../../../content", import.meta.url));
const files = (folder: string) =>
  readdirSync(`${content}/${folder}`)
    .filter((name) => name.endsWith(".yml"))
    .map((name) => `${folder}/${name}`);

function promtool(...args: string[]): string {
  try {
    return execFileSync("promtool", args, { cwd: content, encoding: "utf8" });
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: string; stdout?: string; stderr?: string };
    if (code === "ENOENT")
      throw new Error("promtool is missing: install Debian's prometheus package", { cause: error });
    return `FAILED ${stdout ?? ""}${stderr ?? ""}`;
  }
}

const ruleFiles = [...files("rules"), ...files("loki-rules")];
const testFiles = [...files("rule-tests"), ...files("loki-rule-tests")];

async function load() {
  const engine = createEngine();
  const defaults = { interval: 15_000 };
  const promql = promqlRules((query) => engine.parse(query));
  const overMetrics = await loadRuleGroups(["rules/*.yml"], content, defaults, promql);
  const overLogs = await loadRuleGroups(["loki-rules/*.yml"], content, defaults, logqlRules);
  return {
    groups: [...overMetrics.groups, ...overLogs.groups],
    notes: [...overMetrics.notes, ...overLogs.notes],
  };
}

describe("the rules of a new installation", () => {
  it.each(files("rules"))("%s is taken by Prometheus", (file) => {
    expect(promtool("check", "rules", file)).toMatch(/SUCCESS: \d+ rules found/);
  });

  it.each(files("rule-tests"))("%s holds under Prometheus", (file) => {
    expect(promtool("test", "rules", file)).not.toContain("FAILED");
  });

  it.each(testFiles)("%s holds here", async (file) => {
    const results = await runRuleTests(`${content}/${file}`);
    expect(results.length).toBeGreaterThan(0);
    expect(results.flatMap(({ problems }) => problems)).toEqual([]);
  });

  it("load here, without a remark", async () => {
    const { groups, notes } = await load();
    expect(notes).toEqual([]);
    expect(groups.length).toBe(ruleFiles.length);
  });

  it("say how bad it is, what it is about, what happened and what to do", async () => {
    const { groups } = await load();
    for (const rule of groups.flatMap((group) => group.rules)) {
      if (rule.type !== "alerting") continue;
      // What always fires is no news to anybody.
      const severities = rule.name === "Watchdog" ? /^none$/ : /^(critical|warning|info)$/;
      expect(rule.labels["severity"], rule.name).toMatch(severities);
      expect(rule.labels["category"], rule.name).toMatch(/^(security|performance|operations)$/);
      expect(rule.annotations["summary"]?.length, rule.name).toBeLessThan(120);
      expect(rule.annotations["description"], rule.name).toMatch(/\.$/);
      expect(rule.annotations["runbook_url"], rule.name).toContain("/runbooks/");
    }
  });

  it("each lead to a runbook, and no runbook has a fault or lacks a part", async () => {
    const checked = await checkRunbooks({
      paths: [`${content}/runbooks`],
      ruleFiles: ruleFiles.map((file) => `${content}/${file}`),
      actions: new Set(),
      others: [],
      checkQuery: runbookQueries(),
    });
    expect(checked.length).toBeGreaterThan(50 + ruleFiles.length);
    expect(checked.flatMap(({ faults, warnings }) => [...faults, ...warnings])).toEqual([]);
  });

  it("have every threshold as a setting that the documentation lists beside its rule", async () => {
    const table = readFileSync(`${content}/../docs/rule-pack.md`, "utf8");
    const settings = (
      await Promise.all(ruleFiles.map((file) => ruleFileSettings(`${content}/${file}`, {})))
    ).flat();
    expect(settings.length).toBeGreaterThan(50);
    for (const { rule, name, value } of settings) {
      const row = table.split("\n").find((line) => line.includes(`\`${rule}\``));
      expect(row, rule).toContain(`\`${name}\` ${value}`);
    }
  });

  it("are each made to fire by a test, and made not to by another", async () => {
    const { groups } = await load();
    const tests = testFiles.map((file) => readFileSync(`${content}/${file}`, "utf8")).join("\n");
    for (const { name } of groups.flatMap((group) => group.rules)) {
      expect(tests, name).toMatch(new RegExp(`alertname: ${name}\\n\\s+exp_alerts:\\n`));
      if (name === "Watchdog") continue;
      expect(tests, name).toMatch(new RegExp(`alertname: ${name},? *\\n? *exp_alerts: \\[\\]`));
    }
  });
});
