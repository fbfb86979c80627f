// Prometheus's own PromQL test files (`*.test`): every `eval` statement is a case.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runScript } from "@seaworthy/promql/testing";

export async function run(directory, report) {
  const files = readdirSync(directory).filter((name) => name.endsWith(".test"));
  for (const file of files.sort()) {
    let outcomes;
    try {
      outcomes = await runScript(readFileSync(join(directory, file), "utf8"));
    } catch (error) {
      report.fail(file, "(the file)", error instanceof Error ? error.message : String(error));
      continue;
    }
    for (const { line, query, problem } of outcomes) {
      if (problem === undefined) report.pass();
      else report.fail(`${file}:${line}`, query, problem);
    }
  }
}
