import { logsPath } from "@seaworthy/contract";
import { isLogExpr } from "@seaworthy/logql";
import { LEVEL, SERVICE_NAME } from "./model/index.ts";
import type { LogsQuery } from "./query/index.ts";
import type { ErrorLogs } from "./respond/index.ts";
import { quoteMeta } from "./route/index.ts";

const MINUTE = 60_000;
const NS_PER_MS = 1_000_000n;
const ERRORS = `| ${LEVEL}=~"error|critical|fatal"`;
/** What a line in JSON or logfmt says to people; its other fields are left out. */
const MESSAGE = /(?:^|[\s{,])"?(?:msg|message)"?\s?[:=]\s?"((?:[^"\\]|\\.)+)"/;

/** What is asked of the logs about error lines: those that were detected as errors or worse. */
export function errorLogs(logs: Pick<LogsQuery, "parse" | "metric" | "patterns">): ErrorLogs {
  const linesOf = (service: string) => `{${SERVICE_NAME}=${JSON.stringify(service)}} ${ERRORS}`;
  return {
    async perMinute(services, since, minutes) {
      const names = JSON.stringify(services.map(quoteMeta).join("|"));
      const expr = logs.parse(
        `sum by (${SERVICE_NAME}) (count_over_time({${SERVICE_NAME}=~${names}} ${ERRORS} [1m]))`,
      );
      if (isLogExpr(expr)) return new Map();
      const grid = { startMs: since + MINUTE, stepMs: MINUTE, count: minutes };
      const answer = await logs.metric(expr, grid);
      if (typeof answer === "number") return new Map();
      return new Map(
        answer.map(({ labels, values }) => [labels[SERVICE_NAME] ?? "", [...values]] as const),
      );
    },

    async mostFrequent(service, since, until) {
      const expr = logs.parse(linesOf(service));
      if (!isLogExpr(expr)) return undefined;
      const { patterns } = await logs.patterns(expr, {
        startNs: BigInt(since) * NS_PER_MS,
        endNs: BigInt(until) * NS_PER_MS,
        stepNs: BigInt(until - since) * NS_PER_MS,
        limit: 1,
      });
      const pattern = patterns[0]?.pattern;
      return pattern === undefined ? undefined : (MESSAGE.exec(pattern)?.[1] ?? pattern);
    },

    page(service, since, until) {
      const text = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");
      return logsPath(linesOf(service), { from: text(since), to: text(until) });
    },
  };
}
