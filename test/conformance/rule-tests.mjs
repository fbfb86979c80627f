// Files that `promtool test rules` reads. Every test group is a case. A file whose name says bad or
// failing, and one that asks for exact comparison of inexact values (no_fuzzy), must fail; so must a
// test group whose own name begins with wrong or failing.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runRuleTests } from "../../packages/server/dist/evaluate/index.js";

const MUST_FAIL_FILE = /bad|failing|no_fuzzy/;
const MUST_FAIL_GROUP = /^(wrong|failing)\b/i;

export async function run(directory, report) {
  const files = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name));
  for (const file of files.sort()) {
    const path = join(directory, file);
    // The rule files that the tests are about stand beside them.
    if (!/^tests:/m.test(readFileSync(path, "utf8"))) continue;
    let results;
    try {
      results = await runRuleTests(path);
    } catch (error) {
      if (MUST_FAIL_FILE.test(file)) report.pass();
      else report.fail(file, "(the file)", error instanceof Error ? error.message : String(error));
      continue;
    }
    for (const { name, line, problems } of results) {
      const mustFail = MUST_FAIL_FILE.test(file) || MUST_FAIL_GROUP.test(name);
      if (mustFail && problems.length > 0) report.pass();
      else if (mustFail) report.fail(`${file}:${line}`, name, "expected to fail, and passed");
      else if (problems.length === 0) report.pass();
      for (const { line: at, what, why } of mustFail ? [] : problems.slice(0, 1))
        report.fail(`${file}:${at}`, `${name}: ${what}`, why);
    }
  }
}
