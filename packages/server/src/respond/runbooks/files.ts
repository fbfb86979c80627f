import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** The runbooks in a folder and below it, by name. */
export async function runbooksBelow(folder: string): Promise<readonly string[]> {
  return (await readdir(folder, { recursive: true }))
    .filter(
      (name) => name.endsWith(".md") && !/(?:^|[/\\])(?:README\.md|\.|node_modules)/.test(name),
    )
    .toSorted()
    .map((name) => join(folder, name));
}
