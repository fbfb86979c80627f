import type { IncomingMessage, ServerResponse } from "node:http";

/** Bytes of a request's body as announced by its headers; undefined when it was sent in chunks. */
export function requestBodyBytes(request: IncomingMessage): number | undefined {
  const announced = contentLength(request.headers["content-length"]);
  if (announced !== undefined) return announced;
  return request.headers["transfer-encoding"] === undefined ? 0 : undefined;
}

/**
 * Bytes of a response's body: its `content-length`, or what the connection has sent since
 * `sentBefore` (which then includes the response's headers); undefined when the connection does not
 * count, as one that is only played in a test.
 */
export function responseBodyBytes(
  request: IncomingMessage,
  response: ServerResponse,
  sentBefore: number,
): number | undefined {
  const { statusCode } = response;
  if (request.method === "HEAD" || statusCode === 204 || statusCode === 304) return 0;
  // What Node itself has noted, also of headers that were given to writeHead() all at once.
  const { _contentLength: noted } = response as { readonly _contentLength?: unknown };
  const announced = contentLength(noted ?? response.getHeader("content-length"));
  if (announced !== undefined) return announced;
  const sent = request.socket.bytesWritten - sentBefore;
  return sent >= 0 ? sent : undefined;
}

function contentLength(header: unknown): number | undefined {
  if (typeof header !== "string" && typeof header !== "number") return undefined;
  const bytes = Number(header);
  return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined;
}
