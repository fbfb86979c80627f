import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { SeaworthyError } from "../../model/index.ts";
import { failureBody, QuotaError, successBody } from "../../receive/index.ts";
import type { PushReceipt, PushRequest, Sender } from "../../receive/index.ts";

/** Seconds after which a sender may try again what could not be stored. */
const RETRY_AFTER = 2;

type Answer = (reply: FastifyReply, receipt: PushReceipt, request: FastifyRequest) => FastifyReply;
type Refuse = (
  reply: FastifyReply,
  status: number,
  message: string,
  request: FastifyRequest,
) => FastifyReply;

/** A protocol's paths, and its own forms of success and of failure. */
export interface Intake<Protocol extends string> {
  readonly protocol: Protocol;
  readonly paths: readonly string[];
  readonly answer: Answer;
  /** Left out where the own API's form (problem details) is right. */
  readonly refuse?: Refuse;
}

interface Receiver<Protocol extends string> {
  receive(protocol: Protocol, request: PushRequest): Promise<PushReceipt>;
}

/** The endpoints of protocols. Bodies are read by the receiver, within its limits. */
export function intakeRoutes<Protocol extends string>(
  intakes: readonly Intake<Protocol>[],
  receiver: Receiver<Protocol>,
): FastifyPluginAsync {
  return async (root) => {
    for (const intake of intakes) {
      await root.register(async (app) => addIntake(app, intake, receiver));
    }
  };
}

function addIntake<Protocol extends string>(
  app: FastifyInstance,
  { protocol, paths, answer, refuse }: Intake<Protocol>,
  receiver: Receiver<Protocol>,
): void {
  app.removeAllContentTypeParsers();
  // Whether the type is known is for the receiver to say; the body stays a stream.
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.setErrorHandler((error, request, reply) => {
    if (!(error instanceof SeaworthyError)) throw error;
    const { status, message } = error;
    request.log.warn(
      { sender: request.client, status, protocol },
      `a push was refused: ${message}`,
    );
    const again = error instanceof QuotaError ? error.retryAfterSeconds : RETRY_AFTER;
    if (status === 503 || status === 429) void reply.header("retry-after", String(again));
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
        sender: senderOf(request),
      });
      if (receipt.refused > 0)
        request.log.warn({ sender: request.client, protocol }, receipt.message);
      return answer(reply, receipt, request);
    });
  }
}

/** A key's limits are the key's; who holds an admin token has none. */
export function senderOf(request: FastifyRequest): Sender | undefined {
  const principal = request.asking?.principal;
  return principal?.kind === "token" ? principal : undefined;
}

/** An answer of one line. */
export function answerText(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).type("text/plain; charset=utf-8").send(`${message}\n`);
}

/** OTLP's answers, in the request's form; `refused` is the name of the count of what was refused. */
export function otlpAnswers(refused: Parameters<typeof successBody>[1]): {
  readonly answer: Answer;
  readonly refuse: Refuse;
} {
  return {
    answer(reply, receipt) {
      const form = receipt.protobuf ? "protobuf" : "json";
      const message = receipt.refused === 0 ? "" : receipt.message;
      const { contentType, body } = successBody(form, refused, receipt.refused, message);
      return reply.code(200).type(contentType).send(body);
    },
    refuse(reply, status, message, request) {
      const protobuf = (request.headers["content-type"] ?? "").includes("protobuf");
      const { contentType, body } = failureBody(protobuf ? "protobuf" : "json", status, message);
      return reply.code(status).type(contentType).send(body);
    },
  };
}
