import { STATUS_CODES } from "node:http";
import type { FastifyPluginAsync, FastifyReply } from "fastify";
import type { LogProtocol, LogReceiver } from "../../receive/index.ts";
import { answerText, intakeRoutes, otlpAnswers } from "./intake.ts";
import type { Intake } from "./intake.ts";

const INTAKES: readonly Intake<LogProtocol>[] = [
  {
    protocol: "loki",
    paths: ["/loki/api/v1/push", "/api/prom/push"],
    answer: (reply, { refused, message }) =>
      refused === 0 ? reply.code(204).send() : answerText(reply, 400, message),
    refuse: answerText,
  },
  {
    protocol: "otlp",
    paths: ["/v1/logs", "/otlp/v1/logs"],
    ...otlpAnswers("rejectedLogRecords"),
  },
  {
    protocol: "datadog",
    paths: ["/api/v2/logs", "/v1/input"],
    answer: (reply, { refused, message }) =>
      refused === 0 ? reply.code(202).send({}) : datadogErrors(reply, 400, message),
    refuse: datadogErrors,
  },
  {
    protocol: "vercel",
    paths: ["/api/logs/vercel"],
    answer: (reply, { stored, refused, message }, request) => {
      // Vercel asks that a drain proves whose it is by a text that it gave out.
      const { verify } = request.query as { verify?: unknown };
      if (typeof verify === "string" && /^[\w-]{1,200}$/.test(verify)) {
        void reply.header("x-vercel-verify", verify);
      }
      return reply.code(200).send({ stored, refused, message });
    },
  },
  {
    protocol: "lines",
    paths: ["/api/logs/lines"],
    answer: (reply, { stored, refused, message }) =>
      reply.code(refused === 0 ? 200 : 400).send({ stored, refused, message }),
  },
];

/** The endpoints that log lines are pushed to. */
export function logPushRoutes(receiver: LogReceiver): FastifyPluginAsync {
  return intakeRoutes(INTAKES, receiver);
}

function datadogErrors(reply: FastifyReply, status: number, message: string): FastifyReply {
  const title = STATUS_CODES[status] ?? "Error";
  const errors = [{ status: String(status), title, detail: message }];
  return reply.code(status).send({ errors });
}
