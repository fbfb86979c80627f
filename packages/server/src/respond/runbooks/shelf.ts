import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { messageOf } from "../../model/index.ts";
import type { Fault } from "../../model/index.ts";
import { runbooksBelow } from "./files.ts";
import { readRunbook } from "./runbook.ts";
import type { CheckQuery, ReadRunbook, Runbook } from "./runbook.ts";

const LIMITS = { files: 2000, bytes: 256 * 1024 } as const;

/** A runbook and whose it is. */
export interface ShelvedRunbook extends Runbook {
  readonly source: "default" | "own";
}

/** All runbooks as their files are now. */
export interface Shelf {
  readonly runbooks: ReadonlyMap<string, ShelvedRunbook>;
  readonly faults: readonly Fault[];
}

interface ReadFile {
  readonly version: string;
  readonly read: ReadRunbook;
}

/**
 * Keeps the runbooks of two folders, those of the second in the place of the first's of the same name.
 * Looks at the files each time and reads those that have changed, so that an edit is seen at once,
 * also over a mount that tells nobody of changes.
 */
export function runbookShelf(options: {
  readonly defaults: string;
  readonly own: string | undefined;
  readonly checkQuery: CheckQuery;
}): () => Promise<Shelf> {
  const files = new Map<string, ReadFile>();
  let looking: Promise<Shelf> | undefined;

  async function look(): Promise<Shelf> {
    const faults: Fault[] = [];
    const runbooks = new Map<string, ShelvedRunbook>();
    const seen = new Set<string>();
    const places = await Promise.all([
      filesIn(options.defaults, faults),
      options.own === undefined ? [] : filesIn(options.own, faults),
    ]);
    const names = new Set(places.flat().map((file) => basename(file, ".md")));
    for (const [place, found] of places.entries()) {
      const here = new Map<string, string>();
      const reads = await Promise.all(
        found.map((file) => readOne(file, (name) => names.has(name))),
      );
      for (const [index, read] of reads.entries()) {
        const file = found[index] ?? "";
        seen.add(file);
        faults.push(...read.faults);
        const { runbook } = read;
        if (runbook === undefined) continue;
        const other = here.get(runbook.name);
        if (other !== undefined) {
          faults.push(faultOf(file, `has the name of ${other}, which is shown instead`));
          continue;
        }
        here.set(runbook.name, file);
        runbooks.set(runbook.name, { ...runbook, source: place === 0 ? "default" : "own" });
      }
    }
    for (const file of files.keys()) if (!seen.has(file)) files.delete(file);
    return { runbooks, faults };
  }

  async function readOne(file: string, known: (name: string) => boolean): Promise<ReadRunbook> {
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const version = `${mtimeMs} ${size} ${ino}`;
      const before = files.get(file);
      if (before?.version === version) return before.read;
      const read =
        size > LIMITS.bytes
          ? unread(file, `has ${size} bytes; at most ${LIMITS.bytes} are read`)
          : readRunbook(file, await readFile(file, "utf8"), options.checkQuery, known);
      files.set(file, { version, read });
      return read;
    } catch (error) {
      return unread(file, `cannot be read: ${messageOf(error)}`);
    }
  }

  return () => {
    looking ??= look().finally(() => (looking = undefined));
    return looking;
  };
}

async function filesIn(folder: string, faults: Fault[]): Promise<readonly string[]> {
  try {
    const found = await runbooksBelow(folder);
    if (found.length > LIMITS.files) {
      faults.push(faultOf(folder, `has ${found.length} files; ${LIMITS.files} are read`));
    }
    return found.slice(0, LIMITS.files);
  } catch (error) {
    faults.push(faultOf(folder, `cannot be read: ${messageOf(error)}`));
    return [];
  }
}

const faultOf = (file: string, reason: string): Fault => ({
  file,
  line: 1,
  column: 1,
  path: "",
  reason,
});

const unread = (file: string, reason: string): ReadRunbook => ({
  runbook: undefined,
  faults: [faultOf(file, reason)],
  notes: [],
});
