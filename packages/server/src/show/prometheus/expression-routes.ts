import type { FastifyInstance } from "fastify";
import { prettyExpr } from "@seaworthy/promql";
import type { MetricsQuery } from "../../query/index.ts";
import { json } from "./answer.ts";
import { astJson } from "./ast-json.ts";
import { success } from "./json.ts";
import { parsedQuery, RequestParameters } from "./parameters.ts";

/** `/format_query` and `/parse_query`: about an expression's text alone. */
export function expressionRoutes(
  app: FastifyInstance,
  { metrics }: { readonly metrics: MetricsQuery },
): void {
  const config = { access: "read" } as const;
  const method = ["GET", "POST"];

  app.route({
    method,
    url: "/format_query",
    config,
    handler: async (request, reply) =>
      json(reply, success(prettyExpr(parsedQuery(metrics, new RequestParameters(request))))),
  });

  app.route({
    method,
    url: "/parse_query",
    config,
    handler: async (request, reply) =>
      json(reply, success(astJson(parsedQuery(metrics, new RequestParameters(request))))),
  });
}
