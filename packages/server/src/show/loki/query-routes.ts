import { isLogExpr } from "@seaworthy/logql";
import type { FastifyInstance, FastifyReply } from "fastify";
import { goneSignal } from "../gone.ts";
import type { LokiDeps } from "./deps.ts";
import { matrixOf, number, streamsOf, success, vectorOf } from "./json.ts";
import { lineFormOf, LokiError, LokiParameters } from "./parameters.ts";

/** `/query` and `/query_range`. */
export function queryRoutes(app: FastifyInstance, { logs, clock }: LokiDeps): void {
  const config = { access: "read" } as const;
  const method = ["GET", "POST"];

  app.route({
    method,
    url: "/query",
    config,
    handler: async (request, reply) => {
      const started = performance.now();
      const parameters = new LokiParameters(request, clock.now());
      const expr = logs.parse(parameters.query());
      if (isLogExpr(expr)) {
        throw new LokiError(
          "log queries are not supported as an instant query type, please change your query to a range query type",
        );
      }
      const timeMs = Number(parameters.time("time", clock.now())) / 1e6;
      const grid = { startMs: timeMs, stepMs: 1000, count: 1 };
      const answer = await logs.metric(expr, grid, { signal: goneSignal(reply) });
      if (typeof answer === "number") {
        return reply.send(success("scalar", [timeMs / 1000, number(answer)], started, 1));
      }
      return reply.send(success("vector", vectorOf(answer, timeMs), started, answer.length));
    },
  });

  app.route({
    method,
    url: "/query_range",
    config,
    handler: async (request, reply) => {
      const started = performance.now();
      const parameters = new LokiParameters(request, clock.now());
      const expr = logs.parse(parameters.query());
      const range = parameters.range();
      const signal = goneSignal(reply);
      if (isLogExpr(expr)) {
        const wanted = { ...range, direction: parameters.direction(), limit: parameters.limit() };
        const lines = await logs.lines(expr, wanted, { signal });
        const form = lineFormOf(request);
        const flags = form.flags.length > 0 ? form.flags : undefined;
        return reply.send(success("streams", streamsOf(lines, form), started, lines.length, flags));
      }
      const stepMs = parameters.step(range);
      const startMs = Number(range.startNs / 1000n) / 1000;
      const endMs = Number(range.endNs / 1000n) / 1000;
      const grid = { startMs, stepMs, count: Math.floor((endMs - startMs) / stepMs) + 1 };
      const answer = await logs.metric(expr, grid, { signal });
      return sendMatrix(reply, answer, grid, started);
    },
  });
}

type Answer = Awaited<ReturnType<LokiDeps["logs"]["metric"]>>;
type GridOf = Parameters<LokiDeps["logs"]["metric"]>[1];

function sendMatrix(reply: FastifyReply, answer: Answer, grid: GridOf, started: number) {
  const matrix =
    typeof answer === "number"
      ? [
          {
            labels: {},
            values: new Float64Array(grid.count).fill(answer),
            present: new Uint8Array(grid.count).fill(1),
          },
        ]
      : answer;
  return reply.send(success("matrix", matrixOf(matrix, grid), started, matrix.length));
}
