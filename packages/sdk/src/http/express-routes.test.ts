import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express5 from "express";
import express4 from "express4";
import { describe, expect, test } from "vitest";
import { ExpressRoutes } from "./express-routes.ts";

/** Builds an application and returns the templates that the given requests are seen under. */
async function templates(
  express: typeof express5,
  build: (app: express5.Express) => void,
  paths: readonly string[],
) {
  const known: string[] = [];
  const routes = new ExpressRoutes((method, template) => known.push(`${method} ${template}`));
  const app = express();
  const seen: (string | undefined)[] = [];
  app.use((request, response, next) => {
    routes.discover(request);
    response.once("finish", () => seen.push(routes.templateOf(request)));
    next();
  });
  build(app);
  app.use(((_error, _request, response, _next) => {
    response.status(500).end();
  }) satisfies express5.ErrorRequestHandler);
  const server = createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  for (const path of paths) {
    const before = seen.length;
    await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    // The answer may arrive before the response's own "finish": let the loop turn until it is seen.
    while (seen.length === before) await new Promise((resolve) => setImmediate(resolve));
  }
  server.close();
  server.closeAllConnections();
  return { seen, known };
}

const ok: express5.RequestHandler = (_request, response) => void response.end("ok");

describe.each([
  ["Express 5", express5],
  ["Express 4", express4],
] as const)("%s", (_name, express) => {
  test("nested routers, each with parameters", async () => {
    const { seen, known } = await templates(
      express,
      (app) => {
        const inner = express.Router();
        inner.get("/c/:d", ok);
        inner.get("/", ok);
        const outer = express.Router();
        outer.use("/b/:id", inner);
        app.use("/v1.0/:tenant", outer);
      },
      ["/v1.0/x/b/1/c/2", "/v1.0/y/b/3", "/v1.0/y/b/3/?q=1", "/V1.0/z/B/9/C/1", "/v1.0/none"],
    );
    expect(seen).toEqual([
      "/v1.0/:tenant/b/:id/c/:d",
      "/v1.0/:tenant/b/:id",
      "/v1.0/:tenant/b/:id",
      "/v1.0/:tenant/b/:id/c/:d",
      undefined,
    ]);
    expect(known).toEqual(["GET /v1.0/:tenant/b/:id/c/:d", "GET /v1.0/:tenant/b/:id"]);
  });

  test("one router mounted twice", async () => {
    const { seen } = await templates(
      express,
      (app) => {
        const router = express.Router();
        router.get("/list/:page", ok);
        app.use("/users/:user", router);
        app.use("/teams", router);
        app.use(router);
      },
      ["/users/1/list/2", "/teams/list/3", "/list/4"],
    );
    expect(seen).toEqual(["/users/:user/list/:page", "/teams/list/:page", "/list/:page"]);
  });

  test("a mounted application", async () => {
    const { seen } = await templates(
      express,
      (app) => {
        const admin = express();
        const deep = express();
        deep.get("/:leaf", ok);
        admin.get("/users/:id", ok);
        admin.use("/deep", deep);
        app.use("/admin", admin);
      },
      ["/admin/users/7", "/admin/deep/x"],
    );
    expect(seen).toEqual(["/admin/users/:id", "/admin/deep/:leaf"]);
  });

  test("an error that left a router with a parameter in its mount", async () => {
    const { seen } = await templates(
      express,
      (app) => {
        const router = express.Router();
        router.get("/broken", () => {
          throw new Error("broken");
        });
        app.use("/shops/:shop", router);
      },
      ["/shops/1/broken", "/shops/2/broken"],
    );
    expect(seen).toEqual(["/shops/:shop/broken", "/shops/:shop/broken"]);
  });

  test("patterns that are lists or expressions are the same for every request", async () => {
    const { seen } = await templates(
      express,
      (app) => {
        const router = express.Router();
        router.get(/^\/n\d+$/, ok);
        router.get(["/x", "/y"], ok);
        app.use(["/p", "/q"], router);
        app.use(/^\/r\d+/, router);
      },
      ["/p/n1", "/q/n2", "/p/x", "/q/y", "/r1/x", "/r2/x"],
    );
    expect(new Set(seen).size).toBe(3);
    expect(seen[0]).toBe(seen[1]);
    expect(seen[2]).toBe(seen[3]);
    expect(seen[4]).toBe(seen[5]);
    for (const template of seen) expect(template).not.toMatch(/n1|n2|r1|r2/);
  });

  test("a route added after the first request", async () => {
    const { seen, known } = await templates(
      express,
      (app) => {
        const router = express.Router();
        app.get("/add", (_request, response) => {
          router.get("/late/:id", ok);
          response.end();
        });
        app.use("/m/:n", router);
      },
      ["/add", "/m/1/late/2"],
    );
    expect(seen).toEqual(["/add", "/m/:n/late/:id"]);
    expect(known).toEqual(["GET /add", "GET /m/:n/late/:id"]);
  });
});

test("an application that is not what it should be is no route", () => {
  const routes = new ExpressRoutes(() => {});
  expect(routes.templateOf({})).toBeUndefined();
  expect(routes.templateOf({ app: {}, route: { path: "/a" } })).toBe("/*/a");
  expect(routes.templateOf({ app: {}, route: { path: 7 } })).toBe("/*/*");
});
