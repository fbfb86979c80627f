import { linksOfSpans, traceOf } from "@seaworthy/contract";
import type { FastifyInstance } from "fastify";
import { formatValue, selectorsOf } from "@seaworthy/promql";
import type { Clock, Labels } from "../../model/index.ts";
import type { MetricsQuery } from "../../query/index.ts";
import { json } from "./answer.ts";
import { goneSignal } from "../gone.ts";
import { formatTime, labelsJson } from "./json.ts";
import { checkOrder, parsedQuery, RequestParameters } from "./parameters.ts";

/**
 * `/query_exemplars`: the exemplars of all series that an expression selects. With `links=true`, which is
 * our own, each says where its trace and the log lines of that are.
 */
export function exemplarRoutes(
  app: FastifyInstance,
  { metrics, clock }: { readonly metrics: MetricsQuery; readonly clock: Clock },
): void {
  app.route({
    method: ["GET", "POST"],
    url: "/query_exemplars",
    config: { access: "read" },
    handler: async (request, reply) => {
      const parameters = new RequestParameters(request);
      const startMs = parameters.time("start", 0);
      const endMs = parameters.time("end", clock.now());
      checkOrder(startMs, endMs);
      const selectors = selectorsOf(parsedQuery(metrics, parameters));
      const found = await metrics.exemplars(
        selectors.map(({ matchers }) => matchers),
        { startMs, endMs },
        { signal: goneSignal(reply) },
      );
      const linked = parameters.get("links") === "true";
      const data = found.map(({ labels, exemplars }) => {
        const shown = exemplars.map(
          ({ labels: own, value, timeMs }) =>
            `{"labels":${JSON.stringify(own)},"value":"${formatValue(value)}","timestamp":${formatTime(timeMs)}${linked ? linksJson(own, timeMs) : ""}}`,
        );
        return `{"seriesLabels":${labelsJson(labels)},"exemplars":[${shown.join(",")}]}`;
      });
      return json(reply, `{"status":"success","data":[${data.join(",")}]}`);
    },
  });
}

function linksJson(labels: Labels, timeMs: number): string {
  const ids = traceOf(labels);
  if (ids === null) return "";
  return `,"links":${JSON.stringify(linksOfSpans(ids.traceId, ids.spanId, timeMs, timeMs))}`;
}
