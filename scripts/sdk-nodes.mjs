// `npm run sdk:nodes [VERSION…]`: runs the kit's behaviour tests under other versions of Node than
// the one that is installed. Each is fetched once from the npm registry into .cache/nodes (about
// 190 MB), which is why this is no part of `npm test`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const defaults = ["22.23.3", "24.21.0"];
const suites = [
  "packages/sdk/src/kit.test.ts",
  "packages/sdk/src/shutdown.test.ts",
  "packages/sdk/src/http",
  "packages/sdk/src/logs",
  "packages/sdk/src/traces",
  "packages/sdk/test",
];

/** The path of a Node of this version; it is fetched when it is not there. */
function nodeOf(version) {
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const folder = join(root, ".cache", "nodes", version);
  const program = join(folder, "node_modules", name, "bin", "node");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const flags = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix", folder];
  const done = spawnSync("npm", ["install", ...flags, `${name}@${version}`], { stdio: "inherit" });
  if (done.status !== 0 || !existsSync(program))
    throw new Error(`the registry gave no ${name}@${version}`);
  return program;
}

const wanted = process.argv.slice(2);
let failed = 0;
for (const version of wanted.length > 0 ? wanted : defaults) {
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const done = spawnSync(nodeOf(version), [vitest, "run", ...suites], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const ok = done.status === 0;
  if (!ok) failed += 1;
  process.stdout.write(`${ok ? "ok  " : "FAIL"} the kit under Node ${version}\n`);
}
process.exitCode = failed === 0 ? 0 : 1;
