import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { PGlite } from "@electric-sql/pglite";
import type { Kit } from "@seaworthy/sdk";
import { ControlGate, type Controls } from "@seaworthy/sdk/controls";
import { seaworthy } from "@seaworthy/sdk/fastify";
import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { Database } from "./database.ts";
import { addFaultRoutes } from "./fault-routes.ts";
import { Faults } from "./faults.ts";
import { sendProblem } from "./negotiation.ts";
import { contentSecurityPolicy, page, type Frame } from "./pages/layout.ts";
import { Sessions } from "./sessions.ts";
import { addShopRoutes, type ShopParts } from "./shop-routes.ts";

export interface Shop {
  readonly app: FastifyInstance;
  readonly faults: Faults;
  close(): Promise<void>;
}

/** Longest form that is read, in bytes. */
const bodyLimit = 16_384;
const pruneEveryMs = 60_000;

/** What operators switch in an emergency, as the pages call it. */
const controlTitles = {
  "kill-switch": "kill switch (no orders)",
  "safe-mode": "safe mode (nothing can be changed)",
  "operator-takeover": "operator takeover",
} as const;

/** Builds the shop on a database that is open or about to be. Does not listen yet. */
export async function createShop(
  opening: Promise<PGlite>,
  kit: Kit,
  controls?: Pick<Controls, "isOn" | "value" | "close">,
): Promise<Shop> {
  const faults = new Faults();
  const database = new Database(opening, kit, () => faults.queryDelay());
  const sessions = new Sessions();
  const app = Fastify({
    bodyLimit,
    forceCloseConnections: true,
    serverFactory: (handler) =>
      createServer((request: IncomingMessage, response: ServerResponse) => {
        // Before everything else, so that metrics and health are gone as well; only the switch stays.
        if (faults.isOn("down") && !isFaultPath(request.url)) request.socket.destroy();
        else handler(request, response);
      }),
  });
  await app.register(seaworthy, { kit });
  describeMetrics(kit);
  kit.health.check("database", () => database.check());

  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  app.addHook("onRequest", (_request, reply, next) => {
    reply.headers({
      "content-security-policy": contentSecurityPolicy,
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
    });
    next();
  });

  const on = () => [
    ...faults
      .states()
      .filter((fault) => fault.on)
      .map((fault) => fault.title),
    ...(["kill-switch", "safe-mode", "operator-takeover"] as const)
      .filter((name) => controls?.isOn(name))
      .map((name) => controlTitles[name]),
  ];
  const bare = (): Omit<Frame, "title"> => ({ cartItems: 0, user: undefined, faults: on() });
  if (controls !== undefined) {
    // Faults are switched off in an emergency, too.
    const gate = new ControlGate(controls, { routes: ["/checkout"], except: ["/faults"] });
    app.addHook("onRequest", async (request, reply) => {
      const refusal = gate.refusal(request.method, request.url);
      if (refusal === undefined) return undefined;
      reply.headers(refusal.headers);
      const detail = "Our people have stopped this for a moment. Please try again later.";
      return sendProblem(request, reply, { status: 503, title: "Not now", detail }, bare());
    });
  }
  const parts: ShopParts = {
    kit,
    database,
    faults,
    sessions,
    show: async (reply, session, title, content) => {
      const cartItems = await database.cartCount(session.id);
      return reply
        .type("text/html; charset=utf-8")
        .send(page({ title, cartItems, user: session.user, faults: on() }, content));
    },
  };
  addShopRoutes(app, parts);
  addFaultRoutes(app, { faults, frame: bare });

  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      request,
      reply,
      { status: 404, title: "Not here", detail: "The shop has no such page." },
      bare(),
    ),
  );
  app.setErrorHandler((error: unknown, request, reply) => {
    const status = statusOf(error);
    const problem =
      status < 500
        ? { status, title: "That did not work", detail: messageOf(error) }
        : {
            status,
            title: "Something broke",
            detail: `We could not do that. ${reference(request)}`,
          };
    return sendProblem(request, reply, problem, bare());
  });

  const pruning = setInterval(() => {
    database.prune().catch((error: unknown) => kit.captureError(error, "could not prune"));
  }, pruneEveryMs);
  return {
    app,
    faults,
    async close() {
      clearInterval(pruning);
      faults.clear();
      await controls?.close();
      await kit.shutdown();
      await app.close();
      await database.close();
    },
  };
}

function describeMetrics(kit: Kit): void {
  kit.describe("shop_orders_total", { kind: "counter", help: "Orders placed.", series: [{}] });
  kit.describe("shop_revenue_cents_total", { kind: "counter", help: "Revenue.", series: [{}] });
  kit.describe("shop_order_euros", {
    kind: "histogram",
    help: "Value of orders.",
    buckets: [10, 25, 50, 100, 250, 500],
  });
}

function isFaultPath(url: string | undefined): boolean {
  return url !== undefined && /^\/faults(?:[/?]|$)/.test(url);
}

function statusOf(error: unknown): number {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return 500;
  const { statusCode } = error;
  return typeof statusCode === "number" && statusCode >= 400 && statusCode < 600 ? statusCode : 500;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "The request was not understood.";
}

function reference(request: FastifyRequest): string {
  return `If you ask us about it, say ${request.id}.`;
}
