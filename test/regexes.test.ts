import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check } from "recheck";
import { parseAst } from "vite";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Found {
  readonly file: string;
  readonly pattern: string;
  readonly flags: string;
}

/** A node of the parser's tree, as far as it is read. */
interface Node {
  readonly type?: unknown;
  readonly name?: unknown;
  readonly callee?: Node;
  readonly arguments?: readonly Node[];
  readonly quasis?: readonly { readonly value: { readonly cooked: string } }[];
  readonly value?: unknown;
}

/** What is put together of texts and of names that stand in the source, with a name for each. */
function putTogether({ arguments: [pattern, flags] = [] }: Node): Omit<Found, "file"> | undefined {
  if (pattern?.quasis === undefined) return undefined;
  return {
    pattern: pattern.quasis.map(({ value }) => value.cooked).join("app"),
    flags: typeof flags?.value === "string" ? flags.value : "",
  };
}

/**
 * Every regular expression that stands in the source or is made there, found by a parser; `given` is
 * told of the files that make one of something that they are given.
 */
function regexesOf(file: string, text: string, given: (file: string) => void = () => {}): Found[] {
  const found: Found[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { type, callee } = node as Node;
    if (type === "NewExpression" && callee?.name === "RegExp") {
      const made = putTogether(node);
      if (made === undefined) given(file);
      else found.push({ file, ...made });
      return;
    }
    const regex = "regex" in node ? (node.regex as { pattern: string; flags: string }) : undefined;
    if (regex !== undefined) found.push({ file, pattern: regex.pattern, flags: regex.flags });
    else for (const child of Object.values(node)) visit(child);
  };
  visit(parseAst(text, { lang: "ts" }));
  return found;
}

/** Those that an attacker's text can keep busy, and those of which that cannot be told. */
async function dangerous(regexes: readonly Found[]): Promise<string[]> {
  const said: string[] = [];
  for (const { file, pattern, flags } of regexes) {
    const { status } = await check(pattern, flags, { timeout: 100_000 });
    if (status !== "safe") said.push(`${file}: /${pattern}/${flags} is ${status}`);
  }
  return said;
}

it("no regular expression of the kit, which reads what strangers send, can be kept busy", async () => {
  const args = [
    "ls-files",
    "-c",
    "-o",
    "--exclude-standard",
    "packages/sdk/src",
    "packages/browser/src",
    "packages/cli/src",
  ];
  const files = execFileSync("git", args, { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  const given: string[] = [];
  const regexes = files.flatMap((file) => {
    try {
      return regexesOf(file, readFileSync(`${root}/${file}`, "utf8"), (path) => given.push(path));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return []; // Deleted.
      throw error;
    }
  });
  expect(regexes.length).toBeGreaterThan(20);
  expect(await dangerous(regexes)).toEqual([]);
  // The page's own expressions to mask by, and those of the rules that `rules test` reads.
  expect(given).toEqual(["packages/browser/src/mask.ts", "packages/cli/src/rules.ts"]);
}, 600_000);

it("and the check sees one that can", async () => {
  const source = "const a = 1; export const slow: RegExp = /^(a|a)*$/u;";
  expect(await dangerous(regexesOf("x.ts", source))).toEqual(["x.ts: /^(a|a)*$/u is vulnerable"]);
  const made = "export const slow = (name: string) => new RegExp(`^(${name}|${name})*$`, 'm');";
  expect(await dangerous(regexesOf("x.ts", made))).toEqual(["x.ts: /^(app|app)*$/m is vulnerable"]);
});
