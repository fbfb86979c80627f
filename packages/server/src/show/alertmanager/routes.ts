import type { FastifyPluginAsync } from "fastify";
import type { Clock } from "../../model/index.ts";
import type { Router } from "../../route/index.ts";
import { alertRoutes } from "./alert-routes.ts";
import { labelTest } from "./parameters.ts";
import type { Query } from "./parameters.ts";
import { silenceRoutes } from "./silence-routes.ts";

export interface AlertmanagerDeps {
  readonly router: Router;
  readonly clock: Clock;
  readonly version: string;
}

/** Alertmanager's API, version 2: what amtool, Prometheus and dashboards speak. */
export function alertmanagerRoutes(deps: AlertmanagerDeps): FastifyPluginAsync {
  const { router, clock, version } = deps;
  const startedAt = clock.now();
  return async (app) => {
    await app.register(
      async (api) => {
        api.get("/status", { config: { access: "read" } }, async () => ({
          cluster: { name: "", peers: [], status: "disabled" },
          config: { original: router.config().original },
          uptime: new Date(startedAt).toISOString(),
          versionInfo: {
            branch: "",
            buildDate: "",
            buildUser: "",
            goVersion: process.version,
            revision: "",
            version,
          },
        }));

        api.get("/receivers", { config: { access: "read" } }, async (request) => {
          const wanted = labelTest(request.query as Query, "receiver_matchers");
          return [...router.config().receivers.values()]
            .filter((receiver) => wanted(receiver.labels))
            .map(({ name, labels }) => ({ name, labels }));
        });

        alertRoutes(api, deps);
        silenceRoutes(api, deps);
      },
      { prefix: "/api/v2" },
    );
  };
}
