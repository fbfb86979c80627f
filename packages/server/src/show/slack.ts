import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { ChatError } from "../respond/index.ts";
import type { SlackDoor } from "../respond/index.ts";

/** Slack's largest requests are some tens of kilobytes. */
const BODY_LIMIT = 256 * 1024;

/**
 * Where an app of Slack sends what people do there. Who calls is known by the request's signature, over
 * the very bytes of the body, so nothing is read before it was checked.
 */
export function slackRoutes(door: SlackDoor): FastifyPluginAsync {
  return async (app) => {
    const raw = (_: FastifyRequest, body: Buffer, done: (error: null, body: Buffer) => void) =>
      done(null, body);
    app.removeAllContentTypeParsers();
    for (const type of ["application/json", "application/x-www-form-urlencoded"])
      app.addContentTypeParser(type, { parseAs: "buffer", bodyLimit: BODY_LIMIT }, raw);

    const open = { config: { access: "public" }, bodyLimit: BODY_LIMIT } as const;

    /** The body that Slack has signed. */
    const received = async (request: FastifyRequest) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const signature = {
        signature: request.headers["x-slack-signature"],
        timestamp: request.headers["x-slack-request-timestamp"],
      };
      await door.verify(signature, body);
      return { signature, text: body.toString("utf8") };
    };

    app.post("/api/chat/slack/events", open, async (request, reply) => {
      const { text } = await received(request);
      // A message is noted once by its own name, so that Slack's repetitions are answered like the first.
      const answer = await door.event(jsonOf(text));
      return reply.send(answer ?? {});
    });

    app.post("/api/chat/slack/commands", open, async (request, reply) => {
      const { signature, text } = await received(request);
      await door.takeOnce(signature);
      return reply.send(await door.command(Object.fromEntries(new URLSearchParams(text))));
    });

    app.post("/api/chat/slack/interactions", open, async (request, reply) => {
      const { signature, text } = await received(request);
      await door.takeOnce(signature);
      await door.interaction(jsonOf(new URLSearchParams(text).get("payload") ?? ""));
      return reply.send();
    });
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ChatError("chat_request_invalid", "The body is not JSON.");
  }
}
