import type { FastifyInstance } from "fastify";
import type { MetricsQuery } from "../../query/index.ts";
import { ApiError } from "./api-error.ts";
import { checkOrder, EVER, RequestParameters } from "./parameters.ts";

/** `/admin/tsdb/…`: what takes samples away. */
export function adminRoutes(
  app: FastifyInstance,
  { metrics }: { readonly metrics: MetricsQuery },
): void {
  const config = { access: "admin" } as const;
  const method = ["POST", "PUT"];

  app.route({
    method,
    url: "/admin/tsdb/delete_series",
    config,
    handler: async (request, reply) => {
      const parameters = new RequestParameters(request);
      if (parameters.all("match[]").length === 0) {
        throw new ApiError("bad_data", "no match[] parameter provided");
      }
      const startMs = parameters.time("start", EVER.startMs);
      const endMs = parameters.time("end", EVER.endMs);
      checkOrder(startMs, endMs);
      await metrics.remove(parameters.selectors(metrics), { startMs, endMs });
      return reply.code(204).send();
    },
  });

  app.route({
    method,
    url: "/admin/tsdb/clean_tombstones",
    config,
    handler: async (_request, reply) => {
      await metrics.purge();
      return reply.code(204).send();
    },
  });
}
