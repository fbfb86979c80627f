import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/** A pattern that names no file, or cannot be looked at. */
export class PatternFault extends Error {
  override readonly name = "PatternFault";
}

const WILDCARD = /[*?[]/;

/**
 * The files of a pattern of `rule_files` (or of what `setting` names), sorted. As in Prometheus only the last part of the path may have
 * wildcards (`*`, `?`, `[…]`), and a pattern with wildcards may match nothing. A plain path must exist.
 */
export async function filesOfPattern(
  pattern: string,
  baseDir: string,
  setting: string,
): Promise<string[]> {
  const path = resolve(baseDir, pattern);
  const folder = dirname(path);
  const last = basename(path);
  if (WILDCARD.test(folder))
    throw new PatternFault(`${setting}: ${pattern}: wildcards may stand in the last part only`);
  if (!WILDCARD.test(last)) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true)
      throw new PatternFault(`${setting}: ${path} does not point to an existing file`);
    return [path];
  }
  const matches = wildcardTest(last, pattern, setting);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory() && matches(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort();
}

function wildcardTest(last: string, pattern: string, setting: string): (name: string) => boolean {
  const source = last.replaceAll(/\[\^?[^\]]*\]|[\s\S]/g, (part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    if (part.length > 1) return `[${part.slice(1, -1).replaceAll("\\", "\\\\")}]`;
    return part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, (char) => `\\${char}`);
  });
  try {
    const regexp = new RegExp(`^${source}$`, "su");
    return (name) => regexp.test(name);
  } catch {
    throw new PatternFault(`${setting}: ${pattern} is not a pattern`);
  }
}
