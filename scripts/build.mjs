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
  // A test runner's own NODE_ENV would have React built for development.
  const env = { ...process.env, NODE_ENV: "production" };
  const done = spawnSync(command, args, { cwd, env, stdio: ["ignore", 2, 2] });
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
    const dist = join(root, "packages", name, "dist");
    // What runs from here goes on reading it while nothing has changed.
    unlessBuilt(join(dist, ".content-from"), ["content"], () => {
      rmSync(join(dist, "content"), { recursive: true, force: true });
      cpSync(join(root, "content"), join(dist, "content"), { recursive: true });
    });
  }
  const web = join(root, "packages/web");
  const sources = ["packages/web", "packages/contract/src", "package-lock.json"];
  unlessBuilt(join(web, "dist/.built-from"), sources, () => {
    run(bin("vite"), ["build", "--logLevel", "warn"], web);
    mkdirSync(join(web, "dist"), { recursive: true });
  });
}

/** Does the work unless it was done for the files as they are; `stamp` remembers for which it was. */
function unlessBuilt(stamp, sources, work) {
  const now = fingerprint(sources);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === now) return;
  work();
  writeFileSync(stamp, now);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build();
