import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { EXEMPT_FROM_SIZE, findViolations, MAX_LINES, SUPPRESSIONS } from "./tidy/rules.ts";
import type { SourceFile } from "./tidy/rules.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Every source file of the tree as git sees it, the uncommitted ones included. */
function sources(): SourceFile[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const names = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\n");
  return names.flatMap((path) => {
    if (!/\.(ts|tsx|mjs)$/.test(path)) return [];
    try {
      return [{ path, text: readFileSync(`${root}/${path}`, "utf8") }];
    } catch {
      return []; // Deleted and not yet committed.
    }
  });
}

const tree = sources();

describe("the house", () => {
  it("is in order", () => {
    expect(findViolations(tree)).toEqual([]);
  });

  it("was seen", () => {
    expect(
      tree.filter((file) => file.path.startsWith("packages/server/src/")).length,
    ).toBeGreaterThan(30);
  });

  it("has no stale exemptions", () => {
    const lines = new Map(tree.map((file) => [file.path, file.text.split("\n").length]));
    for (const path of EXEMPT_FROM_SIZE.keys())
      expect(lines.get(path) ?? 0, path).toBeGreaterThan(MAX_LINES);
  });

  it("has a median file of at most 120 lines and a 90th percentile of at most 300", () => {
    const lines = tree
      .filter((file) => file.path.startsWith("packages/") && !file.path.includes(".test."))
      .map((file) => file.text.split("\n").length)
      .sort((a, b) => a - b);
    expect(lines[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(120);
    expect(lines[Math.floor(lines.length * 0.9)]).toBeLessThanOrEqual(300);
  });

  it("suppresses no more than it did", () => {
    const count = tree.reduce(
      (sum, file) =>
        sum +
        (file.text.match(/(?:oxlint|eslint)-disable|@ts-(?:ignore|expect-error|nocheck)/g)
          ?.length ?? 0),
      0,
    );
    // The rules' own file names the words three times.
    expect(count).toBe(SUPPRESSIONS);
  });
});

describe("the rules see a violation of each kind", () => {
  const cases: [rule: string, path: string, text: string][] = [
    ["import", "packages/server/src/model/x.ts", 'import { a } from "../store/index.ts";'],
    ["import", "packages/server/src/store/x.ts", 'import { a } from "../query/index.ts";'],
    [
      "import",
      "packages/server/src/evaluate/rules/x.ts",
      'export { a } from "../../route/index.ts";',
    ],
    ["import", "packages/server/src/route/x.ts", 'const a = await import("../respond/index.ts");'],
    ["import", "packages/promql/src/x.ts", 'import { a } from "@seaworthy/template";'],
    ["import", "packages/web/src/x.tsx", 'import { a } from "@seaworthy/server";'],
    ["import", "packages/cli/src/x.ts", 'import { a } from "../../server/src/app.ts";'],
    ["door", "packages/server/src/route/x.ts", 'import { a } from "../store/postgres/records.ts";'],
    ["name", "packages/server/src/route/utils/x.ts", ""],
    ["name", "packages/web/src/helpers.ts", ""],
    ["size", "packages/server/src/route/x.ts", "\n".repeat(MAX_LINES + 1)],
    ["environment", "packages/server/src/route/x.ts", "const a = process.env.A;"],
    ["database", "packages/server/src/respond/x.ts", 'import { Pool } from "pg";'],
    ["database", "packages/server/src/query/x.ts", 'import { Session } from "chdb";'],
    ["worker", "packages/server/src/route/x.test.ts", "vi.useFakeTimers();"],
    ["worker", "packages/server/src/route/x.test.ts", 'process.env["A"] = "b";'],
    ["worker", "packages/server/test/x-rig.ts", "afterEach(async () => {});"],
    ["any", "packages/server/src/route/x.ts", "function f(a: any) { return a as any[]; }"],
  ];
  it.each(cases)("%s in %s: %s", (rule, path, text) => {
    expect(findViolations([{ path, text }]).map((violation) => violation.rule)).toContain(rule);
  });

  it("and lets the same things pass where they belong", () => {
    const good: SourceFile[] = [
      { path: "packages/server/src/respond/x.ts", text: 'import { a } from "../route/index.ts";' },
      {
        path: "packages/server/src/store/postgres/x.ts",
        text: 'import { Pool } from "pg";\nimport { a } from "./y.ts";',
      },
      { path: "packages/server/src/main.ts", text: "process.env;" },
      { path: "packages/server/src/x.test.ts", text: 'const a = process.env["A"] === "b";' },
      { path: "packages/server/test/x-rig.ts", text: "function f() {\n  afterAll(g);\n}" },
      { path: "packages/server/src/model/x.ts", text: 'const company = "many"; // any' },
    ];
    expect(findViolations(good)).toEqual([]);
  });
});
