import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { expandGlob } from "./glob.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sw-glob-"));
  for (const folder of ["a", "b.d"]) await mkdir(join(dir, folder));
  for (const name of ["a/one.yml", "a/two.yaml", "b.d/one.yml", "top.yml", "a/b+c.yml"])
    await writeFile(join(dir, name), "");
});
afterAll(() => rm(dir, { recursive: true }));

it("expands *, ? and sets, relative and absolute, sorted", async () => {
  const names = async (pattern: string) =>
    (await expandGlob(pattern, dir)).map((path) => path.slice(dir.length + 1));
  expect(await names("*.yml")).toEqual(["top.yml"]);
  expect(await names("*/*.yml")).toEqual(["a/b+c.yml", "a/one.yml", "b.d/one.yml"]);
  expect(await names(join(dir, "a/t?o.y*ml"))).toEqual(["a/two.yaml"]);
  expect(await names("[^a].d/[n-p]ne.yml")).toEqual(["b.d/one.yml"]);
  expect(await names("a/b\\+c.yml")).toEqual(["a/b+c.yml"]);
  expect(await names("a/one.yml")).toEqual(["a/one.yml"]);
  expect(await names("nothing/*.yml")).toEqual([]);
  expect(await names("missing.yml")).toEqual([]);
});

it("refuses a malformed pattern", async () => {
  await expect(expandGlob("[a", dir)).rejects.toThrow(/malformed/);
});
