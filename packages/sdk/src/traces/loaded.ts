import { createRequire } from "node:module";

/** The files that packages of the databases are entered by, and that are loaded by `import` as well. */
const entries = [
  ["pg", "/node_modules/pg/lib/index.js"],
  ["ioredis", "/node_modules/ioredis/built/index.js"],
  ["redis", "/node_modules/@redis/client/dist/lib/client/index.js"],
] as const;

/** What is exported by each copy of `pg`, `ioredis` and `redis` that the process has loaded so far. */
export function* loadedDatabases(): Iterable<
  readonly [name: (typeof entries)[number][0], exports: unknown]
> {
  const { cache } = createRequire(import.meta.url);
  for (const [file, module] of Object.entries(cache))
    for (const [name, ending] of entries)
      if (file.replaceAll("\\", "/").endsWith(ending))
        yield [name, (module as { readonly exports?: unknown } | undefined)?.exports];
}
