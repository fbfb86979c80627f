import { isLogExpr } from "@seaworthy/logql";
import type { Labels, Matcher } from "@seaworthy/logql";
import type { FastifyInstance, FastifyReply } from "fastify";
import { detectFields } from "../../query/index.ts";
import { goneSignal } from "../gone.ts";
import type { LokiDeps } from "./deps.ts";
import { LokiError, LokiParameters } from "./parameters.ts";

const MINUTE_NS = 60_000_000_000n;

/** Labels, series, sizes and fields: what there is. */
export function catalogueRoutes(app: FastifyInstance, { logs, clock }: LokiDeps): void {
  const config = { access: "read" } as const;
  const method = ["GET", "POST"];

  for (const url of ["/labels", "/label"]) {
    app.route({
      method,
      url,
      config,
      handler: async (request, reply) => {
        const parameters = new LokiParameters(request, clock.now());
        const asked = { ...parameters.range(), selectors: parameters.selectors("query") };
        return {
          status: "success",
          data: await logs.labelNames(asked, { signal: goneSignal(reply) }),
        };
      },
    });
  }

  app.get<{ Params: { name: string } }>(
    "/label/:name/values",
    { config },
    async (request, reply) => {
      const parameters = new LokiParameters(request, clock.now());
      const asked = { ...parameters.range(), selectors: parameters.selectors("query") };
      const options = { signal: goneSignal(reply) };
      return {
        status: "success",
        data: await logs.labelValues(request.params.name, asked, options),
      };
    },
  );

  app.route({
    method,
    url: "/series",
    config,
    handler: async (request, reply) => {
      const parameters = new LokiParameters(request, clock.now());
      const selectors = [...parameters.selectors("match[]"), ...parameters.selectors("match")];
      const asked = { ...parameters.range(), selectors };
      return { status: "success", data: await logs.series(asked, { signal: goneSignal(reply) }) };
    },
  });

  app.route({
    method,
    url: "/index/stats",
    config,
    handler: async (request, reply) => {
      const parameters = new LokiParameters(request, clock.now());
      const asked = { ...parameters.range(), selectors: [] };
      return logs.stats(oneSelector(parameters), asked, { signal: goneSignal(reply) });
    },
  });

  app.route({
    method,
    url: "/index/volume",
    config,
    handler: async (request, reply) => {
      const parameters = new LokiParameters(request, clock.now());
      const range = parameters.range();
      const stepNs = range.endNs - range.startNs + 1n;
      const rows = await logs.volume(
        oneSelector(parameters),
        { ...range, selectors: [], stepNs },
        { signal: goneSignal(reply) },
      );
      const at = Number(range.endNs / 1_000_000n) / 1000;
      const result = ranked(rows, parameters).map(({ metric, bytes }) => ({
        metric,
        value: [at, String(bytes.get(0) ?? 0)] as const,
      }));
      return { status: "success", data: { resultType: "vector", result, stats: {} } };
    },
  });

  app.route({
    method,
    url: "/index/volume_range",
    config,
    handler: async (request, reply) => {
      const parameters = new LokiParameters(request, clock.now());
      const { startNs: from, endNs } = parameters.range();
      const stepMs = parameters.step({ startNs: from, endNs });
      // Full minutes are told by what is counted of each.
      const startNs = stepMs % 60_000 === 0 ? from - (from % MINUTE_NS) : from;
      const range = { startNs, endNs };
      const rows = await logs.volume(
        oneSelector(parameters),
        { ...range, selectors: [], stepNs: BigInt(stepMs) * 1_000_000n },
        { signal: goneSignal(reply) },
      );
      const startMs = Number(range.startNs / 1_000_000n);
      const result = ranked(rows, parameters).map(({ metric, bytes }) => ({
        metric,
        values: [...bytes]
          .sort(([a], [b]) => a - b)
          .map(([step, size]) => [(startMs + step * stepMs) / 1000, String(size)] as const),
      }));
      return { status: "success", data: { resultType: "matrix", result, stats: {} } };
    },
  });

  app.route({
    method,
    url: "/patterns",
    config,
    handler: async (request, reply) => {
      const parameters = new LokiParameters(request, clock.now());
      const expr = logs.parse(parameters.query());
      if (!isLogExpr(expr))
        throw new LokiError("patterns are found for log queries, not for metric queries");
      const range = parameters.range();
      const stepMs = parameters.step(range);
      const { patterns, oneOf } = await logs.patterns(
        expr,
        { ...range, stepNs: BigInt(stepMs) * 1_000_000n, limit: parameters.limit() },
        { signal: goneSignal(reply) },
      );
      const data = patterns.map(({ pattern, level, steps }) => ({
        pattern,
        level,
        samples: [...steps]
          .sort(([a], [b]) => a - b)
          .map(([step, lines]) => [Math.floor((step * stepMs) / 1000), lines] as const),
      }));
      return { status: "success", data, stats: { oneOf } };
    },
  });

  fieldRoutes(app, { logs, clock });
}

/** What fields lines have, by looking at some of them. */
function fieldRoutes(
  app: FastifyInstance,
  { logs, clock }: Pick<LokiDeps, "logs" | "clock">,
): void {
  const config = { access: "read" } as const;
  const detect = async (reply: FastifyReply, parameters: LokiParameters) => {
    const expr = logs.parse(parameters.query());
    if (!isLogExpr(expr))
      throw new LokiError("fields are detected for log queries, not for metric queries");
    const wanted = {
      ...parameters.range(),
      direction: "backward",
      limit: parameters.lineLimit(),
    } as const;
    return detectFields(await logs.lines(expr, wanted, { signal: goneSignal(reply) }));
  };

  app.route({
    method: ["GET", "POST"],
    url: "/detected_fields",
    config,
    handler: async (request, reply) => {
      const parameters = new LokiParameters(request, clock.now());
      const limit = parameters.limit(1000);
      const fields = (await detect(reply, parameters)).slice(0, limit);
      return {
        fields: fields.map(({ label, type, cardinality, parsers }) => ({
          label,
          type,
          cardinality,
          parsers,
        })),
        limit,
      };
    },
  });

  app.get<{ Params: { name: string } }>(
    "/detected_field/:name/values",
    { config },
    async (request, reply) => {
      const parameters = new LokiParameters(request, clock.now());
      const limit = parameters.limit(1000);
      const fields = await detect(reply, parameters);
      const values = fields.find(({ label }) => label === request.params.name)?.values ?? [];
      return { values: values.slice(0, limit), limit };
    },
  );

  app.route({
    method: ["GET", "POST"],
    url: "/detected_labels",
    config,
    handler: async (request, reply) => {
      const parameters = new LokiParameters(request, clock.now());
      const asked = { ...parameters.range(), selectors: parameters.selectors("query") };
      const values = new Map<string, Set<string>>();
      for (const labels of await logs.series(asked, { signal: goneSignal(reply) })) {
        for (const [name, value] of Object.entries(labels)) {
          values.set(name, (values.get(name) ?? new Set()).add(value));
        }
      }
      const detectedLabels = [...values].map(([label, set]) => ({ label, cardinality: set.size }));
      return { detectedLabels: detectedLabels.sort((a, b) => (a.label < b.label ? -1 : 1)) };
    },
  });
}

/** The one selector that `query` must be; `{}` is all. */
function oneSelector(parameters: LokiParameters): readonly Matcher[] {
  parameters.query();
  return parameters.selectors("query")[0] ?? [];
}

/** Sizes by label sets, the largest first: by `targetLabels` or by what the selector names. */
function ranked(
  rows: readonly { readonly labels: Labels; readonly step: number; readonly bytes: number }[],
  parameters: LokiParameters,
) {
  const given = parameters.get("targetLabels");
  const targets = given === "" ? oneSelector(parameters).map(({ name }) => name) : given.split(",");
  const byLabels = parameters.get("aggregateBy") === "labels";
  const groups = new Map<string, { metric: Labels; bytes: Map<number, number>; total: number }>();
  const add = (metric: Labels, step: number, size: number) => {
    const key = JSON.stringify(metric);
    const group = groups.get(key) ?? { metric, bytes: new Map<number, number>(), total: 0 };
    groups.set(key, group);
    group.bytes.set(step, (group.bytes.get(step) ?? 0) + size);
    group.total += size;
  };
  for (const { labels, step, bytes } of rows) {
    if (byLabels) {
      const names = given === "" ? Object.keys(labels) : targets.filter((name) => name in labels);
      for (const name of names) add({ [name]: "" }, step, bytes);
    } else {
      const kept = targets.filter((name) => name in labels).sort();
      add(Object.fromEntries(kept.map((name) => [name, labels[name] ?? ""])), step, bytes);
    }
  }
  return [...groups.values()].sort((a, b) => b.total - a.total).slice(0, parameters.limit());
}
