import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { fakeTerminal } from "../../test/terminal.ts";
import { filesOf, makeRepository, type Files } from "../../test/repository.ts";
import { init, initHelp } from "./init.ts";

const fastifyTypescript: Files = {
  "package.json": `{\n\t"name": "@acme/shop",\n\t"type": "module",\n\t"scripts": { "dev": "tsx src/server.ts" },\n\t"dependencies": {\n\t\t"fastify": "^5.0.0",\n\t\t"zod": "^4.0.0"\n\t}\n}\n`,
  "tsconfig.json": "{}\n",
  "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
  "src/routes.ts": `import type { FastifyInstance } from "fastify";\nexport const routes = (app: FastifyInstance) => app.get("/", () => "ok");\n`,
  "src/server.ts": `import Fastify from "fastify";\nimport { routes } from "./routes.js";\n\nconst app = Fastify();\nroutes(app);\nawait app.listen({ port: Number(process.env.PORT ?? 8123) });\n`,
  ".env.example": "DATABASE_URL=postgres://…",
};
const expressCommonjs: Files = {
  "package.json": `{ "name": "api", "main": "app.js", "dependencies": { "express": "^4.19.0" } }`,
  "yarn.lock": "",
  "app.js": `const express = require("express");\nconst app = express();\napp.get("/", (req, res) => res.send("ok"));\napp.listen(8080);\n`,
};

test("a Fastify service in TypeScript: everything is added, and a second run changes nothing", async () => {
  const folder = await makeRepository(fastifyTypescript);
  const terminal = fakeTerminal(folder, { answer: "y" });
  expect(await init([], terminal)).toBe(0);
  const shown = terminal.written();
  expect(shown).toContain("shop: fastify, TypeScript, ES modules, pnpm\n");
  expect(shown).toContain(`+await app.register(seaworthy, { service: "shop" });\n`);
  expect(shown).toContain(`+\t\t"@seaworthy/sdk": "^0.1.0",\n`);
  expect(shown).toContain("Write this? [y/N]");
  expect(shown).toContain("pnpm install");
  expect(shown).not.toContain("\u001B");
  const files = await filesOf(folder);
  expect(files["package.json"]).toContain(
    `"dependencies": {\n\t\t"@seaworthy/sdk": "^0.1.0",\n\t\t"fastify"`,
  );
  expect(files["src/server.ts"]).toContain("@seaworthy/sdk/fastify");
  expect(files["src/routes.ts"]).toBe(fastifyTypescript["src/routes.ts"]);
  expect(files[".env.example"]).toMatch(
    /^DATABASE_URL=postgres:\/\/…\n\n# Seaworthy.*\nSEAWORTHY_URL=http:\/\/127\.0\.0\.1:4000\n/,
  );
  expect(parse(files["seaworthy/prometheus.yml"] ?? "")).toMatchObject({
    scrape_configs: [
      {
        job_name: "shop",
        static_configs: [{ targets: ["127.0.0.1:8123"], labels: { service: "shop" } }],
      },
    ],
  });
  const again = fakeTerminal(folder);
  expect(await init([], again)).toBe(0);
  expect(again.written()).toContain("Everything is there already; nothing is changed.");
  expect(await filesOf(folder)).toEqual(files);
});

test("an Express service in CommonJS: what the repository has made its own is left alone", async () => {
  const folder = await makeRepository({
    ...expressCommonjs,
    "seaworthy/alertmanager.yml": "route:\n  receiver: ours\nreceivers:\n  - name: ours\n",
  });
  const terminal = fakeTerminal(folder);
  expect(await init(["--yes"], terminal)).toBe(0);
  const files = await filesOf(folder);
  expect(files["seaworthy/alertmanager.yml"]).toContain("receiver: ours");
  expect(files["app.js"]).toContain(`app.use(watch.errors);\napp.listen(8080);`);
  expect(terminal.written()).toContain("yarn install");
});

test("made in one file, listening in another; dependencies out of order; modules found already", async () => {
  const folder = await makeRepository({
    "package.json": `{ "name": "api", "dependencies": { "zod": "4", "express": "5" } }`,
    "tsconfig.json": `{ "compilerOptions": { "module": "nodenext" } }`,
    "src/database.ts": `export const pool = connect({ port: 5432 });\n`,
    "src/app.ts": `import express from "express";\nconst app = express();\nexport default app;\n`,
    "src/server.ts": `import app from "./app.js";\napp.listen(process.env.PORT || 3102);\n`,
  });
  const terminal = fakeTerminal(folder);
  expect(await init(["--yes"], terminal)).toBe(0);
  const files = await filesOf(folder);
  expect(files["seaworthy/prometheus.yml"]).toContain(`targets: ["127.0.0.1:3102"]`);
  const manifest = JSON.parse(files["package.json"] ?? "") as { dependencies: object };
  expect(Object.keys(manifest.dependencies)).toEqual(["zod", "express", "@seaworthy/sdk"]);
  expect(files["src/app.ts"]).toContain("app.use(watch.errors);\nexport default app;");
  expect(terminal.written()).not.toContain("note");
});

test.each([
  ["src/server.ts", {}, false],
  ["src/server.ts", { type: "module" }, true],
  ["src/server.mts", {}, true],
])(
  "TypeScript, %s, %o: awaited at the top level only in an ES module",
  async (file, type, awaits) => {
    const folder = await makeRepository({
      "package.json": JSON.stringify({ name: "shop", ...type, dependencies: { fastify: "5" } }),
      "tsconfig.json": `{ "compilerOptions": { "module": "nodenext" } }`,
      [file]: `import Fastify from "fastify";\nconst app = Fastify();\nvoid app.listen({ port: 3000 });\n`,
    });
    const terminal = fakeTerminal(folder);
    expect(await init(["--yes"], terminal)).toBe(0);
    const { [file]: text = "" } = await filesOf(folder);
    expect(text).toContain("app.register(seaworthy");
    expect(text.includes("await app.register")).toBe(awaits);
    expect(terminal.written().includes("cannot be awaited here")).toBe(!awaits);
  },
);

test("the files are what the real Prometheus and Alertmanager take", async () => {
  const folder = await makeRepository(expressCommonjs);
  await init(["--yes"], fakeTerminal(folder));
  const check = (command: string, ...args: string[]) => {
    const done = spawnSync(command, args, { cwd: join(folder, "seaworthy"), encoding: "utf8" });
    expect(done.status, done.stderr + done.stdout).toBe(0);
  };
  check("promtool", "check", "config", "prometheus.yml");
  check("amtool", "check-config", "alertmanager.yml");
  const files = await filesOf(folder);
  const dashboard: unknown = JSON.parse(files["seaworthy/dashboards/service.json"] ?? "");
  expect(dashboard).toMatchObject({ title: "Service" });
  const rules = Object.entries(files).filter(([path]) => path.startsWith("seaworthy/rules/"));
  expect(rules.length).toBeGreaterThan(3);
  for (const [path, text] of rules)
    for (const [, name] of text.matchAll(/runbooks\/(\w+)"/g))
      expect(Object.keys(files), path).toContain(`seaworthy/runbooks/${name}.md`);
});

describe("nothing is written", () => {
  const unwritten = async (args: string[], answer?: string) => {
    const folder = await makeRepository(expressCommonjs);
    const before = await filesOf(folder);
    const terminal = fakeTerminal(folder, answer === undefined ? {} : { answer });
    const code = await init(args, terminal);
    expect(await filesOf(folder)).toEqual(before);
    return { code, terminal };
  };

  test("when the answer is no, and when nobody can be asked", async () => {
    expect((await unwritten([], "n")).code).toBe(1);
    expect((await unwritten([], "")).code).toBe(1);
    const { code, terminal } = await unwritten([]);
    expect(code).toBe(1);
    expect(terminal.errors()).toContain("--yes");
  });

  test("in a trial, and when asked for JSON alone", async () => {
    expect((await unwritten(["--dry-run", "--yes"])).code).toBe(0);
    const { code, terminal } = await unwritten(["--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(terminal.written())).toMatchObject({
      project: {
        service: "api",
        framework: "express",
        packageManager: "yarn",
        modules: "cjs",
        typescript: false,
        entry: "app.js",
        port: 8080,
      },
      written: false,
      changes: expect.arrayContaining([
        { path: "app.js", action: "update", diff: expect.stringContaining("+app.use(watch);") },
      ]),
    });
  });

  test("for help, with a word that is not known, and where there is no repository", async () => {
    const { code, terminal } = await unwritten(["--help"]);
    expect(code).toBe(0);
    expect(terminal.written()).toBe(initHelp);
    const wrong = await unwritten(["--force"]);
    expect(wrong.code).toBe(2);
    expect(wrong.terminal.errors()).toContain("--force");
    const nowhere = await unwritten(["--dir", "none"]);
    expect(nowhere.code).toBe(1);
    expect(nowhere.terminal.errors()).toMatch(/none\/package\.json cannot be read/);
  });
});

test("a framework without an edit: the files are added, and what is left is said", async () => {
  const folder = await makeRepository({
    "package.json": `{ "dependencies": { "hono": "^4.0.0" } }`,
    "index.ts": `export {};\n`,
  });
  const terminal = fakeTerminal(folder);
  expect(await init(["--yes"], terminal)).toBe(0);
  expect(terminal.written()).toContain("note hono: connect the kit by hand");
  expect(Object.keys(await filesOf(folder))).toContain("seaworthy/prometheus.yml");
  const broken = await makeRepository({ "package.json": "{" });
  const complaint = fakeTerminal(broken);
  expect(await init(["--yes"], complaint)).toBe(1);
  expect(complaint.errors()).toContain("package.json");
});

test("colours where they are shown", async () => {
  const folder = await makeRepository(expressCommonjs);
  const terminal = fakeTerminal(folder, { colour: true });
  await init(["--dry-run"], terminal);
  expect(terminal.written()).toContain("\u001B[32m+app.use(watch);\u001B[39m");
});
