import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** How far a file was delivered. */
export interface FilePosition {
  /** The file's device and inode. */
  readonly key: string;
  readonly path: string;
  readonly offset: number;
  /** What the file begins with: so many bytes, and their hash. */
  readonly headBytes: number;
  readonly headHash: string;
}

/** A batch that was being delivered: what is sent again must be the same, for the server to know it. */
export interface InFlight {
  /** When it was read, ms since 1970. */
  readonly at: number;
  /** Sources in the order of the batch, each with where its part ends. */
  readonly ends: readonly (readonly [key: string, end: number | string])[];
}

export interface Positions {
  readonly files: readonly FilePosition[];
  /** Cursors of journals by their key. */
  readonly cursors: Readonly<Record<string, string>>;
  readonly inFlight?: InFlight | undefined;
}

const VERSION = 1;

/** Reads what was remembered; undefined when nothing was. Throws for a file that is not one of these. */
export async function loadPositions(path: string): Promise<Positions | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  const value: unknown = JSON.parse(text);
  if (!isPositions(value)) throw new Error(`${path} is not a file of positions; move it away`);
  return value;
}

/** Remembers: written aside, synced, and put in the place of the old. */
export async function savePositions(path: string, positions: Positions): Promise<void> {
  const aside = `${path}.new`;
  await mkdir(dirname(path), { recursive: true });
  const file = await open(aside, "w", 0o600);
  try {
    await file.writeFile(JSON.stringify({ version: VERSION, ...positions }));
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
}

function isPositions(value: unknown): value is Positions {
  if (typeof value !== "object" || value === null) return false;
  const { version, files, cursors } = value as Readonly<Record<string, unknown>>;
  return (
    version === VERSION && Array.isArray(files) && typeof cursors === "object" && cursors !== null
  );
}
