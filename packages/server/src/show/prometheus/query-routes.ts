import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { QueryResult } from "@seaworthy/promql";
import type { Clock } from "../../model/index.ts";
import type { AskOptions, MetricsQuery } from "../../query/index.ts";
import { ApiError, invalidParameter } from "./api-error.ts";
import { json } from "./answer.ts";
import { goneSignal } from "../gone.ts";
import { limitSeries, queryAnswer } from "./json.ts";
import { checkedQuery, checkOrder, RequestParameters } from "./parameters.ts";

/** Points of one series in one answer; Prometheus's own bound. */
const MAX_POINTS = 11_000;

/** `/query`, `/query_range` and what else takes an expression. */
export function queryRoutes(
  app: FastifyInstance,
  { metrics, clock }: { readonly metrics: MetricsQuery; readonly clock: Clock },
): void {
  const config = { access: "read" } as const;
  const method = ["GET", "POST"];

  app.route({
    method,
    url: "/query",
    config,
    handler: async (request, reply) => {
      const parameters = new RequestParameters(request);
      const limit = parameters.limit();
      const time = parameters.time("time", clock.now());
      const options = askOptions(parameters, reply);
      const query = checkedQuery(metrics, parameters);
      const started = performance.now();
      const result = await metrics.instant(query, time, options);
      return answer(reply, result, limit, stats(parameters, result, started));
    },
  });

  app.route({
    method,
    url: "/query_range",
    config,
    handler: async (request, reply) => {
      const parameters = new RequestParameters(request);
      const limit = parameters.limit();
      const start = required(parameters, "start");
      const end = required(parameters, "end");
      checkOrder(start, end);
      const step = parameters.duration("step");
      if (step === undefined) {
        throw invalidParameter("step", 'cannot parse "" to a valid duration');
      }
      if (step < 1) {
        const reason =
          "zero or negative query resolution step widths are not accepted. Try a positive integer";
        throw invalidParameter("step", reason);
      }
      if ((end - start) / step > MAX_POINTS) {
        throw new ApiError(
          "bad_data",
          "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        );
      }
      const options = askOptions(parameters, reply);
      const query = checkedQuery(metrics, parameters);
      const started = performance.now();
      const result = await metrics.range(query, start, end, Math.trunc(step), options);
      return answer(reply, result, limit, stats(parameters, result, started));
    },
  });
}

function required(parameters: RequestParameters, name: string): number {
  if (parameters.get(name) === "") {
    throw invalidParameter(name, 'cannot parse "" to a valid timestamp');
  }
  return parameters.time(name, 0);
}

function askOptions(parameters: RequestParameters, reply: FastifyReply): AskOptions {
  const timeoutMs = parameters.duration("timeout");
  const lookbackDeltaMs = parameters.duration("lookback_delta");
  return {
    signal: goneSignal(reply),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(lookbackDeltaMs === undefined ? {} : { lookbackDeltaMs }),
  };
}

/** `stats=all`: Prometheus's figures, of which this engine knows the samples and the whole time. */
function stats(
  parameters: RequestParameters,
  result: QueryResult,
  started: number,
): string | undefined {
  if (parameters.get("stats") === "") return undefined;
  const seconds = (performance.now() - started) / 1000;
  const timings = {
    evalTotalTime: seconds,
    resultSortTime: 0,
    queryPreparationTime: 0,
    innerEvalTime: seconds,
    execQueueTime: 0,
    execTotalTime: seconds,
  };
  const samples = {
    totalQueryableSamples: result.stats.samples,
    peakSamples: result.stats.samples,
  };
  return JSON.stringify({ timings, samples });
}

function answer(
  reply: FastifyReply,
  result: QueryResult,
  limit: number | undefined,
  statistics: string | undefined,
): FastifyReply {
  const { value, notes } = limitSeries(result, limit);
  const pieces = queryAnswer(value, notes, statistics);
  const first = pieces.next();
  const second = pieces.next();
  // Most answers are one piece, and need no stream.
  if (second.done === true) return json(reply, first.done === true ? "" : first.value);
  return json(reply, Readable.from(joined([first.value ?? "", second.value], pieces)));
}

function* joined(first: readonly string[], rest: Iterable<string>): Generator<Buffer> {
  for (const piece of first) yield Buffer.from(piece);
  for (const piece of rest) yield Buffer.from(piece);
}
