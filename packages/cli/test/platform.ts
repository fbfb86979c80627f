import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A platform that takes the token `right` and knows these answers, by `METHOD /path`; its address. */
export async function fakePlatform(
  answers: Readonly<Record<string, readonly [status: number, body: unknown]>>,
): Promise<string> {
  const server = createServer((request, response) => {
    const known = answers[`${request.method} ${request.url}`];
    const isAllowed = request.headers.authorization === "Bearer right";
    const [status, body] = isAllowed
      ? (known ?? [404, { detail: `there is no ${request.url}` }])
      : [401, { detail: "sign in" }];
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
