import { createServer, IncomingMessage, ServerResponse, type Server } from "node:http";
import express5 from "express";
import express4 from "express4";
import { describe, expect, test } from "vitest";
import { closeServer, kitFor, listen } from "../../test/apps.ts";
import { seaworthy } from "../express.ts";

/** Whether V8 had to be told of another prototype for the request and the response of each call. */
async function changed(server: Server, calls: number): Promise<boolean[]> {
  const given: [object, object][] = [];
  server.prependListener("request", (request, response) => {
    given.push([
      Object.getPrototypeOf(request) as object,
      Object.getPrototypeOf(response) as object,
    ]);
  });
  const found: [object, object][] = [];
  server.on("request", (request, response) => {
    found.push([
      Object.getPrototypeOf(request) as object,
      Object.getPrototypeOf(response) as object,
    ]);
  });
  const url = await listen(server);
  try {
    for (let call = 0; call < calls; call += 1) {
      const response = await fetch(`${url}/items/${call}`);
      expect(await response.json()).toEqual({ id: String(call), extra: "own", sub: false });
    }
  } finally {
    await closeServer(server);
  }
  return given.map((before, call) => before.some((one, part) => one !== found[call]?.[part]));
}

describe.each([
  ["Express 5", express5],
  ["Express 4", express4],
])("%s", (_name, express) => {
  function application(options: { prototypes?: boolean } = {}) {
    const { kit } = kitFor({});
    const app = express();
    // What an application adds to its requests stays, whether it was there before or comes later.
    Object.defineProperty(app.request, "extra", { value: "own", configurable: true });
    app.use(seaworthy({ kit, ...options }));
    app.get("/items/:id", (request, response) => {
      const { extra } = request as unknown as { extra?: string };
      response.json({ id: request.params["id"], extra, sub: request.app !== app });
    });
    return { app, kit };
  }

  test("requests and responses have Express's prototypes from the second one on", async () => {
    const { app, kit } = application();
    expect(await changed(createServer(app), 3)).toEqual([true, false, false]);
    // Another server of the same application.
    expect(await changed(createServer(app), 3)).toEqual([true, false, false]);
    expect(await kit.registry.metrics()).not.toMatch(/^seaworthy_sdk_errors_total.* [1-9]/m);
  });

  test("they are Node's own to whoever asks, and what is added later is there", async () => {
    const { app } = application();
    const seen: unknown[] = [];
    app.get("/ask", (request, response) => {
      const { later } = request as unknown as { later?: string };
      seen.push(
        request instanceof IncomingMessage,
        response instanceof ServerResponse,
        request.constructor === IncomingMessage,
        response.constructor === ServerResponse,
        request.get("host") !== undefined,
        later,
      );
      response.end();
    });
    const server = createServer(app);
    const url = await listen(server);
    await fetch(`${url}/items/1`);
    Object.defineProperty(app.request, "later", { value: "added" });
    await fetch(`${url}/ask`);
    await closeServer(server);
    expect(seen).toEqual([true, true, true, true, true, "added"]);
  });

  test("mounted applications keep their own", async () => {
    const { app, kit } = application();
    const inner = express();
    const apps: unknown[] = [];
    Object.defineProperty(inner.request, "inner", { value: 7 });
    inner.use(seaworthy({ kit }));
    inner.get("/where", (request, response) => {
      const { inner: own, extra } = request as unknown as { inner?: number; extra?: string };
      apps.push(request.app === inner, own, extra);
      response.end();
    });
    app.use("/inner", inner);
    app.get("/outer", (request, response) => {
      apps.push(request.app === app, "inner" in request);
      response.end();
    });
    const server = createServer(app);
    const url = await listen(server);
    // The first request of all is for the inner one.
    for (const path of ["/inner/where", "/outer", "/inner/where", "/outer"])
      await fetch(url + path);
    await closeServer(server);
    const once = [true, 7, "own", true, false];
    expect(apps).toEqual([...once, ...once]);
  });

  test("classes of somebody's own stay, and so does everything when it is not wanted", async () => {
    class Own extends IncomingMessage {}
    const own = createServer({ IncomingMessage: Own }, application().app);
    expect(await changed(own, 2)).toEqual([true, true]);
    const without = createServer(application({ prototypes: false }).app);
    expect(await changed(without, 2)).toEqual([true, true]);
  });
});
