import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import type { Clock, Labels, RuleGroupView, TargetsView } from "../../model/index.ts";
import type { MetricsQuery } from "../../query/index.ts";
import { adminRoutes } from "./admin-routes.ts";
import { apiErrorOf } from "./api-error.ts";
import { catalogueRoutes } from "./catalogue-routes.ts";
import { exemplarRoutes } from "./exemplar-routes.ts";
import { expressionRoutes } from "./expression-routes.ts";
import { federateRoutes } from "./federate-routes.ts";
import { remoteReadRoutes } from "./remote-read/routes.ts";
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
  /** `global.external_labels` of prometheus.yml. */
  readonly externalLabels: () => Labels;
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
        answerErrors(app);
        queryRoutes(app, deps);
        exemplarRoutes(app, deps);
        expressionRoutes(app, deps);
        catalogueRoutes(app, deps);
        rulesRoutes(app, deps);
        statusRoutes(app, deps);
        adminRoutes(app, deps);
        remoteReadRoutes(app, deps);
      },
      { prefix: "/api/v1" },
    );
    await root.register(async (app) => {
      answerErrors(app);
      federateRoutes(app, deps);
    });
  };
}

/** Answers what is about a query in the API's form, and the rest as everywhere. */
function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, _request, reply) => {
    const failure = apiErrorOf(error);
    if (failure === undefined) throw error;
    const { status, errorType, message } = failure;
    return reply.code(status).send({ status: "error", errorType, error: message });
  });
}
