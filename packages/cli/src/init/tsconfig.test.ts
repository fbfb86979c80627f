import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findsKit } from "./tsconfig.ts";

async function found(
  files: Readonly<Record<string, string>>,
  typescript: unknown = "~5.9.0",
): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-tsconfig-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return findsKit(join(folder, "tsconfig.json"), typescript);
}

test.each([
  [`{}`, true],
  [`{ "compilerOptions": { "module": "commonjs" } }`, true],
  [`{ "compilerOptions": { "module": "Node16" } }`, false],
  [`{ "compilerOptions": { "module": "node18", "moduleResolution": "node16" } }`, false],
  [`{ "compilerOptions": { "module": "esnext" } }`, false],
  [`{ "compilerOptions": { "module": "commonjs", "moduleResolution": "classic" } }`, false],
  [`{ "compilerOptions": { "module" : "NodeNext", /* as Node does */ } }`, true],
  [`{ "compilerOptions": { "module": "esnext", "moduleResolution": "Bundler" } }`, true],
  [`{ "compilerOptions": { "module": "esnext", "moduleResolution": "node" } }`, true],
])("TypeScript 5, %s: %s", async (config, expected) => {
  expect(await found({ "tsconfig.json": config })).toBe(expected);
});

test.each([
  [`{}`, true],
  [`{ "compilerOptions": { "module": "commonjs" } }`, true],
  [`{ "compilerOptions": { "module": "esnext" } }`, true],
  [`{ "compilerOptions": { "module": "node16" } }`, false],
  [`{ "compilerOptions": { "moduleResolution": "node10", "ignoreDeprecations": "6.0" } }`, true],
])("TypeScript 6, %s: %s", async (config, expected) => {
  expect(await found({ "tsconfig.json": config }, "^6.0.2")).toBe(expected);
});

const asNode = `{ "compilerOptions": { "module": "NodeNext", "moduleResolution": "NodeNext" } }`;
const asNode16 = `{ "compilerOptions": { "module": "Node16", "moduleResolution": "Node16" } }`;

test("what is extended counts: a package's, as fastify-cli's template has it, or a file beside", async () => {
  const manifest = `{ "name": "fastify-tsconfig", "main": "tsconfig.json" }`;
  for (const name of ["fastify-tsconfig", "fastify-tsconfig/tsconfig.json"])
    expect(
      await found({
        "node_modules/fastify-tsconfig/package.json": manifest,
        "node_modules/fastify-tsconfig/tsconfig.json": asNode,
        "tsconfig.json": `{ "extends": "${name}", "compilerOptions": { "outDir": "dist" } }`,
      }),
    ).toBe(true);
  expect(
    await found({
      "node_modules/@tsconfig/node20/package.json": `{ "name": "@tsconfig/node20" }`,
      "node_modules/@tsconfig/node20/tsconfig.json": asNode,
      "tsconfig.json": `{ "extends": "@tsconfig/node20" }`,
    }),
  ).toBe(true);
  expect(await found({ "base.json": asNode, "tsconfig.json": `{"extends":"./base"}` })).toBe(true);
  expect(
    await found({
      "base.json": asNode16,
      "other.json": asNode,
      "tsconfig.json": `{ "extends": ["./base.json", "./other.json"] }`,
    }),
  ).toBe(true);
});

test("its own settings win over what is extended", async () => {
  const own = `{ "extends": "./base.json", "compilerOptions": { "module": "nodenext" } }`;
  expect(await found({ "base.json": asNode16, "tsconfig.json": own })).toBe(true);
  expect(await found({ "base.json": asNode16, "tsconfig.json": `{"extends":"./base"}` })).toBe(
    false,
  );
});

test("of what cannot be read nothing is said", async () => {
  expect(await found({ "tsconfig.json": `{ "extends": "not-installed-yet" }` })).toBe(true);
  expect(await found({ "tsconfig.json": `{ "extends": "./tsconfig.json" }` })).toBe(true);
});
