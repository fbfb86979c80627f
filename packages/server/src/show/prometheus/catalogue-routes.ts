import type { FastifyInstance } from "fastify";
import type { MetricsQuery, SeriesRequest } from "../../query/index.ts";
import { ApiError } from "./api-error.ts";
import { labelsJson, success, TRUNCATED } from "./json.ts";
import { checkOrder, EVER, quote, RequestParameters } from "./parameters.ts";
import { json } from "./answer.ts";

/** `/series`, `/labels`, `/label/:name/values` and `/metadata`: what there is. */
export function catalogueRoutes(
  app: FastifyInstance,
  { metrics }: { readonly metrics: MetricsQuery },
): void {
  const config = { access: "read" } as const;

  app.route({
    method: ["GET", "POST"],
    url: "/series",
    config,
    handler: async (request, reply) => {
      const parameters = new RequestParameters(request);
      if (parameters.all("match[]").length === 0) {
        throw new ApiError("bad_data", "no match[] parameter provided");
      }
      const { items, truncated } = await metrics.series(seriesRequest(metrics, parameters));
      const data = items.map((labels) => labelsJson(labels)).join(",");
      const warnings = truncated ? `,"warnings":${JSON.stringify([TRUNCATED])}` : "";
      return json(reply, `{"status":"success","data":[${data}]${warnings}}`);
    },
  });

  app.route({
    method: ["GET", "POST"],
    url: "/labels",
    config,
    handler: async (request, reply) => {
      const parameters = new RequestParameters(request);
      const { items, truncated } = await metrics.labelNames(seriesRequest(metrics, parameters));
      return json(reply, success(items, truncated ? [TRUNCATED] : []));
    },
  });

  app.get<{ Params: { name: string } }>(
    "/label/:name/values",
    { config },
    async (request, reply) => {
      const parameters = new RequestParameters(request);
      const name = unescapeName(request.params.name);
      if (name === "") throw new ApiError("bad_data", `invalid label name: ${quote(name)}`);
      const asked = seriesRequest(metrics, parameters);
      const { items, truncated } = await metrics.labelValues(name, asked);
      return json(reply, success(items, truncated ? [TRUNCATED] : []));
    },
  );

  app.get("/metadata", { config }, async (request, reply) => {
    const parameters = new RequestParameters(request);
    const limit = parameters.limit() ?? Number.POSITIVE_INFINITY;
    const perMetric = parameters.limit("limit_per_metric");
    const metric = parameters.get("metric");
    const known = await metrics.metadata(metric === "" ? undefined : metric);
    const data = [...known]
      .slice(0, limit)
      .map(([name, entries]) => [
        name,
        entries.slice(0, perMetric).map(({ type, help, unit }) => ({ type, help, unit })),
      ]);
    return json(reply, success(Object.fromEntries(data)));
  });
}

function seriesRequest(metrics: MetricsQuery, parameters: RequestParameters): SeriesRequest {
  const startMs = parameters.time("start", EVER.startMs);
  const endMs = parameters.time("end", EVER.endMs);
  checkOrder(startMs, endMs);
  const limit = parameters.limit();
  return { selectors: parameters.selectors(metrics), startMs, endMs, limit };
}

/**
 * Names outside of [a-zA-Z0-9_:] come escaped in paths: `U__` before, `__` for `_`, and `_hex_` for
 * any other character.
 */
function unescapeName(name: string): string {
  if (!name.startsWith("U__")) return name;
  return name.slice(3).replace(/__|_([0-9a-fA-F]{1,6})_/g, (_, hex: string | undefined) => {
    const code = hex === undefined ? 0x5f : Number.parseInt(hex, 16);
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : "\ufffd";
  });
}
