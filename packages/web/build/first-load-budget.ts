import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

interface Budget {
  /** Of 1,000 bytes each, compressed with gzip. */
  readonly kilobytes: number;
  /** The end of the path of the module that draws the first screen. */
  readonly firstScreen: string;
}

/**
 * Fails the build when the JavaScript of the first load exceeds its budget: the entry, the first
 * screen, and all that they import statically.
 */
export function firstLoadBudget({ kilobytes, firstScreen }: Budget): Plugin {
  return {
    name: "seaworthy:first-load-budget",
    apply: "build",
    generateBundle(_options, bundle) {
      const seen = new Set<string>();
      const visit = (file: string): number => {
        const chunk = bundle[file];
        if (seen.has(file) || chunk?.type !== "chunk") return 0;
        seen.add(file);
        return chunk.imports.reduce(
          (sum, imported) => sum + visit(imported),
          gzipSync(chunk.code).length,
        );
      };
      const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
      const entry = chunks.find(
        (chunk) => chunk.isEntry && chunk.facadeModuleId?.endsWith("index.html") === true,
      );
      const screen = chunks.find((chunk) => chunk.facadeModuleId?.endsWith(firstScreen) === true);
      if (entry === undefined || screen === undefined)
        this.error("the entry or the first screen was not found: the first load was not measured");
      const bytes = visit(entry.fileName) + visit(screen.fileName);
      const size = `${(bytes / 1000).toFixed(1)} KB gzip in ${seen.size} files`;
      if (bytes > kilobytes * 1000)
        this.error(`the first load is ${size}; the budget is ${kilobytes} KB`);
      this.info(`first load: ${size}`);
    },
  };
}
