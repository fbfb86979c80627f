// `npm run pack -- DIR`: the packages that are published, as the files that npm would publish. Build
// first. Where the registry does not have them, `npm install DIR/*.tgz` installs the command.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("pack: name the folder to write to: npm run pack -- DIR\n");
  process.exit(2);
}
const published = readdirSync(join(root, "packages"))
  .map((name) => join("packages", name))
  .filter(
    (path) => JSON.parse(readFileSync(join(root, path, "package.json"), "utf8")).private !== true,
  );
mkdirSync(folder, { recursive: true });
const args = published.flatMap((path) => ["--workspace", path]);
const done = spawnSync(
  "npm",
  ["pack", "--ignore-scripts", "--pack-destination", resolve(folder), ...args],
  { cwd: root, stdio: ["ignore", "inherit", "inherit"] },
);
process.exitCode = done.status ?? 1;
