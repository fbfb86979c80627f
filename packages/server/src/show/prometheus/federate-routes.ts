import type { FastifyInstance } from "fastify";
import type { RawSeries } from "@seaworthy/promql";
import { isStale } from "../../model/index.ts";
import type { Clock, Labels } from "../../model/index.ts";
import type { MetricsQuery } from "../../query/index.ts";
import { FORMATS, writeExposition } from "./exposition.ts";
import type { ExposedSample } from "./exposition.ts";
import { goneSignal } from "../gone.ts";
import { RequestParameters } from "./parameters.ts";

/** How far back a sample may lie. */
const LOOKBACK_MS = 300_000;

/**
 * `/federate`: the newest sample of each series that matches any `match[]`, for another Prometheus to
 * scrape. Native histograms have no form in the text formats and are left out, as Prometheus does.
 */
export function federateRoutes(
  app: FastifyInstance,
  {
    metrics,
    clock,
    externalLabels,
  }: {
    readonly metrics: MetricsQuery;
    readonly clock: Clock;
    readonly externalLabels: () => Labels;
  },
): void {
  app.get("/federate", { config: { access: "read" } }, async (request, reply) => {
    const parameters = new RequestParameters(request);
    const endMs = clock.now();
    const range = { startMs: endMs - LOOKBACK_MS + 1, endMs };
    const newest = new Map<string, ExposedSample>();
    for (const matchers of parameters.selectors(metrics)) {
      const found = await metrics.samples(matchers, range, { signal: goneSignal(reply) });
      for (const series of found) {
        const sample = newestOf(series, externalLabels());
        if (sample !== undefined) newest.set(series.labels.key, sample);
      }
    }
    const accept = request.headers.accept ?? "";
    const format = accept.includes("application/openmetrics-text") ? "openmetrics" : "text";
    return reply
      .header("content-type", FORMATS[format])
      .send(writeExposition([...newest.values()], format));
  });
}

function newestOf(
  { labels, times, values, histograms }: RawSeries,
  external: Labels,
): ExposedSample | undefined {
  const last = times.length - 1;
  if (last < 0 || isStale(values, last) || histograms?.[last] !== undefined) return undefined;
  // The scraper would fill in its own instance where there is none.
  const named = { instance: "", ...external, ...labels.toObject() };
  return { labels: named, timeMs: times[last] ?? 0, value: values[last] ?? 0 };
}
