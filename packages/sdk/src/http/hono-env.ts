import type { IncomingMessage, ServerResponse } from "node:http";

/** Node's own objects, which `@hono/node-server` leaves in a context's `env`; undefined elsewhere. */
export function nodeObjects(
  env: unknown,
): { incoming: IncomingMessage; outgoing: ServerResponse } | undefined {
  if (typeof env !== "object" || env === null || !("incoming" in env && "outgoing" in env))
    return undefined;
  return env as { incoming: IncomingMessage; outgoing: ServerResponse };
}
