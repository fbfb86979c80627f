import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { SeaworthyError } from "../../model/index.ts";
import { failureBody, successBody } from "../../receive/index.ts";
import type { LogProtocol, LogReceipt, LogReceiver } from "../../receive/index.ts";

/** Seconds after which a sender may try again what could not be stored. */
const RETRY_AFTER = 2;

type Answer = (reply: FastifyReply, receipt: LogReceipt, request: FastifyRequest) => FastifyReply;
type Refuse = (
  reply: FastifyReply,
  status: number,
  message: string,
  request: FastifyRequest,
) => FastifyReply;

/** A protocol's paths, and its own forms of success and of failure. */
interface Intake {
  readonly protocol: LogProtocol;
  readonly paths: readonly string[];
  readonly answer: Answer;
  /** Left out where the own API's form (problem details) is right. */
  readonly refuse?: Refuse;
}

const INTAKES: readonly Intake[] = [
  {
    protocol: "loki",
    paths: ["/loki/api/v1/push", "/api/prom/push"],
    answer: (reply, { refused, message }) =>
      refused === 0 ? reply.code(204).send() : text(reply, 400, message),
    refuse: text,
  },
  {
    protocol: "otlp",
    paths: ["/v1/logs", "/otlp/v1/logs"],
    answer: answerOtlp,
    refuse: refuseOtlp,
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

/** The endpoints that log lines are pushed to. Bodies are read by the receiver, within its limits. */
export function logPushRoutes(receiver: LogReceiver): FastifyPluginAsync {
  return async (root) => {
    for (const intake of INTAKES) {
      await root.register(async (app) => addIntake(app, intake, receiver));
    }
  };
}

function addIntake(app: FastifyInstance, intake: Intake, receiver: LogReceiver): void {
  const { protocol, paths, answer, refuse } = intake;
  app.removeAllContentTypeParsers();
  // Whether the type is known is for the receiver to say; the body stays a stream.
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.setErrorHandler((error, request, reply) => {
    if (!(error instanceof SeaworthyError)) throw error;
    const { status, message } = error;
    request.log.warn({ sender: request.ip, status, protocol }, `a push was refused: ${message}`);
    if (status === 503) void reply.header("retry-after", String(RETRY_AFTER));
    // What is left of the body is not worth reading.
    if (status === 413) void reply.header("connection", "close");
    if (refuse === undefined || status === 401 || status === 403) throw error;
    return refuse(reply, status, message, request);
  });
  for (const path of paths) {
    app.post(path, { config: { access: "ingest" } }, async (request, reply) => {
      const at = request.url.indexOf("?");
      const query = new URLSearchParams(at < 0 ? "" : request.url.slice(at + 1));
      const receipt = await receiver.receive(protocol, {
        contentType: request.headers["content-type"],
        contentEncoding: request.headers["content-encoding"],
        query,
        body: request.raw,
      });
      if (receipt.refused > 0) request.log.warn({ sender: request.ip, protocol }, receipt.message);
      return answer(reply, receipt, request);
    });
  }
}

function text(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).type("text/plain; charset=utf-8").send(`${message}\n`);
}

function datadogErrors(reply: FastifyReply, status: number, message: string): FastifyReply {
  const errors = [{ status: String(status), title: "Bad Request", detail: message }];
  return reply.code(status).send({ errors });
}

function answerOtlp(reply: FastifyReply, { refused, message, protobuf }: LogReceipt): FastifyReply {
  const warned = refused === 0 ? "" : message;
  const answer = successBody(protobuf ? "protobuf" : "json", "rejectedLogRecords", refused, warned);
  return reply.code(200).type(answer.contentType).send(answer.body);
}

function refuseOtlp(
  reply: FastifyReply,
  status: number,
  message: string,
  request: FastifyRequest,
): FastifyReply {
  const protobuf = (request.headers["content-type"] ?? "").includes("protobuf");
  const answer = failureBody(protobuf ? "protobuf" : "json", status, message);
  return reply.code(status).type(answer.contentType).send(answer.body);
}
