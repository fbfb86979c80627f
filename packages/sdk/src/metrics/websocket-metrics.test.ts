import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { Registry } from "prom-client";
import { expect, test, vi } from "vitest";
import { WebSocketMetrics } from "./websocket-metrics.ts";

async function copyOfTheModule(): Promise<typeof WebSocketMetrics> {
  vi.resetModules();
  return (await import("./websocket-metrics.ts")).WebSocketMetrics;
}

test.each(["before", "after"])(
  "kits that share a server do not keep each other's listener: the application's came %s them",
  async (came) => {
    const Copy = await copyOfTheModule();
    expect(Copy).not.toBe(WebSocketMetrics);
    const registries = [new Registry(), new Registry(), new Registry()] as const;
    const kits = [
      new WebSocketMetrics(registries[0]),
      new WebSocketMetrics(registries[1]),
      new Copy(registries[2]),
    ];
    const open = () =>
      Promise.all(
        registries.map(async (registry) => {
          const [gauge] = await registry.getMetricsAsJSON();
          return gauge?.values[0]?.value;
        }),
      );
    const server = createServer((_request, response) => void response.end("no"));
    const accept = (_request: IncomingMessage, socket: Duplex): void => {
      socket.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    };
    if (came === "before") server.on("upgrade", accept);
    for (const kit of kits) kit.watch(server);
    expect(server.listenerCount("upgrade")).toBe(came === "before" ? 4 : 0);
    if (came === "after") server.on("upgrade", accept);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const ask = () =>
      get({
        port: (server.address() as AddressInfo).port,
        host: "127.0.0.1",
        headers: { connection: "upgrade", upgrade: "websocket" },
      });
    try {
      const [, socket] = (await once(ask(), "upgrade")) as [IncomingMessage, Duplex];
      expect(await open()).toEqual([1, 1, 1]);
      socket.destroy();
      await vi.waitFor(async () => expect(await open()).toEqual([0, 0, 0]), { timeout: 30_000 });

      server.off("upgrade", accept);
      expect(server.listenerCount("upgrade")).toBe(0);
      const [answer] = (await once(ask(), "response")) as [IncomingMessage];
      expect(answer.statusCode).toBe(200);
      answer.resume();

      server.on("upgrade", accept);
      expect(server.listenerCount("upgrade")).toBe(4);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
);
