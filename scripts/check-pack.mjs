// What the command needs beside its code is in its package: content/, as it stands here.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const packed = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
  cwd: join(root, "packages", "cli"),
  encoding: "utf8",
});
if (packed.status !== 0) {
  process.stderr.write(packed.stderr);
  process.exit(1);
}
const [{ files }] = JSON.parse(packed.stdout);
const names = new Set(files.map(({ path }) => path));
const wanted = readdirSync(join(root, "content"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(join(root, "content").length + 1))
  .map((path) => `dist/content/${path.replaceAll("\\", "/")}`);
const missing = ["dist/main.js", ...wanted].filter((name) => !names.has(name));
if (missing.length > 0 || wanted.length < 10) {
  process.stderr.write(`missing from the package of the command: ${missing.join(", ")}\n`);
  process.exit(1);
}
