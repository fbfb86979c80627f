import { readdir, stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";

const MAGIC = /[*?[\\]/;
/** A pattern that names more files than this is a mistake, e.g. `/**`. */
const MAX_FILES = 10_000;

/**
 * The files that a pattern of Go's filepath.Glob names, sorted: `*`, `?` and `[a-z]` within one path
 * element, no `**`. Relative patterns start at `baseDir`. No match is an empty list; a pattern
 * without magic is listed when the file exists. Throws Error for a malformed pattern.
 */
export async function expandGlob(pattern: string, baseDir: string): Promise<string[]> {
  const full = isAbsolute(pattern) ? pattern : join(baseDir, pattern);
  const found = await expand(full);
  if (found.length > MAX_FILES)
    throw new Error(`pattern ${JSON.stringify(pattern)} names more than ${MAX_FILES} files`);
  return found.sort();
}

async function expand(pattern: string): Promise<string[]> {
  if (!MAGIC.test(pattern)) {
    const exists = await stat(pattern).then(
      () => true,
      () => false,
    );
    return exists ? [pattern] : [];
  }
  const parent = dirname(pattern);
  const element = elementPattern(pattern.slice(parent === "/" ? 1 : parent.length + 1));
  const folders = parent === pattern ? [] : await expand(parent);
  const found: string[] = [];
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    found.push(...names.filter((name) => element.test(name)).map((name) => join(folder, name)));
  }
  return found;
}

/** One path element as a regular expression. */
function elementPattern(glob: string): RegExp {
  const literal = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  let source = "";
  const token = /\*+|\?|\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|([^*?[\\]+)/gsy;
  let end = 0;
  for (let match = token.exec(glob); match !== null; match = token.exec(glob)) {
    const [whole, escaped, negated, set, plain] = match;
    if (plain !== undefined) source += literal(plain);
    else if (escaped !== undefined) source += literal(escaped);
    else if (set !== undefined)
      source += `[${negated === "^" ? "^" : ""}${set.replaceAll("[", "\\[")}]`;
    else source += whole === "?" ? "." : ".*";
    end = token.lastIndex;
  }
  if (end !== glob.length) throw new Error(`malformed pattern ${JSON.stringify(glob)}`);
  return new RegExp(`^${source}$`, "su");
}
