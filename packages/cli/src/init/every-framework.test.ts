/** `init` in each framework and both kinds of modules: what it writes starts, and a second run changes nothing. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { fakeTerminal } from "../../test/terminal.ts";
import { filesOf, makeRepository } from "../../test/repository.ts";
import { init } from "./init.ts";

interface Application {
  /** What is loaded, by the names that it gets. */
  readonly loads: Readonly<Record<string, string>>;
  readonly code: string;
}

/** Asks the service that has just begun to listen, says the answer's status, and ends. */
const probe = `function probe({ port }) {
  fetch(\`http://127.0.0.1:\${port}/health/live\`).then((answer) => {
    console.log("answered " + answer.status);
    process.exit();
  });
}
`;
const listen = `const server = app.listen(0, "127.0.0.1", () => probe(server.address()));\n`;
const applications: Readonly<Record<string, Application>> = {
  express: { loads: { express: "express" }, code: `const app = express();\n${listen}` },
  koa: { loads: { Koa: "koa" }, code: `const app = new Koa();\n${listen}` },
  fastify: {
    loads: { "{ fastify }": "fastify" },
    code: `const app = fastify();\napp.listen({ port: 0 }).then(() => probe(app.server.address()));\n`,
  },
  hono: {
    loads: { "{ Hono }": "hono", "{ serve }": "@hono/node-server" },
    code: `const app = new Hono();\nserve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, probe);\n`,
  },
  nestjs: {
    loads: { "{ Module }": "@nestjs/common", "{ NestFactory }": "@nestjs/core" },
    code: `class AppModule {}
Module({})(AppModule);
async function main() {
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, "127.0.0.1");
  probe(app.getHttpServer().address());
}
main();
`,
  },
};

const forms = Object.keys(applications).flatMap((name) =>
  (["module", "commonjs"] as const).map((type) => [name, type] as const),
);

test.each(forms)("%s, %s", async (name, type) => {
  const { loads, code } = applications[name] ?? { loads: {}, code: "" };
  const lines = Object.entries(loads).map(([names, from]) =>
    type === "module" ? `import ${names} from "${from}";` : `const ${names} = require("${from}");`,
  );
  const dependencies = Object.fromEntries(Object.values(loads).map((from) => [from, "*"]));
  const folder = await makeRepository({
    "package.json": JSON.stringify({ name: "shop", type, main: "server.js", dependencies }),
    "server.js": `${lines.join("\n")}\n\n${code}${probe}`,
  });
  expect(await init(["--yes"], fakeTerminal(folder))).toBe(0);
  const files = await filesOf(folder);
  expect(files["server.js"]).toContain(`@seaworthy/sdk/${name}`);
  const again = fakeTerminal(folder);
  expect(await init([], again)).toBe(0);
  expect(again.written()).toContain("Everything is there already; nothing is changed.");
  expect(await filesOf(folder)).toEqual(files);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "server.js")]);
  expect(stdout).toContain("answered 200");
});
