// `npm run check`: types, lint, format, unused code, and the packages that are published.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => join(root, "node_modules", ".bin", name);
/** @type {[name: string, command: string, args: string[]][]} */
const checks = [
  ["types", bin("tsc"), ["-b"]],
  ["types of tests", bin("tsc"), ["-p", "tsconfig.test.json"]],
  ["types of the web", bin("tsc"), ["-p", "packages/web"]],
  ["lint", bin("oxlint"), ["--type-aware", "--deny-warnings"]],
  ["format", bin("oxfmt"), ["--check", "."]],
  ["unused", bin("knip"), []],
  ["the lock file", process.execPath, [join(root, "scripts", "lock.mjs"), "--check"]],
  ["the command's package", process.execPath, [join(root, "scripts", "check-pack.mjs")]],
  ...["promql", "template", "sdk", "browser"].flatMap((name) => [
    [`publint ${name}`, bin("publint"), [`packages/${name}`, "--strict"]],
    [
      `attw ${name}`,
      bin("attw"),
      ["--pack", `packages/${name}`, "--profile", "esm-only", "--quiet"],
    ],
  ]),
];

let failed = 0;
for (const [name, command, args] of checks) {
  const started = performance.now();
  const done = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  const ok = done.status === 0;
  if (!ok) failed += 1;
  process.stderr.write(
    `${ok ? "ok  " : "FAIL"} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`,
  );
  if (!ok) process.stderr.write(`${done.stdout}${done.stderr}${done.error?.message ?? ""}\n`);
}
process.stdout.write(`${checks.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
