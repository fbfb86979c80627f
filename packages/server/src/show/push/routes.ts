import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { SeaworthyError } from "../../model/index.ts";
import { QuotaError } from "../../receive/index.ts";
import type { PushReceivers } from "../../receive/index.ts";
import { senderOf } from "./intake.ts";

/** Seconds after which a sender may try again what could not be stored. */
const RETRY_AFTER = 2;

/** The endpoints that telemetry is pushed to. Bodies are read by the receivers, within their limits. */
export function pushRoutes({ remoteWrite, otlp }: PushReceivers): FastifyPluginAsync {
  return async (root) => {
    await root.register(async (app) => {
      takeAnyBody(app);
      app.setErrorHandler((error, request, reply) => sendText(error, request, reply));
      app.post("/api/v1/write", { config: { access: "ingest" } }, async (request, reply) => {
        const answer = await remoteWrite.receive({
          contentType: request.headers["content-type"],
          contentEncoding: request.headers["content-encoding"],
          body: request.raw,
          sender: senderOf(request),
        });
        void reply.code(answer.status).headers(answer.headers);
        if (answer.status === 204) return reply.send();
        request.log.warn({ sender: request.client }, answer.message);
        return reply.type("text/plain; charset=utf-8").send(`${answer.message}\n`);
      });
      // The path that exporters have as default, and the one that Prometheus has.
      for (const path of ["/v1/metrics", "/api/v1/otlp/v1/metrics"]) {
        app.post(path, { config: { access: "ingest" } }, async (request, reply) => {
          const { status, contentType, body, fault, retryAfterSeconds } = await otlp.receive({
            contentType: request.headers["content-type"],
            contentEncoding: request.headers["content-encoding"],
            body: request.raw,
            sender: senderOf(request),
          });
          if (fault !== "") request.log.warn({ sender: request.client, status }, fault);
          tellWhatNext(reply, status, retryAfterSeconds);
          return reply.code(status).type(contentType).send(body);
        });
      }
    });
  };
}

/** Leaves the body to the route: it is a stream, and whether the type is known is not ours to say. */
function takeAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
}

/** Senders put the first line of an answer into their log. */
function sendText(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!(error instanceof SeaworthyError) || error.status === 401 || error.status === 403) {
    throw error;
  }
  const { status, message } = error;
  request.log.warn({ sender: request.client, status }, `a push was refused: ${message}`);
  tellWhatNext(reply, status, error instanceof QuotaError ? error.retryAfterSeconds : undefined);
  return reply.code(status).type("text/plain; charset=utf-8").send(`${message}\n`);
}

function tellWhatNext(reply: FastifyReply, status: number, retryAfter = RETRY_AFTER): void {
  if (status === 503 || status === 429) void reply.header("retry-after", String(retryAfter));
  // What is left of the body is not worth reading.
  if (status === 413) void reply.header("connection", "close");
}
