import { pino } from "pino";
import { systemClock } from "../src/model/index.ts";
import { createRouter, loadRouteConfig } from "../src/route/index.ts";
import type { Router } from "../src/route/index.ts";
import type { Records } from "../src/store/index.ts";

/** A router at work on the system's clock, with the configuration in `file`; nothing opens incidents. */
export async function runningRouter(records: Records, file: string): Promise<Router> {
  const router = createRouter({
    records,
    incidents: { groupsChanged: async () => {} },
    clock: systemClock,
    log: pino({ level: "silent" }),
    announce: () => {},
    externalURL: "http://localhost",
  });
  router.apply(await loadRouteConfig(file));
  await router.start();
  return router;
}
