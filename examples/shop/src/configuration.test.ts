import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { faultNames, Faults } from "./faults.ts";

const folder = fileURLToPath(new URL("../seaworthy", import.meta.url));

/** Runs a tool of Prometheus in the folder of the configuration; its absence is a failure. */
function run(tool: string, ...args: string[]) {
  const done = spawnSync(tool, args, { cwd: folder, encoding: "utf8" });
  if (done.error !== undefined)
    throw new Error(`${tool} cannot be run (${done.error.message}); install Debian's prometheus`);
  return { status: done.status, output: done.stdout + done.stderr };
}

test("Prometheus accepts prometheus.yml and the rules", () => {
  expect(run("promtool", "check", "config", "prometheus.yml")).toMatchObject({ status: 0 });
  const rules = run("promtool", "check", "rules", "rules/shop.yml");
  expect(rules).toMatchObject({ status: 0 });
  expect(rules.output).toContain("5 rules found");
});

test("Alertmanager accepts alertmanager.yml", () => {
  expect(run("amtool", "check-config", "alertmanager.yml")).toMatchObject({ status: 0 });
});

test("the rules fire when they shall, and only then", () => {
  const done = run("promtool", "test", "rules", "rule-tests/shop.test.yml");
  expect(done.output).toContain("SUCCESS");
  expect(done.status).toBe(0);
});

test("each fault names an alert that exists and points back to it", () => {
  const rules = readFileSync(`${folder}/rules/shop.yml`, "utf8");
  const states = new Faults().states();
  expect(states.map(({ name }) => name)).toEqual([...faultNames]);
  for (const { name, alert } of states) {
    expect(rules).toContain(`- alert: ${alert}\n`);
    expect(rules).toContain(`runbook_url: http://127.0.0.1:4100/faults#${name}\n`);
  }
});
