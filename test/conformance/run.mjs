// `npm run conformance -- SUITE DIR`: runs other people's cases and ends with `N passed, M failed`.
// A suite is one file that exports `run(directory, report)`; add it and a line here.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { join, resolve } from "node:path";

/** Suite → its module, and the packages that must be built before it runs. */
const SUITES = {
  alertmanager: { module: "./alertmanager.mjs", build: ["packages/server"] },
  "otel-node": { module: "./otel-node.mjs", build: ["packages/server"] },
  promql: { module: "./promql.mjs", build: ["packages/promql"] },
  "rule-tests": { module: "./rule-tests.mjs", build: ["packages/server"] },
  rules: { module: "./rules.mjs", build: ["packages/server"] },
};

const [name, directory] = process.argv.slice(2);
const suite = SUITES[name];
if (suite === undefined || directory === undefined) {
  const known = Object.keys(SUITES).join(", ");
  process.stderr.write(`usage: npm run conformance -- SUITE DIR (suites: ${known})\n`);
  process.exit(2);
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const tsc = join(root, "node_modules", ".bin", "tsc");
const built = spawnSync(tsc, ["-b", ...suite.build], { cwd: root, encoding: "utf8" });
if (built.status !== 0) {
  process.stderr.write(`cannot build ${suite.build.join(", ")}:\n${built.stdout}${built.stderr}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
const { run } = await import(suite.module);
await run(resolve(directory), {
  pass() {
    passed += 1;
  },
  /** where: `file:line`; what: the case; why: expected and actual. */
  fail(where, what, why) {
    failed += 1;
    process.stdout.write(`FAIL ${where} ${what}\n  ${why}\n`);
  },
});
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
