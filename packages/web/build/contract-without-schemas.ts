import { fileURLToPath } from "node:url";
import { runnerImport, type Plugin } from "vite";

const contractSource = fileURLToPath(new URL("../../contract/src/index.ts", import.meta.url));
/** What of the contract works without schemas. */
const plainSources = ["address", "figures-csv", "links", "pictures"].map((name) =>
  fileURLToPath(new URL(`../../contract/src/${name}.ts`, import.meta.url)),
);
const slimId = "\0contract-without-schemas";

interface OperationLike {
  readonly method: string;
  readonly path: string;
}

function isOperation(value: unknown): value is OperationLike {
  return (
    typeof value === "object" &&
    value !== null &&
    "method" in value &&
    "path" in value &&
    "answer" in value
  );
}

/**
 * In a build, replaces `@seaworthy/contract` by its operations' methods and paths alone, what makes an
 * address of them, the links between signals, tables for spreadsheets and what is said of pictures.
 * The browser needs the schemas for their types only, and they would bring the whole of zod into the first load.
 * While developing, the real contract is used and every answer is checked against it.
 */
export function contractWithoutSchemas(): Plugin {
  return {
    name: "seaworthy:contract-without-schemas",
    apply: "build",
    enforce: "pre",
    resolveId: (id) => (id === "@seaworthy/contract" ? slimId : undefined),
    async load(id) {
      if (id !== slimId) return undefined;
      const { module, dependencies } = await runnerImport<Record<string, unknown>>(contractSource);
      for (const file of dependencies) this.addWatchFile(file);
      const operations = Object.entries(module)
        .filter((entry): entry is [string, OperationLike] => isOperation(entry[1]))
        .map(
          ([name, { method, path }]) =>
            `export const ${name} = ${JSON.stringify({ method, path })};\n`,
        );
      const plain = plainSources.map((file) => `export * from ${JSON.stringify(file)};\n`);
      return [...plain, ...operations].join("");
    },
  };
}
