import { createServer } from "node:http";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A notification as it arrived. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: WebhookBody;
  readonly at: number;
}

/** The parts of a webhook's body that tests look at. */
export interface WebhookBody {
  readonly version: string;
  readonly groupKey: string;
  readonly truncatedAlerts: number;
  readonly status: "firing" | "resolved";
  readonly receiver: string;
  readonly groupLabels: Record<string, string>;
  readonly commonLabels: Record<string, string>;
  readonly commonAnnotations: Record<string, string>;
  readonly externalURL: string;
  readonly idempotencyKey: string;
  readonly alerts: {
    status: "firing" | "resolved";
    labels: Record<string, string>;
    annotations: Record<string, string>;
    startsAt: string;
    endsAt: string;
    generatorURL: string;
    fingerprint: string;
  }[];
}

/** How a receiver answers: a status, or a function that does it. */
export type Answering = number | ((response: ServerResponse, received: Received) => void);

/** A local HTTP receiver of notifications, closed when the test ends. */
export interface TestReceiver {
  readonly url: string;
  /** Everything that arrived, in order, whatever was answered. */
  readonly received: Received[];
  /** What is answered from now on. */
  answer: Answering;
  /** Resolves when at least `count` have arrived. */
  arrived(count: number): Promise<void>;
}

export async function startReceiver(answer: Answering = 200): Promise<TestReceiver> {
  const received: Received[] = [];
  let waiters: { count: number; resolve: () => void }[] = [];
  const receiver = {
    url: "",
    received,
    answer,
    arrived(count: number): Promise<void> {
      if (received.length >= count) return Promise.resolve();
      return new Promise<void>((resolve) => waiters.push({ count, resolve }));
    },
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one: Received = {
        path: request.url ?? "",
        headers: request.headers,
        body: JSON.parse(Buffer.concat(chunks).toString("utf8")) as WebhookBody,
        at: Date.now(),
      };
      received.push(one);
      if (typeof receiver.answer === "function") receiver.answer(response, one);
      else response.writeHead(receiver.answer).end();
      for (const waiter of waiters) if (received.length >= waiter.count) waiter.resolve();
      waiters = waiters.filter((waiter) => received.length < waiter.count);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return receiver;
}
