/** The layout of fastify-cli: an application that is a plugin, which `fastify start` serves. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fakeTerminal } from "../../test/terminal.ts";
import { filesOf, makeRepository } from "../../test/repository.ts";
import { addKit } from "./entry-edit.ts";
import { findPlugin } from "./fastify-plugin.ts";
import { init } from "./init.ts";
import { codeOnly, enclosingBrace } from "./source-text.ts";

function edited(source: string): string {
  const edit = addKit(source, "fastify", "shop");
  return edit.kind === "edited" ? edit.text : edit.kind;
}

const statement = `await fastify.register(seaworthy, { service: "shop" })`;

describe("the kit is first in the plugin", () => {
  test("CommonJS, without semicolons, as fastify-cli makes it", () => {
    const source = `'use strict'\n\nconst path = require('node:path')\nconst AutoLoad = require('@fastify/autoload')\n\n// Options of the command.\nconst options = {}\n\nmodule.exports = async function (fastify, opts) {\n  // Custom code:\n\n  fastify.register(AutoLoad, {\n    dir: path.join(__dirname, 'plugins'),\n    options: Object.assign({}, opts)\n  })\n}\n\nmodule.exports.options = options\n`;
    expect(edited(source)).toBe(
      source
        .replace(
          "const path",
          `const { seaworthy } = require('@seaworthy/sdk/fastify')\nconst path`,
        )
        .replace("opts) {\n", `opts) {\n  ${statement.replaceAll('"', "'")}\n`),
    );
  });

  test("an ES module, with semicolons", () => {
    const source = `import path from "path";\nimport AutoLoad from "@fastify/autoload";\n\nexport default async function (fastify, opts) {\n    fastify.register(AutoLoad, {});\n}\n`;
    expect(edited(source)).toBe(
      `import { seaworthy } from "@seaworthy/sdk/fastify";\n${source.replace("opts) {\n", `opts) {\n    ${statement};\n`)}`,
    );
  });

  test("TypeScript: exported by its name, with types", () => {
    const source = `import AutoLoad, { AutoloadPluginOptions } from "@fastify/autoload";\r\nimport { FastifyPluginAsync } from "fastify";\r\n\r\nconst app: FastifyPluginAsync<AppOptions> = async (\r\n    fastify,\r\n    opts\r\n): Promise<void> => { // {\r\n  void fastify.register(AutoLoad, {});\r\n};\r\n\r\nexport default app;\r\nexport { app, options }\r\n`;
    const text = edited(source);
    expect(text).toBe(
      `import { seaworthy } from "@seaworthy/sdk/fastify";\r\n${source.replace("// {\r\n", `// {\r\n  ${statement};\r\n`)}`,
    );
  });

  test.each([
    `export default async (fastify: FastifyInstance, options: Options): Promise<void> => {\n}\n`,
    `module.exports = fp(async (fastify) => {\n})\n`,
    `async function plugin$(fastify) {\n}\nmodule.exports = plugin$\n`,
    `export async function plugin(fastify) {\n}\nexport default plugin;\n`,
    `if (on) {\nconst x = require("x");\n}\nmodule.exports = async (fastify) => {\n};\n`,
    `export default async function plugin(fastify, opts) { fastify.get("/", () => 1); }\n`,
    `export default async function (fastify, opts) { /* of\n more lines */\n  fastify.get("/", () => 1);\n}\n`,
    `/** Of module.exports = async function (no, no) {} */\nmodule.exports = async function (fastify /* it */, opts) {}`,
  ])("%s", (source) => {
    const text = edited(source);
    const { bodyStart = -1 } = findPlugin(text) ?? {};
    const code = codeOnly(text).slice(bodyStart).trimStart();
    expect(code.startsWith("await fastify.register(seaworthy, { service: "), text).toBe(true);
    const load = /^(?:import|const) \{ seaworthy \} (?:from|= require)/m.exec(text)?.index ?? -1;
    expect(load).toBeGreaterThan(-1);
    expect(enclosingBrace(codeOnly(text), load)).toBe(-1);
    expect(edited(text)).toBe("already");
  });

  test.each([
    `module.exports = function (fastify, opts, done) {\n  done()\n}\n`,
    `module.exports = function(fastify, opts, next) {\n  next()\n}\n`,
    `module.exports = fp(function app (fastify, opts, done) {\n  done()\n})\n`,
    `module.exports = fp((fastify, opts, done) => {\n  done()\n})\n`,
    `module.exports = (fastify, opts, done) => {\n  done()\n}\n`,
    `function plugin (fastify, opts, done) {\n  done()\n}\nmodule.exports = plugin\n`,
    `export default function plugin(fastify: FastifyInstance, opts: Options, done: () => void): void {\n  done();\n}\n`,
    `const app: FastifyPluginCallback<Options> = (fastify, opts, done): void => {\n  done();\n};\nexport default app;\n`,
    `export const app = function (fastify, opts, done) {\n  done();\n};\nexport default app;\n`,
  ])("one that takes a callback cannot await it: %s", (source) => {
    const edit = addKit(source, "fastify", "shop");
    expect(edit).toMatchObject({
      kind: "edited",
      notes: [expect.stringContaining("fastify.register(seaworthy) cannot be awaited")],
    });
    const end = source.includes(";") ? ";" : "";
    const register = `  fastify.register(seaworthy, { service: "shop" })${end}\n`;
    const text = edited(source);
    expect(text.replace(/^(?:import|const) \{ seaworthy \}.*\n/, "")).toBe(
      source.replace(/ {2}(?:done|next)\(/, (first) => register + first),
    );
    expect(edited(text)).toBe("already");
  });

  test("what is no plugin, or is not understood, is left to a person", () => {
    for (const source of [
      `module.exports = class {\n  constructor(fastify) {\n  }\n}\n`,
      `module.exports = (fastify) => ({\n})\n`,
      `module.exports = (fastify)\n{\n}\n`,
      `module.exports = function* (fastify) {\n}\n`,
      `export default async (fastify): Promise<{ a: 1 }> => {\n}\n`,
      `export default function (fastify): { a: 1 } {\n}\n`,
      `const path = require("path")\nmodule.exports = require(path)\n`,
      `module.exports = async function ({ log }) {\n}\n`,
      `module.exports = async fastify => {\n  other(fastify)\n}\n`,
      `// module.exports = async function (fastify) {}\n`,
      `const text = "\\nmodule.exports = async function (fastify) {}"\n`,
      `export default app;\n`,
      `exports.plugin = async function (fastify) {\n}\n`,
    ])
      expect(edited(source), source).toBe("manual");
  });

  test("whatever the source, only lines are added, and once", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "module.exports = ",
        "export default ",
        "async ",
        "function ",
        "app",
        "(fastify",
        ") {",
        "=> ",
        "}",
        "/*",
        "*/",
        "//",
        "`",
        "'",
        "\n",
        "const app = ",
        ": Promise<void> ",
        ";\n",
        "import x from 'x'\n",
        "const x = require('x')\n",
      ),
      fc.string({ unit: "binary", maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
        const source = pieces.join("");
        const edit = addKit(source, "fastify", "shop");
        if (edit.kind !== "edited") return;
        expect(edited(edit.text)).toBe("already");
        const [load = "", line = ""] = edit.text.match(/.*seaworthy.*/g) ?? [];
        expect(edit.text.replace(load, "").replace(line, "").replaceAll(/\s/g, "")).toBe(
          source.replaceAll(/\s/g, ""),
        );
      }),
      { numRuns: 500 },
    );
  });
});

const layouts = [
  ["commonjs", "app.js", "app.js", "module.exports ="],
  ["module", "app.js", "-w -l info -P ./app.js", "export default"],
  ["module", "src/app.ts", "dist/app.js", "export default"],
] as const;

test("init: a plugin that takes a callback, and what is served", async () => {
  const folder = await makeRepository({
    "package.json": JSON.stringify({
      name: "shop",
      scripts: { start: "fastify start -l info --port 3100 app.js" },
      dependencies: { fastify: "^5.0.0", "fastify-cli": "^8.0.0" },
    }),
    "app.js": `module.exports = function (fastify, opts, done) {\n  fastify.get("/", () => "ok");\n  fastify.register(async (routes) => {\n    routes.get("/below", () => "ok");\n  });\n  done();\n};\n`,
    "start.mjs": `import make from "fastify";
import plugin from "./app.js";
const app = make();
await app.register(plugin);
await app.listen({ port: 0 });
const { port } = app.server.address();
for (const path of ["", "below", "nowhere", "health/live", "metrics"]) {
  const answer = await fetch(\`http://127.0.0.1:\${port}/\${path}\`);
  const paths = (await answer.text()).match(/(?<=requests_total{method="GET",path=")[^"]+(?=",status="\\d+"} 1)/g);
  console.log(answer.status, paths?.sort().join(" ") ?? "");
}
process.exit();
`,
  });
  const terminal = fakeTerminal(folder);
  expect(await init(["--yes"], terminal)).toBe(0);
  expect(terminal.written()).toContain(`+  fastify.register(seaworthy, { service: "shop" });\n`);
  expect(terminal.written()).toContain("note app.js: fastify.register(seaworthy) cannot be");
  const files = await filesOf(folder);
  expect(files["seaworthy/prometheus.yml"]).toContain(`targets: ["127.0.0.1:3100"]`);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "start.mjs")]);
  expect(stdout.split("\n").filter((line) => /^\d{3} /.test(line))).toEqual([
    "200 ",
    "200 ",
    "404 ",
    "200 ",
    "200 / /below unmatched",
  ]);
});

test("init: beside a file that `fastify eject` has written, the plugin that is still started", async () => {
  const plugin = `module.exports = async function (fastify, opts) {\n}\n`;
  const server = `const Fastify = require("fastify");\nconst app = Fastify();\napp.register(require("./app.js"));\napp.listen({ port: process.env.PORT || 3000 });\n`;
  const files = {
    "package.json": JSON.stringify({
      name: "shop",
      main: "app.js",
      scripts: { start: "fastify start -l info app.js" },
      dependencies: { fastify: "^5.0.0", "fastify-cli": "^8.0.0" },
    }),
    "app.js": plugin,
    "server.js": server,
  };
  const folder = await makeRepository(files);
  expect(await init(["--yes"], fakeTerminal(folder))).toBe(0);
  expect(await filesOf(folder)).toMatchObject({
    "app.js": expect.stringContaining("await fastify.register(seaworthy"),
    "server.js": server,
  });
  // Where the other file has the kit already, it is not added a second time.
  const watched = await makeRepository({
    ...files,
    "server.js": `${server}app.register(require("@seaworthy/sdk/fastify").seaworthy);\n`,
  });
  expect(await init(["--yes"], fakeTerminal(watched))).toBe(0);
  expect((await filesOf(watched))["app.js"]).toBe(plugin);
});

test.each(layouts)("init: %s, %s, and what is served", async (type, file, started, exported) => {
  const plugin = `${exported} async function (fastify, opts) {\n  fastify.get("/", () => "ok");\n}\n`;
  const route = `${exported} async function (fastify, opts) {\n  fastify.get("/other", () => "ok");\n}\n`;
  const folder = await makeRepository({
    "package.json": JSON.stringify({
      name: "shop",
      type,
      scripts: { start: `npm run build && fastify start ${started}`, test: "node --test" },
      dependencies: { fastify: "^5.0.0", "fastify-cli": "^7.0.0" },
    }),
    ...(file.endsWith(".ts") ? { "tsconfig.json": "{}" } : {}),
    "routes/root.js": route,
    [file]: plugin,
    // What `fastify start` does with it.
    "test/start.mjs": `import make from "fastify";
import plugin from "../${file}";
const app = make();
app.register(plugin);
await app.listen({ port: 0 });
const { port } = app.server.address();
for (const path of ["health/live", "nowhere", "metrics"]) {
  const answer = await fetch(\`http://127.0.0.1:\${port}/\${path}\`);
  console.log(answer.status, (await answer.text()).includes('path="/"'));
}
process.exit();
`,
  });
  const terminal = fakeTerminal(folder);
  expect(await init(["--yes"], terminal)).toBe(0);
  expect(terminal.written()).toContain(`+  ${statement};\n`);
  const files = await filesOf(folder);
  expect(files["routes/root.js"]).toBe(route);
  const again = fakeTerminal(folder);
  expect(await init([], again)).toBe(0);
  expect(again.written()).toContain("Everything is there already; nothing is changed.");
  expect(await filesOf(folder)).toEqual(files);
  if (file.endsWith(".ts")) return;
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(folder, "test", "start.mjs"),
  ]);
  expect(stdout.split("\n").filter((line) => /^\d{3} /.test(line))).toEqual([
    "200 false",
    "404 false",
    "200 true",
  ]);
});
