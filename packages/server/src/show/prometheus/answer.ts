import type { Readable } from "node:stream";
import type { FastifyReply } from "fastify";

/** Sends JSON text. */
export function json(reply: FastifyReply, body: string | Readable): FastifyReply {
  return reply.header("content-type", "application/json").send(body);
}
