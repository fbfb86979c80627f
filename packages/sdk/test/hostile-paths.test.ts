/** Any routes and any paths: what a metric is labelled with is a template that the application gave. */
import { request as httpRequest } from "node:http";
import express5 from "express";
import express4 from "express4";
import Fastify from "fastify";
import fc from "fast-check";
import { createServer } from "node:http";
import { expect, test } from "vitest";
import { seaworthy as expressMiddleware } from "../src/express.ts";
import { seaworthy as fastifyPlugin } from "../src/fastify.ts";
import { closeServer, kitFor, listen } from "./apps.ts";
import { Exposition } from "./exposition.ts";

/** What callers send and no application ever wrote: it must be in no label. */
const raw = "zraw";
const word = fc.constantFrom("a", "b", "items", "v1.0", "x-y");
const segment = fc.oneof(
  word,
  fc.constantFrom("p", "q", "id").map((name) => `:${name}`),
);
/** The paths of routes, and where they are mounted: no parameter twice. */
const template = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .filter((parts) => {
    const names = parts.filter((part) => part.startsWith(":"));
    return new Set(names).size === names.length;
  })
  .map((parts) => `/${parts.join("/")}`);
const piece = fc.oneof(
  word,
  fc.constantFrom(raw, `${raw}%2F${raw}`, `%00${raw}`, `${raw}%`, "..", ".", "", "%E0%A4%A", ":p"),
  fc.stringMatching(/^[!$&-;=@-Z_a-z~]{0,6}$/).map((text) => raw + text),
);
const path = fc
  .tuple(
    fc.array(piece, { minLength: 1, maxLength: 6 }),
    fc.constantFrom("", `?${raw}=1`, "?", `;${raw}`, "/"),
  )
  .map(([parts, end]) => `/${parts.join("/")}${end}`);
const method = fc.constantFrom("GET", "POST", "HEAD", "OPTIONS", "PROPFIND");
const requests = fc.array(fc.tuple(method, path), { minLength: 4, maxLength: 8 });

/** Sends the path as it is: `fetch` would tidy it. Ends when the answer has. */
function send(url: string, name: string, target: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const call = httpRequest({ hostname, port, method: name, path: target }, (response) => {
      response.on("error", reject).once("end", resolve).resume();
    });
    call.once("error", reject).end();
  });
}

function expectTemplates(text: string, templates: ReadonlySet<string>): void {
  expect(text).not.toContain(raw);
  const exposition = new Exposition(text);
  for (const label of exposition.labelValues("http_requests_total", "path"))
    expect(templates.has(label) || label === "unmatched", label).toBe(true);
  for (const label of exposition.labelValues("http_requests_total", "method"))
    expect(label).toMatch(/^(GET|POST|HEAD|OPTIONS|OTHER)$/);
}

test.each([
  ["Express 5", express5],
  ["Express 4", express4],
] as const)("%s", async (_name, express) => {
  const mounts = fc.array(fc.tuple(template, fc.array(template, { minLength: 1, maxLength: 3 })), {
    minLength: 1,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(mounts, requests, async (tree, list) => {
      const { kit } = kitFor({ metrics: { processMetrics: false } });
      const app = express();
      app.use(expressMiddleware({ kit }));
      const templates = new Set<string>();
      for (const [mount, routes] of tree) {
        const router = express.Router({ mergeParams: true });
        for (const route of routes) {
          templates.add(mount + route);
          router.get(route, (_request, response) => void response.end());
          router.post(route, (_request, _response, next) => next(new Error("failed")));
        }
        app.use(mount, router);
      }
      const answer: express5.ErrorRequestHandler = (_error, _request, response, _next) =>
        void response.status(500).end();
      app.use(answer);
      const server = createServer(app);
      const url = await listen(server);
      try {
        for (const [name, target] of list) await send(url, name, target);
      } finally {
        await closeServer(server);
      }
      expectTemplates(await kit.registry.metrics(), templates);
      await kit.shutdown(5);
    }),
    { numRuns: 20 },
  );
});

test("Fastify", async () => {
  const routes = fc.uniqueArray(template, {
    minLength: 1,
    maxLength: 6,
    // Two routes that differ in the names of parameters only are one.
    selector: (text) => text.replaceAll(/:\w+/g, ":"),
  });
  await fc.assert(
    fc.asyncProperty(routes, fc.boolean(), requests, async (templates, wildcard, list) => {
      const { kit } = kitFor({ metrics: { processMetrics: false } });
      const app = Fastify();
      await app.register(fastifyPlugin, { kit });
      const all = wildcard ? [...templates, "/any/*"] : templates;
      for (const each of all) {
        app.get(each, () => "ok");
        app.post(each, () => {
          throw new Error("failed");
        });
      }
      await app.listen({ port: 0, host: "127.0.0.1" });
      const address = app.listeningOrigin;
      try {
        for (const [name, target] of list) await send(address, name, target);
      } finally {
        await app.close();
      }
      expectTemplates(await kit.registry.metrics(), new Set(all));
      await kit.shutdown(5);
    }),
    { numRuns: 20 },
  );
});
