import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { EventEmitter, once } from "node:events";

/** A notification as it arrived. */
export interface Received {
  readonly path: string;
  readonly at: number;
  readonly idempotencyKey: string | undefined;
  readonly body: {
    readonly status?: string;
    readonly groupKey?: string;
    readonly text?: string;
    readonly idempotencyKey?: string;
    readonly attachments?: readonly {
      readonly title?: string;
      readonly text?: string;
      readonly fallback?: string;
    }[];
    readonly alerts?: readonly {
      readonly status: string;
      readonly labels: Record<string, string>;
    }[];
  };
}

/** A place for notifications to arrive: `/webhook` and `/slack`, as the real ones answer. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Waits until some notification satisfies `wanted`, from now or before. Rejects after `ms`. */
  waitFor(
    what: string,
    wanted: (notification: Received) => boolean,
    ms?: number,
  ): Promise<Received>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const arrivals = new EventEmitter();
  arrivals.setMaxListeners(0);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const key = request.headers["idempotency-key"];
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Received["body"];
      received.push({
        path: request.url ?? "",
        at: Date.now(),
        idempotencyKey: body.idempotencyKey ?? (typeof key === "string" ? key : undefined),
        body,
      });
      response.end("ok");
      arrivals.emit("arrival");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async waitFor(what, wanted, ms = 60_000) {
      const deadline = AbortSignal.timeout(ms);
      for (;;) {
        const found = received.find(wanted);
        if (found !== undefined) return found;
        await once(arrivals, "arrival", { signal: deadline }).catch(() => {
          const seen = received.map(
            ({ path, body }) => `${path} ${body.status ?? ""} ${body.groupKey ?? ""}`,
          );
          throw new Error(
            `no ${what} arrived within ${ms} ms; what arrived: ${JSON.stringify(seen)}`,
          );
        });
      }
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
