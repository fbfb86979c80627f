import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import type { TracesDeps } from "./deps.ts";
import { jaegerRoutes } from "./jaeger-routes.ts";
import { traceStatus } from "./parameters.ts";
import { tempoRoutes } from "./tempo-routes.ts";

/** The APIs of Tempo, under `/tempo`, and of Jaeger, under `/jaeger`, for Grafana's data sources. */
export function tracesRoutes(deps: TracesDeps): FastifyPluginAsync {
  return async (root) => {
    await root.register(
      async (app) => {
        answerErrors(app, (message) => message);
        tempoRoutes(app, deps);
      },
      { prefix: "/tempo" },
    );
    await root.register(
      async (app) => {
        answerErrors(app, (msg, code) => ({
          data: null,
          total: 0,
          limit: 0,
          offset: 0,
          errors: [{ code, msg }],
        }));
        jaegerRoutes(app, deps);
      },
      { prefix: "/jaeger" },
    );
  };
}

function answerErrors(
  app: FastifyInstance,
  form: (message: string, status: number) => string | object,
): void {
  app.setErrorHandler((error, _request, reply) => {
    const status = traceStatus(error);
    // What is not about a query is answered as everywhere.
    if (status === undefined) throw error;
    const body = form(error instanceof Error ? error.message : String(error), status);
    if (typeof body === "string") void reply.type("text/plain; charset=utf-8");
    return reply.code(status).send(body);
  });
}
