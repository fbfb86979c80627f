import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { probeKey } from "../../receive/index.ts";
import type { Prober, Scraper } from "../../receive/index.ts";
import { ShowError } from "../errors.ts";

/** The patience of an asker that does not say how long it waits, in milliseconds. */
const PATIENCE = 10_000;

/**
 * `GET /probe` as blackbox_exporter has it, for another Prometheus. Whoever holds a token may have
 * probed what this server's own configuration names, and nothing else: it stands inside a network.
 * @param targets what may be probed besides the targets of the scrape jobs
 */
export function probeRoutes({
  prober,
  scraper,
  targets,
}: {
  readonly prober: Prober;
  readonly scraper: Pick<Scraper, "targets">;
  readonly targets: readonly string[];
}): FastifyPluginAsync {
  const isAllowed = (asked: URLSearchParams): boolean => {
    if (!asked.has("hostname") && targets.includes(asked.get("target") ?? "")) return true;
    const key = probeKey(asked);
    return scraper
      .targets()
      .active.some(({ url }) => prober.owns(url) && probeKey(new URL(url).searchParams) === key);
  };
  return async (app) => {
    app.get("/probe", { config: { access: "read" } }, async (request, reply) => {
      const at = request.url.indexOf("?");
      const asked = new URLSearchParams(at < 0 ? "" : request.url.slice(at + 1));
      if (!isAllowed(asked)) {
        throw new ShowError(
          "probe_not_configured",
          403,
          "This target is not one that may be probed with this module: name it in a scrape job of /probe, or in seaworthy.yml under probes.targets.",
        );
      }
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const text = await prober.probe(asked, patienceOf(request), gone.signal);
      return reply.type("text/plain; version=0.0.4; charset=utf-8").send(text);
    });
  };
}

function patienceOf({ headers }: FastifyRequest): number {
  const seconds = Number(headers["x-prometheus-scrape-timeout-seconds"]);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : PATIENCE;
}
