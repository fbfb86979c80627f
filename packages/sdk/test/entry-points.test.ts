import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = new URL("..", import.meta.url);

/** Runs a program in the package, which may then import itself as its users do: what was built. */
async function run(type: "commonjs" | "module", code: string): Promise<unknown> {
  const args = [`--input-type=${type}`, "-e", code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return JSON.parse(stdout);
}

test("every entry point gives require() what it gives import", async () => {
  const manifest = JSON.parse(await readFile(new URL("package.json", root), "utf8")) as {
    exports: Record<string, unknown>;
  };
  const names = Object.keys(manifest.exports).map((name) => `@seaworthy/sdk${name.slice(1)}`);
  const list = JSON.stringify(names);
  const [required, imported] = await Promise.all([
    run(
      "commonjs",
      `console.log(JSON.stringify(${list}.map((name) => Object.keys(require(name)).sort())))`,
    ),
    run(
      "module",
      `const all = [];
       for (const name of ${list}) all.push(Object.keys(await import(name)).sort());
       console.log(JSON.stringify(all))`,
    ),
  ]);
  expect(required).toEqual(imported);
  expect(imported).toHaveLength(names.length);
  expect(names.length).toBeGreaterThan(6);
});
