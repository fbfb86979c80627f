import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { access, cp, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const initProgram = fileURLToPath(new URL("./init-database.js", import.meta.url));
const templateFolder = fileURLToPath(new URL("./data/template", import.meta.url));
const scratchName = /^seaworthy-shop-(\d+)-/;

/** Makes sure that there is a database in `folder`. */
export async function prepareFolder(folder: string): Promise<void> {
  if (await isDatabase(folder)) return;
  await mkdir(folder, { recursive: true });
  await initialise(folder);
}

/**
 * Makes a folder with a fresh database that lives as long as this process: a copy of a template,
 * which is made at the first start.
 */
export async function scratchFolder(): Promise<string> {
  await removeLeftovers();
  const folder = await mkdtemp(join(tmpdir(), `seaworthy-shop-${process.pid}-`));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  try {
    await makeTemplate();
    await cp(templateFolder, folder, { recursive: true });
  } catch {
    // An installation that cannot be written to has no template; then each start takes its time.
    await initialise(folder);
  }
  return folder;
}

async function makeTemplate(): Promise<void> {
  if (await isDatabase(templateFolder)) return;
  const parent = join(templateFolder, "..");
  await mkdir(parent, { recursive: true });
  const made = await mkdtemp(join(parent, "new-"));
  try {
    await initialise(made);
    await rename(made, templateFolder);
  } catch (error) {
    // Another shop may have been quicker; its template is as good.
    if (!(await isDatabase(templateFolder))) throw error;
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/**
 * Makes a database. Another process does it, because that takes 800 MB for some seconds, of which a
 * process keeps a part; opening what exists takes 300 MB and half a second.
 */
async function initialise(folder: string): Promise<void> {
  const child = spawn(process.execPath, [initProgram, folder], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0)
    throw new Error(`no database could be made in ${folder}; is the disk full or read-only?`);
}

/** Shops that were killed could not tidy up. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = scratchName.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {
        // Somebody else's, then.
      });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function isDatabase(folder: string): Promise<boolean> {
  try {
    await access(join(folder, "PG_VERSION"));
    return true;
  } catch {
    return false;
  }
}
