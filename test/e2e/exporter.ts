import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

/** A scrape target that counts its scrapes, and remembers when it answered each. */
export interface Exporter {
  readonly target: string;
  /** When the scrape that carried value n + 1 was answered. */
  readonly answeredAt: readonly number[];
  close(): Promise<void>;
}

export async function startExporter(): Promise<Exporter> {
  const answeredAt: number[] = [];
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    const count = answeredAt.length + 1;
    response.end(`# TYPE scrape_number gauge\nscrape_number ${count}\n`, () => {
      answeredAt.push(Date.now());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    answeredAt,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
