// `npm run lock`: completes package-lock.json, so that `npm ci` takes it. npm leaves out packages for
// other platforms which the registry it was run with does not have, and then refuses its own file.
// `node scripts/lock.mjs --check` changes nothing and says what is wrong: lines missing, addresses of a
// registry, which would bind every installation to it, and whatever else `npm ci` refuses.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd"].concat(
  ["openharmony", "sunos", "win32"], // as process.platform has them
);
const processors = [
  "arm",
  "arm64",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
].concat(
  ["wasm32", "x64"], // as process.arch has them
);

/** What some packages call them. */
const otherNames = { windows: "win32", 64: "x64" };

/** The path of what a package gets when it asks for a name: the nearest above it, as Node resolves. */
function resolvedPath(packages, from, name) {
  for (let base = from; ;) {
    const path = `${base === "" ? "" : `${base}/`}node_modules/${name}`;
    if (path in packages) return path;
    if (base === "") return undefined;
    const nested = base.lastIndexOf("/node_modules/");
    base = nested === -1 ? "" : base.slice(0, nested);
  }
}

/** What a package of one platform's program is for, by its name: `@oxlint/binding-linux-x64-musl`. */
function platformOf(name) {
  const words = name.split(/[/-]/).map((word) => otherNames[word] ?? word);
  const os = systems.find((one) => words.includes(one));
  const cpu = processors.find((one) => words.includes(one));
  if (os === undefined || cpu === undefined) return undefined;
  const libc = words.some((word) => word.startsWith("musl"))
    ? "musl"
    : words.some((word) => word.startsWith("gnu") || word === "glibc")
      ? "glibc"
      : undefined;
  return { os, cpu, ...(libc === undefined ? {} : { libc }) };
}

/** The lines that `npm ci` will miss, and what cannot be said without the registry. */
function missingOf(packages) {
  const entries = {};
  const unknown = [];
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (resolvedPath(packages, path, name) !== undefined) continue;
      const platform = platformOf(name);
      if (platform === undefined || !/^\d/.test(version)) {
        unknown.push(`${name}@${version}, which ${path} may use`);
        continue;
      }
      const { os, cpu, libc } = platform;
      entries[`node_modules/${name}`] = {
        version,
        cpu: [cpu],
        ...(dev === true ? { dev } : {}),
        ...(libc === undefined ? {} : { libc: [libc] }),
        optional: true,
        os: [os],
      };
    }
  }
  return { entries, unknown };
}

/** What `npm ci` says of the file, when it does not take it. Installs nothing and asks nobody. */
function refusal() {
  const folder = mkdtempSync(join(tmpdir(), "seaworthy-lock-"));
  try {
    const { workspaces } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const manifests = workspaces
      .map((one) => one.replace(/\/\*$/, ""))
      .flatMap((one) => readdirSync(join(root, one)).map((name) => `${one}/${name}/package.json`));
    for (const name of ["package.json", "package-lock.json", ...manifests])
      if (existsSync(join(root, name))) cpSync(join(root, name), join(folder, name));
    const args = ["ci", "--dry-run", "--offline", "--ignore-scripts", "--no-audit", "--no-fund"];
    const { status, stderr } = spawnSync("npm", args, { cwd: folder, encoding: "utf8" });
    return status === 0 ? undefined : stderr;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const root = fileURLToPath(new URL("..", import.meta.url));
const file = join(root, "package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8"));
const { entries, unknown } = missingOf(lock.packages);
const addresses = Object.entries(lock.packages)
  .filter(([, { resolved, link }]) => resolved !== undefined && link !== true)
  .map(([path]) => path);
const check = process.argv.includes("--check");

for (const one of unknown) process.stderr.write(`package-lock.json: no line for ${one}\n`);
if (check) {
  for (const path of Object.keys(entries))
    process.stderr.write(`package-lock.json: ${path} is missing; run npm run lock\n`);
  for (const path of addresses)
    process.stderr.write(`package-lock.json: ${path} has an address; run npm run lock\n`);
  const refused = refusal();
  if (refused !== undefined) process.stderr.write(refused);
  if (refused !== undefined || Object.keys(entries).length + addresses.length > 0)
    process.exitCode = 1;
} else {
  for (const path of addresses) delete lock.packages[path].resolved;
  const packages = Object.entries({ ...lock.packages, ...entries });
  // npm's own order.
  lock.packages = Object.fromEntries(packages.sort(([a], [b]) => a.localeCompare(b, "en")));
  writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
}
if (unknown.length > 0) process.exitCode = 1;
