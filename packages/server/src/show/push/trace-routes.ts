import type { FastifyPluginAsync } from "fastify";
import type { TraceProtocol, TraceReceiver } from "../../receive/index.ts";
import { answerText, intakeRoutes, otlpAnswers } from "./intake.ts";
import type { Intake } from "./intake.ts";

const INTAKES: readonly Intake<TraceProtocol>[] = [
  { protocol: "otlp", paths: ["/v1/traces", "/otlp/v1/traces"], ...otlpAnswers("rejectedSpans") },
  {
    protocol: "zipkin",
    paths: ["/api/v2/spans"],
    answer: (reply, { refused, message }) =>
      refused === 0 ? reply.code(202).send() : answerText(reply, 400, message),
    refuse: answerText,
  },
];

/** The endpoints that spans are pushed to. */
export function tracePushRoutes(receiver: TraceReceiver): FastifyPluginAsync {
  return intakeRoutes(INTAKES, receiver);
}
