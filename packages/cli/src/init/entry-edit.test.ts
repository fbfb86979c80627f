import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addKit, createsApplication } from "./entry-edit.ts";
import type { Framework } from "./frameworks.ts";
import { codeOnly } from "./source-text.ts";

function edited(source: string, framework: Framework): string {
  const edit = addKit(source, framework, "shop");
  return edit.kind === "edited" ? edit.text : edit.kind;
}

describe("Fastify", () => {
  test("an ES module: awaited at the top level, in the file's style", () => {
    expect(
      edited(
        `import Fastify from 'fastify'\nimport { db } from './db.js'\n\nconst app = Fastify({\n  logger: true, // (\n})\napp.get('/', () => 'ok')\n`,
        "fastify",
      ),
    ).toBe(
      `import Fastify from 'fastify'\nimport { seaworthy } from '@seaworthy/sdk/fastify'\nimport { db } from './db.js'\n\nconst app = Fastify({\n  logger: true, // (\n})\nawait app.register(seaworthy, { service: 'shop' })\napp.get('/', () => 'ok')\n`,
    );
  });

  test("TypeScript inside of an async function, with a type provider", () => {
    const source = `import { fastify, type FastifyInstance } from "fastify";

export async function build(
  options: { readonly a: string },
): Promise<FastifyInstance> {
  const server: FastifyInstance = fastify({ logger: \`\${"}"}\` })
    .withTypeProvider<Map<string, () => void>>();
  return server;
}
`;
    const text = edited(source, "fastify");
    expect(text).toContain(
      `    .withTypeProvider<Map<string, () => void>>();\n  await server.register(seaworthy, { service: "shop" });\n  return server;`,
    );
    expect(text).toContain(
      `from "fastify";\nimport { seaworthy } from "@seaworthy/sdk/fastify";\n`,
    );
  });

  test("CommonJS: required, and not awaited where that is not allowed", () => {
    const edit = addKit(
      `"use strict";\nconst fastify = require("fastify")({ logger: true });\nfastify.get("/", async () => "ok");\n`,
      "fastify",
      "shop",
    );
    expect(edit).toMatchObject({
      kind: "edited",
      text: `"use strict";\nconst { seaworthy } = require("@seaworthy/sdk/fastify");\nconst fastify = require("fastify")({ logger: true });\nfastify.register(seaworthy, { service: "shop" });\nfastify.get("/", async () => "ok");\n`,
      notes: [expect.stringContaining("cannot be awaited")],
    });
  });

  test("TypeScript that becomes CommonJS: not awaited at the top level, and awaited in functions", () => {
    const top = `import Fastify from "fastify";\nconst app = Fastify();\n`;
    const edit = addKit(top, "fastify", "shop", false);
    expect(edit).toMatchObject({ notes: [expect.stringContaining("cannot be awaited")] });
    expect(edit.kind === "edited" && edit.text).toContain(`\napp.register(seaworthy,`);
    const within = `import Fastify from "fastify";\nasync function main() {\n  const app = Fastify();\n}\n`;
    const inner = addKit(within, "fastify", "shop", false);
    expect(inner.kind === "edited" && inner.text).toContain(`\n  await app.register(seaworthy,`);
  });

  test("a name of its own, imported or required", () => {
    for (const [load, call] of [
      [`import { type FastifyInstance, fastify as make } from "fastify";`, "make"],
      [`const { fastify: make } = require("fastify");`, "make"],
      [`const { errorCodes, fastify } = require("fastify");`, "fastify"],
    ])
      expect(edited(`${load}\nconst app = ${call}();\n`, "fastify")).toContain(
        "app.register(seaworthy",
      );
  });

  test("a block inside of an async function is awaited in", () => {
    const source = `import Fastify from "fastify";\nconst main = async () => {\n  try {\n    const app = Fastify();\n  } catch {}\n};\n`;
    expect(edited(source, "fastify")).toContain(`\n    await app.register(seaworthy,`);
  });

  test("a plain function: not awaited", () => {
    const source = `import Fastify from "fastify";\nfunction build() {\n  const app = Fastify();\n  return app;\n}\n`;
    expect(edited(source, "fastify")).toContain(
      `\n  app.register(seaworthy, { service: "shop" });\n  return app;`,
    );
  });
});

describe("Express", () => {
  test("before the routes, and the errors before app.listen", () => {
    const source = `const express = require('express');\nconst app = express();\n\napp.use(express.json());\napp.get('/', (req, res) => res.send('ok'));\n\napp.listen(3000, () => console.log('up'));\n`;
    expect(edited(source, "express")).toBe(
      `const express = require('express');\nconst { seaworthy } = require('@seaworthy/sdk/express');\nconst app = express();\nconst watch = seaworthy({ service: 'shop' });\napp.use(watch);\n\napp.use(express.json());\napp.get('/', (req, res) => res.send('ok'));\n\napp.use(watch.errors);\napp.listen(3000, () => console.log('up'));\n`,
    );
  });

  test.each(["module.exports = app;", "export default app;", "export { app };"])(
    "a file that does not listen: the errors before %s",
    (end) => {
      const source = `const express = require("express");\nconst app = express();\napp.get("/", home);\n\n${end}\n`;
      expect(edited(source, "express")).toContain(
        `app.get("/", home);\n\napp.use(watch.errors);\n${end}\n`,
      );
    },
  );

  test("the errors before the application's own error handler", () => {
    const source = `import express, { type Request } from "express";\r\nconst app = express()\r\napp.get("/", home)\r\napp.use((err: Error, req: Request, res, next) => {\r\n  res.status(500).end()\r\n})\r\nconst server = app.listen(8080)\r\n`;
    const text = edited(source, "express");
    expect(text).toContain(`home)\r\napp.use(watch.errors)\r\napp.use((err: Error`);
    expect(text.split("\n").every((line) => line === "" || line.endsWith("\r"))).toBe(true);
  });

  test("another name where the name is taken, and a note where there is no listen", () => {
    const source = `import * as express from "express";\nimport { watch } from "node:fs";\nexport const app = express();\n`;
    const edit = addKit(source, "express", "shop");
    expect(edit).toMatchObject({ notes: [expect.stringContaining("seaworthyWatch.errors")] });
    expect(edit.kind === "edited" && edit.text).toContain(
      `const seaworthyWatch = seaworthy({ service: "shop" });\napp.use(seaworthyWatch);\n`,
    );
  });
});

test("Koa, Hono and NestJS: as each of them is watched", () => {
  expect(edited(`import Koa from "koa";\nconst app = new Koa();\napp.listen(3000);\n`, "koa")).toBe(
    `import Koa from "koa";\nimport { seaworthy } from "@seaworthy/sdk/koa";\nconst app = new Koa();\napp.use(seaworthy({ service: "shop" }));\napp.listen(3000);\n`,
  );
  expect(
    edited(`import { Hono } from "hono";\nconst api = new Hono<{ Bindings: B }>();\n`, "hono"),
  ).toContain(`>();\nseaworthy(api, { service: "shop" });\n`);
  expect(
    edited(
      `import { NestFactory } from '@nestjs/core'\nasync function bootstrap() {\n  const app = await NestFactory.create<NestFastifyApplication>(AppModule)\n  await app.listen(3000)\n}\n`,
      "nestjs",
    ),
  ).toContain(`(AppModule)\n  await seaworthy(app, { service: 'shop' })\n  await app.listen`);
});

test("what is there already, and what is not understood, stays as it is", () => {
  expect(edited(`import { seaworthy } from "@seaworthy/sdk/fastify";`, "fastify")).toBe("already");
  for (const source of [
    ``,
    `import Fastify from "fastify";\nexport default Fastify();\n`,
    `// import express from "express";\n// const app = express();\n`,
    `const text = 'import express from "express"; const app = express();';\n`,
    `import type { FastifyInstance } from "fastify";\nconst app = make();\n`,
    `import express from "express";\nexport const router = express.Router();\n`,
  ]) {
    for (const framework of ["fastify", "express"] as const) {
      expect(edited(source, framework), source).toBe("manual");
      expect(createsApplication(source, framework)).toBe(false);
    }
  }
});

test("code is told from comments, texts, templates and regular expressions", () => {
  const source = `a(/[/"]{/g, "}\\"{", '{', \`{\${b("}", \`}\`)}\`) /* { */ / 2 / c; // {`;
  const code = codeOnly(source);
  expect(code).toHaveLength(source.length);
  expect(code.replaceAll(/["'` ]/g, "")).toBe("a(,,,)/2/c;");
});

test("whatever the source, it is answered, and a second edit changes nothing", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      `import express from "express";\n`,
      `const express = require('express')\n`,
      `const app = express(`,
      `)`,
      `{`,
      `}`,
      "`",
      "${",
      "/",
      `"`,
      "\n",
      "app.listen(3000);\n",
      "async function x() {\n",
    ),
    fc.string({ unit: "binary", maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
      const source = pieces.join("");
      expect(codeOnly(source)).toHaveLength(source.length);
      const edit = addKit(source, "express", "shop");
      if (edit.kind === "edited") expect(addKit(edit.text, "express", "shop").kind).toBe("already");
    }),
    { numRuns: 500 },
  );
});
