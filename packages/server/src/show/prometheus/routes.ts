import type { FastifyPluginAsync } from "fastify";
import type { Clock, RuleGroupView, TargetsView } from "../../model/index.ts";
import type { MetricsQuery } from "../../query/index.ts";
import { apiErrorOf } from "./api-error.ts";
import { catalogueRoutes } from "./catalogue-routes.ts";
import { queryRoutes } from "./query-routes.ts";
import { rulesRoutes } from "./rules-routes.ts";
import { statusRoutes } from "./status-routes.ts";
import type { ServerStatus } from "./status-routes.ts";

export interface PrometheusDeps {
  readonly metrics: MetricsQuery;
  readonly clock: Clock;
  /** `rules.groups()` and `scraper.targets()`. */
  readonly groups: () => readonly RuleGroupView[];
  readonly targets: () => TargetsView;
  readonly status: () => ServerStatus;
}

/** A query of this length is no query of a person's or a dashboard's. */
const MAX_FORM_BYTES = 1024 * 1024;

/**
 * Prometheus's HTTP API under `/api/v1`, for Grafana, promtool and whatever else speaks it.
 * https://prometheus.io/docs/prometheus/latest/querying/api/
 */
export function prometheusRoutes(deps: PrometheusDeps): FastifyPluginAsync {
  return async (root) => {
    await root.register(
      async (app) => {
        app.addContentTypeParser(
          "application/x-www-form-urlencoded",
          { parseAs: "string", bodyLimit: MAX_FORM_BYTES },
          (_request, body, done) => done(null, new URLSearchParams(String(body))),
        );
        app.setErrorHandler((error, _request, reply) => {
          const failure = apiErrorOf(error);
          // What is not about a query is answered as everywhere.
          if (failure === undefined) throw error;
          const { status, errorType, message } = failure;
          return reply.code(status).send({ status: "error", errorType, error: message });
        });
        queryRoutes(app, deps);
        catalogueRoutes(app, deps);
        rulesRoutes(app, deps);
        statusRoutes(app, deps);
      },
      { prefix: "/api/v1" },
    );
  };
}
