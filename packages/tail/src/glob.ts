import { readdir } from "node:fs/promises";
import { isAbsolute, join, resolve, sep } from "node:path";

/** Files that patterns are looked for among, and how deep `**` goes. */
const MAX_FOUND = 10_000;
const MAX_DEPTH = 12;

/** The paths that a pattern of `*`, `?` and `**` matches. What cannot be read is not there. */
export async function expand(pattern: string): Promise<string[]> {
  const absolute = isAbsolute(pattern) ? pattern : resolve(pattern);
  let found: string[] = [sep];
  for (const part of absolute.split(sep).filter((each) => each !== "")) {
    if (part === "**") found = (await Promise.all(found.map((folder) => below(folder, 0)))).flat();
    else if (!/[*?]/.test(part)) found = found.map((folder) => join(folder, part));
    else {
      const names = matcherOf(part);
      const lists = await Promise.all(
        found.map(async (folder) =>
          (await namesIn(folder))
            .filter((name) => names.test(name))
            .map((name) => join(folder, name)),
        ),
      );
      found = lists.flat();
    }
    if (found.length > MAX_FOUND)
      throw new RangeError(`${pattern} matches more than ${MAX_FOUND} files`);
  }
  return found;
}

/** A folder and all folders below it. */
async function below(folder: string, depth: number): Promise<string[]> {
  if (depth >= MAX_DEPTH) return [folder];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory());
  const deeper = await Promise.all(folders.map(({ name }) => below(join(folder, name), depth + 1)));
  return [folder, ...deeper.flat()];
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

function matcherOf(part: string): RegExp {
  const source = part
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll(/\*+/g, "[^/]*")
    .replaceAll("?", "[^/]");
  // A name that begins with a dot is meant only by a pattern that does.
  return new RegExp(`^${part.startsWith(".") ? "" : "(?!\\.)"}${source}$`);
}
