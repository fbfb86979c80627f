import type { FastifyPluginAsync } from "fastify";

const MAX_QUERIES = 10;

/**
 * The addresses that Prometheus puts on alerts, `/graph?g0.expr=…` (since version 3 `/query`), lead to
 * the explorer with the same expressions. Public because it tells nothing: the explorer asks who it is.
 */
export const graphLinks: FastifyPluginAsync = async (app) => {
  for (const path of ["/graph", "/query"]) {
    app.get(path, { config: { access: "public" } }, async (request, reply) => {
      const given = new URL(request.url, "http://localhost").searchParams;
      const asked = new URLSearchParams();
      for (let n = 0; n < MAX_QUERIES; n += 1) {
        const expression = given.get(`g${n}.expr`);
        if (expression !== null) asked.append("q", expression);
      }
      return reply.redirect(`/explore/metrics?${asked.toString()}`, 302);
    });
  }
};
