// Rule files: each must load, and each of its expressions and templates is a case of its own. An
// expression must parse and be planned and evaluated (over no data), a template must render.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createEngine } from "@seaworthy/promql";
import { MemorySource } from "@seaworthy/promql/testing";
import { loadRuleGroups, promqlRules } from "../../packages/server/dist/evaluate/index.js";

const AT = Date.UTC(2026, 0, 1);
const ALERT = {
  labels: { __name__: "up", job: "shop", instance: "shop-1:4000" },
  externalLabels: { cluster: "one" },
  externalUrl: "http://127.0.0.1:4000",
  value: 1234.5,
};
const ENVIRONMENT = { externalUrl: ALERT.externalUrl, at: AT, query: async () => [ALERT] };

export async function run(directory, report) {
  const engine = createEngine();
  const source = new MemorySource();
  const files = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name));
  for (const file of files.sort()) {
    let groups;
    try {
      const parse = (query) => engine.parse(query);
      ({ groups } = await loadRuleGroups(
        [join(directory, file)],
        directory,
        { interval: 60_000 },
        promqlRules(parse),
      ));
      report.pass();
    } catch (error) {
      report.fail(file, "(the file)", error instanceof Error ? error.message : String(error));
      continue;
    }
    for (const rule of groups.flatMap((group) => group.rules)) {
      try {
        await engine.instant(rule.query, AT, source);
        report.pass();
      } catch (error) {
        report.fail(file, `${rule.name}: ${rule.query}`, error.message);
      }
      if (rule.type !== "alerting") continue;
      for (const templates of [rule.templates.labels, rule.templates.annotations]) {
        const failures = [];
        await templates.expand(ALERT, ENVIRONMENT, (name, reason) => failures.push([name, reason]));
        if (failures.length === 0) report.pass();
        for (const [name, reason] of failures) report.fail(file, `${rule.name}: ${name}`, reason);
      }
    }
  }
}
