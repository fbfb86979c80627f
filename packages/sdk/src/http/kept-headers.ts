import type { OutgoingHttpHeader, ServerResponse } from "node:http";

/**
 * Sends these headers whatever is done to the response until then: Koa takes all of them away from one
 * that reports an error. What is set again meanwhile stays.
 */
export function keepHeaders(
  response: ServerResponse,
  headers: Readonly<Record<string, OutgoingHttpHeader | undefined>>,
): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]): ServerResponse => {
    for (const [name, value] of Object.entries(headers))
      if (value !== undefined && !response.hasHeader(name)) response.setHeader(name, value);
    return writeHead(...args);
  };
}
