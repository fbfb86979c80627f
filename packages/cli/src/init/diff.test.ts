import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { unifiedDiff } from "./diff.ts";

test("a new file, an added line, and changes far apart", () => {
  expect(unifiedDiff("a", undefined, "x\ny\n")).toBe(
    "--- /dev/null\n+++ b/a\n@@ -0,0 +1,2 @@\n+x\n+y\n",
  );
  expect(unifiedDiff("a", "1\n2\n3\n4\n5\n", "1\n2\n3\nnew\n4\n5\n")).toBe(
    "--- a/a\n+++ b/a\n@@ -1,5 +1,6 @@\n 1\n 2\n 3\n+new\n 4\n 5\n",
  );
  expect(unifiedDiff("a", "1\n", "1\n")).toBe("--- a/a\n+++ b/a\n");
});

test("git applies it", () => {
  const folder = mkdtempSync(join(tmpdir(), "seaworthy-diff-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const before = Array.from({ length: 60 }, (_, index) => `line ${index}`);
  const after = [...before];
  after.splice(50, 2, "changed");
  after.splice(20, 0, "one", "two");
  after.shift();
  writeFileSync(join(folder, "file"), `${before.join("\n")}\n`);
  const diff = unifiedDiff("file", `${before.join("\n")}\n`, `${after.join("\n")}\n`);
  const done = spawnSync("git", ["apply", "-"], { cwd: folder, input: diff, encoding: "utf8" });
  expect(done.stderr).toBe("");
  expect(readFileSync(join(folder, "file"), "utf8")).toBe(`${after.join("\n")}\n`);
});
