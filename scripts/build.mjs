// Builds every package: tsc for the libraries, Vite for the user interface. Both are incremental:
// a build with nothing changed takes about a second.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => join(root, "node_modules", ".bin", name);

/** Runs a command to its end; its output goes to stderr, so that stdout stays for data. */
function run(command, args, cwd = root) {
  const done = spawnSync(command, args, { cwd, stdio: ["ignore", 2, 2] });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** A hash over the names, sizes and times of all files below the given folders. */
function fingerprint(folders) {
  const hash = createHash("sha256");
  const visit = (path) => {
    const stat = statSync(path);
    if (!stat.isDirectory()) {
      hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
      return;
    }
    for (const name of readdirSync(path).sort())
      if (name !== "dist" && name !== "node_modules") visit(join(path, name));
  };
  for (const folder of folders) visit(join(root, folder));
  return hash.digest("hex");
}

export function build() {
  run(bin("tsc"), ["-b"]);
  // npm made the command's link before there was a file to make executable.
  chmodSync(join(root, "packages/cli/dist/main.js"), 0o755);
  // `seaworthy init` writes from it and `seaworthy up` reads it, also where only packages are installed.
  for (const name of ["cli", "server"]) {
    const content = join(root, "packages", name, "dist/content");
    rmSync(content, { recursive: true, force: true });
    cpSync(join(root, "content"), content, { recursive: true });
  }
  const stamp = join(root, "packages/web/dist/.built-from");
  const now = fingerprint(["packages/web", "packages/contract/src", "package-lock.json"]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === now) return;
  run(bin("vite"), ["build", "--logLevel", "warn"], join(root, "packages/web"));
  mkdirSync(join(root, "packages/web/dist"), { recursive: true });
  writeFileSync(stamp, now);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build();
