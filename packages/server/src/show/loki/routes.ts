import websocket from "@fastify/websocket";
import type { FastifyPluginAsync } from "fastify";
import { catalogueRoutes } from "./catalogue-routes.ts";
import type { LokiDeps } from "./deps.ts";
import { lokiStatus } from "./parameters.ts";
import { queryRoutes } from "./query-routes.ts";
import { tailRoute } from "./tail-route.ts";

const MAX_FORM_BYTES = 1024 * 1024;

/**
 * Loki's HTTP API under `/loki/api/v1`, for Grafana, logcli and whatever else speaks it.
 * https://grafana.com/docs/loki/latest/reference/loki-http-api/
 */
export function lokiRoutes(deps: LokiDeps): FastifyPluginAsync {
  return async (root) => {
    await root.register(
      async (app) => {
        await app.register(websocket, { options: { maxPayload: 64 * 1024 } });
        app.addContentTypeParser(
          "application/x-www-form-urlencoded",
          { parseAs: "string", bodyLimit: MAX_FORM_BYTES },
          (_request, body, done) => done(null, new URLSearchParams(String(body))),
        );
        app.addHook("onSend", async (request, reply) => {
          // Answering instead of taking the connection over leaves it open, with nobody to close it.
          if (request.headers.upgrade === undefined) return;
          reply.raw.once("finish", () => request.raw.socket.destroySoon());
        });
        app.setErrorHandler((error, _request, reply) => {
          const status = lokiStatus(error);
          // What is not about a query is answered as everywhere.
          if (status === undefined) throw error;
          const text = error instanceof Error ? error.message : String(error);
          return reply.code(status).type("text/plain; charset=utf-8").send(text);
        });
        queryRoutes(app, deps);
        catalogueRoutes(app, deps);
        tailRoute(app, deps);
        app.get("/status/buildinfo", { config: { access: "read" } }, async () => ({
          version: deps.version,
          revision: "",
          branch: "",
          buildUser: "",
          buildDate: "",
          goVersion: "",
        }));
      },
      { prefix: "/loki/api/v1" },
    );
  };
}
