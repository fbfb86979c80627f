// `npm test`: installs what tests need from the system, builds, checks, runs every suite, and ends with
// one line that sums them up. A skipped test counts as failed: nothing is left out unseen.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const reports = mkdtempSync(join(tmpdir(), "seaworthy-report-"));
let passed = 0;
let failed = 0;

/** Runs a command whose output goes where ours goes; answers whether it succeeded. */
function run(command, args) {
  return (
    spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).status === 0
  );
}

/** A step that is one test: it worked or it did not. */
function step(name, command, args) {
  const ok = run(command, args);
  if (ok) passed += 1;
  else failed += 1;
  process.stdout.write(`${ok ? "ok  " : "FAIL"} ${name}\n`);
  return ok;
}

/** A Vitest run; counts its tests, and a run that broke outside of any test as one failure. */
function suite(name, args) {
  const file = join(reports, `${name}.json`);
  const vitest = join(root, "node_modules", ".bin", "vitest");
  const ok = run(vitest, [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
    ...args,
  ]);
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    failed += 1;
    process.stdout.write(`FAIL ${name}: no report was written\n`);
    return;
  }
  const bad = report.numTotalTests - report.numPassedTests;
  passed += report.numPassedTests;
  failed += bad;
  if (!ok && bad === 0) failed += 1;
}

/**
 * Throws generated input at each parser of outside bytes for 30 s, in the background and after everything
 * else: whole systems with a browser wait more than they compute. Each parser is a test. Two processes share
 * the parsers, so that they end before the systems do.
 */
function startFuzzing() {
  const script = join(root, "scripts", "fuzz.mjs");
  const halves = ["1/2", "2/2"].map((part, place) => {
    const file = join(reports, `fuzz-${place}.txt`);
    const output = openSync(file, "w");
    const child = spawn("nice", ["-n", "19", process.execPath, script, "all", "30", part], {
      cwd: root,
      stdio: ["ignore", output, output],
    });
    return { file, ended: once(child, "close") };
  });
  return async () => {
    let isClean = true;
    for (const { file, ended } of halves) {
      const [code] = await ended;
      const text = readFileSync(file, "utf8");
      process.stdout.write(text);
      const clean = text.match(/: nothing found in /g)?.length ?? 0;
      const found = text.match(/^[\w-]+: found /gm)?.length ?? 0;
      passed += clean;
      failed += found === 0 && (code !== 0 || clean === 0) ? 1 : found;
      if (code !== 0 || found > 0) isClean = false;
    }
    process.stdout.write(`${isClean ? "ok  " : "FAIL"} fuzz\n`);
  };
}

if (step("what the tests need is installed", "sh", ["scripts/install-test-peers.sh"])) {
  if (step("build", process.execPath, ["scripts/build.mjs"])) {
    // Browsers look at this build; a test that is run by itself makes one of its own.
    process.env.SEAWORTHY_WEB_BUILT = join(root, "packages", "web", "dist");
    step("check", process.execPath, ["scripts/check.mjs"]);
    suite("units-and-journeys", []);
    const fuzzed = startFuzzing();
    // Whole systems with a browser: one after the other, because they measure time on two cores.
    suite("end-to-end", ["--config", "test/e2e/vitest.config.ts"]);
    await fuzzed();
  }
}
rmSync(reports, { recursive: true, force: true });
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
