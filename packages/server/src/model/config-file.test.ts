import { expect, it } from "vitest";
import { z } from "zod";
import { parseConfig } from "./config-file.ts";
import { ConfigError } from "./errors.ts";

const schema = z.strictObject({
  jobs: z.array(z.strictObject({ name: z.string(), port: z.number().optional() })).default([]),
});

function faultsOf(text: string): string {
  try {
    parseConfig(text, "x.yml", schema);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

it("names file, line, column and path of what does not fit", () => {
  expect(faultsOf("jobs:\n  - name: a\n    prot: 1\n")).toBe(
    'x.yml:3:5: jobs[0].prot: unknown field "prot"',
  );
  expect(faultsOf("jobs:\n  - name: a\n  - name: 7\n")).toContain("x.yml:3:5: jobs[1].name: ");
  expect(faultsOf("jobs: 3")).toContain("x.yml:1:1: jobs: ");
});

it("names the place of broken YAML and of doubled keys", () => {
  expect(faultsOf("jobs: [\n")).toMatch(/^x\.yml:\d+:\d+: /);
  expect(faultsOf("jobs: []\njobs: []\n")).toMatch(/^x\.yml:2:1: .*unique/);
});

it("refuses alias bombs", () => {
  const levels = Array.from(
    { length: 12 },
    (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(", ")}]`,
  );
  expect(faultsOf(["l0: &l0 [x]", ...levels].join("\n"))).toMatch(/alias/i);
});

it("takes an empty file as an empty document", () => {
  expect(parseConfig("", "x.yml", schema).value).toEqual({ jobs: [] });
});

it("keeps the text of scalars where asked", () => {
  const any = z.record(z.string(), z.unknown());
  const text = "a: 1.10\nb: True\nc: 0x1F\nd: 7\ne: true\nf: '1'\n";
  expect(parseConfig(text, "x.yml", any, { exactText: true }).value).toEqual({
    a: "1.10",
    b: "True",
    c: "0x1F",
    d: 7,
    e: true,
    f: "1",
  });
  expect(parseConfig(text, "x.yml", any).value).toMatchObject({ a: 1.1, b: true, c: 31 });
});
