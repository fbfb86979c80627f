// `node bundle.mjs PROGRAM OUT`: makes one file of a TypeScript program and our sources that it imports, so that a
// process that is started many times reads one file instead of hundreds. Packages of others stay imports.
import { readFileSync, renameSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const [program = "", out = ""] = process.argv.slice(2);
/** Ours are made part of the file; all others are imported as they would be. */
const othersStayImports = {
  name: "others-stay-imports",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === "entry-point" || path.startsWith("@seaworthy/")
        ? undefined
        : { path, external: true },
    );
    // A module goes on knowing where it stands, and finds the files beside it.
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const where = JSON.stringify(pathToFileURL(path).href);
      const contents = readFileSync(path, "utf8").replaceAll("import.meta.url", where);
      return { loader: "ts", contents };
    });
  },
};
const unfinished = `${out}.${process.pid}`;
await build({
  entryPoints: [program],
  outfile: unfinished,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  conditions: ["@seaworthy/source"],
  sourcemap: "inline",
  logLevel: "error",
  plugins: [othersStayImports],
});
// Another worker may be at the same: whoever reads it reads a whole one.
renameSync(unfinished, out);
