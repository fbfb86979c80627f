import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

/** A scrape target that counts its scrapes, and says whether something is at fault with it. */
export interface Exporter {
  readonly target: string;
  /** How many scrapes were answered; the one that carried value n was the n-th. */
  readonly answered: () => number;
  /** Sets the value of its metric `fault`, 0 at first. */
  setFault(on: boolean): void;
  close(): Promise<void>;
}

export async function startExporter(): Promise<Exporter> {
  let answered = 0;
  let fault = 0;
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    const lines = [
      "# TYPE scrape_number gauge",
      `scrape_number ${answered + 1}`,
      "# TYPE fault gauge",
      `fault ${fault}`,
    ];
    response.end(`${lines.join("\n")}\n`, () => {
      answered += 1;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    answered: () => answered,
    setFault(on) {
      fault = on ? 1 : 0;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
