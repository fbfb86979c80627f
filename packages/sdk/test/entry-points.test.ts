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

test("types are found without exports, as TypeScript looks for them where modules are CommonJS", async () => {
  const { exports, types, typesVersions } = JSON.parse(
    await readFile(new URL("package.json", root), "utf8"),
  ) as {
    exports: Readonly<Record<string, { readonly types: string }>>;
    types?: string;
    typesVersions?: { readonly "*": { readonly "*": readonly string[] } };
  };
  expect(types).toBe(exports["."]?.types);
  const places = typesVersions?.["*"]["*"] ?? [];
  for (const [name, { types: file }] of Object.entries(exports))
    if (name !== ".")
      expect(places.map((place) => `./${place.replace("*", name.slice(2))}`)).toContain(file);
});

test("the versions that the documentation names are those that the tests run with", async () => {
  const { devDependencies } = JSON.parse(await readFile(new URL("package.json", root), "utf8")) as {
    devDependencies: Readonly<Record<string, string>>;
  };
  const documentation = await readFile(new URL("../../docs/sdk.md", root), "utf8");
  const [, list = ""] = /the tests run with ([^\n]*?)\. Tried by hand/.exec(documentation) ?? [];
  const named = new Map<string, Set<string>>();
  for (const part of list.split(/, (?=[`A-Z])| and (?=[`A-Zp])/)) {
    const [, name = "", versions = ""] = /^`?([\w. -]+?)`? (\d.*)$/.exec(part) ?? [];
    const [from = "", to] = versions.split(" to ");
    const all =
      to === undefined
        ? versions.split(" and ")
        : Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => `${Number(from) + at}`);
    named.set(name.toLowerCase(), new Set(all));
  }
  const packages = { nestjs: "@nestjs/core", "prom-client": "prom-client" } as Record<
    string,
    string
  >;
  expect(named.size).toBeGreaterThan(10);
  for (const [name, versions] of named) {
    const wanted = packages[name] ?? name;
    const tested = Object.entries(devDependencies)
      .filter(([each]) => each.startsWith(wanted) && /^\d*$/.test(each.slice(wanted.length)))
      .map(([, version]) => version.replace(/^npm:.*@/, ""));
    const digits = [...versions].some((version) => version.includes(".")) ? 2 : 1;
    const short = tested.map((version) => version.split(".").slice(0, digits).join("."));
    expect([name, [...new Set(short)].sort()]).toEqual([name, [...versions].sort()]);
  }
});
