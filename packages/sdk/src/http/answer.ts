import type { IncomingMessage, ServerResponse } from "node:http";

/** A complete answer that no framework is needed for. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Endpoint = (request: IncomingMessage) => Promise<Answer>;

export const json = { "content-type": "application/json; charset=utf-8" };
export const text = { "content-type": "text/plain; charset=utf-8" };

/** Sends the answer; to HEAD without its body. */
export function sendAnswer(
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  response.writeHead(answer.status, {
    ...answer.headers,
    "cache-control": "no-store",
    "content-length": Buffer.byteLength(answer.body),
  });
  response.end(request.method === "HEAD" ? undefined : answer.body);
}

/** The answer as a `Response` of the Fetch API. */
export function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers: { ...headers, "cache-control": "no-store" } });
}
