// `npm run check`: types, lint, format, unused code, and the packages that are published. Those that compile
// come one after the other and use every core; those of one core each go on beside them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => join(root, "node_modules", ".bin", name);
/** @type {[name: string, command: string, args: string[]][]} */
const compiling = [
  ["types", bin("tsc"), ["-b"]],
  ["types of tests", bin("tsc"), ["-p", "tsconfig.test.json"]],
  ["types of the web", bin("tsc"), ["-p", "packages/web"]],
  ["lint", bin("oxlint"), ["--type-aware", "--deny-warnings"]],
];
/** @type {[name: string, command: string, args: string[]][]} */
const others = [
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
async function inTurn(checks) {
  for (const [name, command, args] of checks) {
    const started = performance.now();
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const output = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    const ok = await once(child, "close").then(
      ([code]) => code === 0,
      (error) => {
        output.push(Buffer.from(error.message));
        return false;
      },
    );
    if (!ok) failed += 1;
    process.stderr.write(
      `${ok ? "ok  " : "FAIL"} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`,
    );
    if (!ok) process.stderr.write(`${Buffer.concat(output).toString()}\n`);
  }
}

// What follows reads the declarations that this writes.
await inTurn(compiling.slice(0, 1));
await Promise.all([inTurn(compiling.slice(1)), inTurn(others)]);
const all = compiling.length + others.length;
process.stdout.write(`${all - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
