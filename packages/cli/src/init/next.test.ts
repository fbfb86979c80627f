import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fakeTerminal } from "../../test/terminal.ts";
import { filesOf, makeRepository, type Files } from "../../test/repository.ts";
import { init } from "./init.ts";
import { configWithKit, portOfScripts } from "./next.ts";

const typescript: Files = {
  "package.json": `{ "name": "web", "scripts": { "dev": "next dev --turbopack -p 3100" }, "dependencies": { "next": "^16.0.0" } }\n`,
  "tsconfig.json": "{}\n",
  "next.config.ts": `import type { NextConfig } from "next";\n\nconst nextConfig: NextConfig = {\n  reactStrictMode: true,\n};\n\nexport default nextConfig;\n`,
  "src/app/page.tsx": "export default function Page() {}\n",
};

test("a Next.js project: instrumentation and configuration, and a second run changes nothing", async () => {
  const folder = await makeRepository(typescript);
  const terminal = fakeTerminal(folder);
  expect(await init(["--yes"], terminal)).toBe(0);
  const shown = terminal.written();
  expect(shown).toContain("web: next, TypeScript");
  expect(shown).toContain(`+  serverExternalPackages: ["@seaworthy/sdk"],\n`);
  expect(shown).toContain("+export async function register() {");
  const files = await filesOf(folder);
  expect(files["src/instrumentation.ts"]).toContain(`seaworthy({ service: "web" });`);
  expect(files["src/instrumentation.ts"]).toContain("context: { routePath?: string }");
  expect(files["next.config.ts"]).toContain(
    `= {\n  serverExternalPackages: ["@seaworthy/sdk"],\n  reactStrictMode: true,\n};`,
  );
  expect(files["seaworthy/prometheus.yml"]).toContain(`"127.0.0.1:3100"`);
  expect(files["package.json"]).toContain(`"@seaworthy/sdk"`);
  const again = fakeTerminal(folder);
  expect(await init(["--yes"], again)).toBe(0);
  expect(again.written()).toContain("nothing is changed");
  expect(await filesOf(folder)).toEqual(files);
});

test("without TypeScript, src and configuration: files that JavaScript takes", async () => {
  const folder = await makeRepository({
    "package.json": `{ "name": "web", "type": "module", "dependencies": { "next": "16" } }`,
    "app/page.js": "export default function Page() {}\n",
  });
  expect(await init(["--yes"], fakeTerminal(folder))).toBe(0);
  const load = (file: string) =>
    import(pathToFileURL(join(folder, file)).href) as Promise<Record<string, unknown>>;
  expect((await load("next.config.mjs"))["default"]).toEqual({
    serverExternalPackages: ["@seaworthy/sdk"],
  });
  expect(Object.keys(await load("instrumentation.js"))).toEqual(["register", "onRequestError"]);
});

test("an instrumentation file of one's own is not touched: what to add is said", async () => {
  const own = `export function register() {\n  console.log("ours");\n}\n`;
  const folder = await makeRepository({ ...typescript, "src/instrumentation.ts": own });
  const terminal = fakeTerminal(folder);
  expect(await init(["--yes"], terminal)).toBe(0);
  expect(terminal.written()).toContain("note src/instrumentation.ts: in register() and");
  expect(terminal.written()).toContain(`await import("@seaworthy/sdk/next")`);
  expect((await filesOf(folder))["src/instrumentation.ts"]).toBe(own);
});

test("a Next.js of before 15 is told what it calls these", async () => {
  const folder = await makeRepository({
    ...typescript,
    "package.json": `{ "dependencies": { "next": "^14.2.0" } }`,
  });
  const terminal = fakeTerminal(folder);
  await init(["--dry-run"], terminal);
  expect(terminal.written()).toContain("serverComponentsExternalPackages");
});

describe("the configuration", () => {
  const kept = "serverExternalPackages:";
  test.each([
    ["module.exports = {};\n", `module.exports = {\n  ${kept} ["@seaworthy/sdk"],\n};\n`],
    [
      "export default {\r\n  a: 'b',\r\n};\r\n",
      `export default {\r\n  ${kept} ['@seaworthy/sdk'],\r\n  a: 'b',\r\n};\r\n`,
    ],
    [
      `const nextConfig = { ${kept} ["sharp"] };`,
      `const nextConfig = { ${kept} ["@seaworthy/sdk", "sharp"] };`,
    ],
    [`const config = { ${kept} [] };`, `const config = { ${kept} ["@seaworthy/sdk"] };`],
    [
      `// const nextConfig = { a: 1 }\nconst nextConfig = {\n  // ours\n};`,
      `// const nextConfig = { a: 1 }\nconst nextConfig = {\n  ${kept} ["@seaworthy/sdk"],\n  // ours\n};`,
    ],
  ])("%j", (before, after) => {
    expect(configWithKit(before)).toEqual({ text: after });
    expect(configWithKit(after)).toEqual({ text: after });
  });

  test("made by a function, or with a list from elsewhere, is left to a person", () => {
    for (const text of [
      "module.exports = withPlugins(base);\n",
      `const nextConfig = { ${kept} externals };\n`,
    ])
      expect(configWithKit(text)).toHaveProperty("byHand");
  });
});

test("the port is that of the scripts", () => {
  expect(portOfScripts("next", { dev: "next dev", start: "next start --port=4100" })).toBe(4_100);
  expect(portOfScripts("next", { dev: "vite --port 5000", start: "next start" })).toBe(undefined);
});
