import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const runner = fileURLToPath(new URL("run.mjs", import.meta.url));

/** Runs a suite as people do, with a path relative to the repository. */
function conformance(suite: string, directory: string): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    const args = [runner, suite, relative(root, directory)];
    const child = execFile(process.execPath, args, { cwd: root }, (_error, out) =>
      resolve({ code: child.exitCode ?? -1, out }),
    );
  });
}

const ownCases: Record<string, Record<string, string>> = {
  promql: {
    "own.test": [
      "load 1m",
      "  x 1 2 3",
      "eval instant at 2m x",
      "  x 3",
      "eval instant at 2m x + 1",
      "  {} 5",
    ].join("\n"),
  },
  rules: {
    "good.yml": "groups: [{name: a, rules: [{record: x, expr: y}]}]",
    "bad.yml": "groups: [{name: a, rules: [{record: x, expr: 'y +'}]}]",
  },
};

describe("the runner", () => {
  for (const [suite, files] of Object.entries(ownCases)) {
    it(`counts what passes and tells what does not: ${suite}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), "seaworthy-conformance-"));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
      const { code, out } = await conformance(suite, folder);
      expect(out).toMatch(/^FAIL .*(own\.test:5|bad\.yml)/m);
      expect(out).toMatch(/^[12] passed, 1 failed$/m);
      expect(code).toBe(1);
    });
  }
});

// The data is other people's and lies beside the repository; where it does not, there is nothing to run.
const shared = join(root, "../shared/conformance");
for (const suite of ["alertmanager", "promql", "rule-tests", "rules"]) {
  if (existsSync(join(shared, suite))) {
    it(`every case of ${suite} passes`, { timeout: 120_000 }, async () => {
      const { code, out } = await conformance(suite, join(shared, suite));
      expect(out).toMatch(/^\d+ passed, 0 failed\n$/);
      expect(code).toBe(0);
    });
  }
}
