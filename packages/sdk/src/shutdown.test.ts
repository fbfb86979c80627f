import { once } from "node:events";
import { Agent, createServer, get, type RequestListener, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import Fastify from "fastify";
import { expect, test } from "vitest";
import { startProgram } from "../../server/test/program.ts";
import { createKit } from "./kit.ts";
import { gracefulShutdown, type ShutdownOptions } from "./shutdown.ts";

async function setUp(
  listener: RequestListener,
  options: Partial<ShutdownOptions> = {},
): Promise<{
  server: Server;
  url: string;
  codes: number[];
  kit: ReturnType<typeof createKit>;
  shutdown: ReturnType<typeof gracefulShutdown>;
}> {
  const server = createServer(listener);
  const kit = createKit({ logs: { level: "silent" } });
  const codes: number[] = [];
  const shutdown = gracefulShutdown(kit, {
    server,
    readyDelayMs: 0,
    signals: [],
    exit: (code) => codes.push(code),
    ...options,
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, url, codes, kit, shutdown };
}

test("not ready first, then no connections, responses finished, then close, then the exit", async () => {
  const order: string[] = [];
  let finish: () => void = () => {};
  const { server, url, codes, kit, shutdown } = await setUp(
    (_request, response) => {
      finish = () => {
        order.push(`answered, ready ${!kit.health.draining}, listening ${server.listening}`);
        response.end("done");
      };
    },
    { close: () => order.push("closed") },
  );
  const reached = once(server, "request");
  const agent = new Agent({ keepAlive: true });
  const answered = new Promise<string>((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.setEncoding("utf8");
      response.once("data", resolve);
    }).on("error", reject);
  });
  await reached;
  const ended = shutdown.begin("SIGTERM");
  expect(shutdown.begin()).toBe(ended);
  while (server.listening) await new Promise((resolve) => setImmediate(resolve));
  await expect(fetch(url)).rejects.toThrow("fetch failed");
  finish();
  expect(await answered).toBe("done");
  expect(await ended).toBe(0);
  expect(order).toEqual(["answered, ready false, listening false", "closed"]);
  expect(codes).toEqual([0]);
  agent.destroy();
});

test("what does not end in time is cut, upgraded connections included, and the code says so", async () => {
  const { server, url, codes, shutdown } = await setUp(() => {}, { timeoutMs: 50 });
  server.on("upgrade", (_request, socket) => socket.write("HTTP/1.1 101 x\r\n\r\n"));
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
  await once(socket, "data");
  const cut = once(socket, "close");
  expect(await shutdown.begin()).toBe(1);
  await cut;
  expect(codes).toEqual([1]);
});

test("WebSockets and event streams are asked to end, and then nothing is cut", async () => {
  for (const fails of [false, true]) {
    const ends: (() => unknown)[] = [];
    const order: string[] = [];
    const { server, url, codes, shutdown } = await setUp(
      (_request, response) => {
        response.write("data: x\n\n");
        ends.push(() => response.end());
      },
      {
        timeoutMs: 5_000,
        disconnect: () => {
          order.push(`asked, listening ${server.listening}`);
          for (const end of ends) end();
          if (fails) throw new Error("no");
        },
        close: () => order.push("closed"),
      },
    );
    server.on("upgrade", (_request, socket) => {
      socket.write("HTTP/1.1 101 x\r\n\r\n");
      ends.push(() => socket.end());
    });
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    await once(socket, "data");
    const stream = await fetch(url);
    expect(await shutdown.begin()).toBe(0);
    expect(await stream.text()).toBe("data: x\n\n");
    expect([order, codes]).toEqual([["asked, listening false", "closed"], [0]]);
  }
});

test("a close that throws costs the code, not the end", async () => {
  const { codes, shutdown } = await setUp(() => {}, {
    close: () => Promise.reject(new Error("pool")),
  });
  expect(await shutdown.begin()).toBe(1);
  expect(codes).toEqual([1]);
});

test("Fastify is closed through itself, so that its own hooks run", async () => {
  const app = Fastify();
  const order: string[] = [];
  app.addHook("onClose", async () => {
    order.push("onClose");
  });
  const kit = createKit({ logs: { level: "silent" } });
  const shutdown = gracefulShutdown(kit, {
    server: app,
    readyDelayMs: 0,
    signals: [],
    exit: (code) => order.push(`exit ${code}`),
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  await shutdown.begin();
  expect(order).toEqual(["onClose", "exit 0"]);
});

test("signals begin it, a second one ends at once, and the handlers can be taken away", async () => {
  const { codes, kit, shutdown } = await setUp(() => {}, {
    signals: ["SIGUSR2"],
    readyDelayMs: 60_000,
    timeoutMs: 20,
  });
  process.kill(process.pid, "SIGUSR2");
  while (!kit.health.draining) await new Promise((resolve) => setImmediate(resolve));
  const ended = shutdown.begin();
  process.emit("SIGUSR2", "SIGUSR2");
  expect(codes).toEqual([1]);
  await ended;
  shutdown.dispose();
  expect(process.listenerCount("SIGUSR2")).toBe(0);
});

test("a process that gets SIGTERM: not ready, then drained, then gone with 0", async () => {
  const program = startProgram(new URL("../test/programs/stoppable.ts", import.meta.url));
  const url = await program.nextLine();
  const exited = once(program.child, "exit");
  const slow = fetch(`${url}/slow`).then((response) => response.text());
  expect(await program.nextLine()).toBe("reached");
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  program.child.kill("SIGTERM");
  expect(await program.nextLine()).toBe("waiting to be noticed");
  // Not ready, and still serving, so that load balancers can notice.
  expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  program.child.stdin?.write("noticed\n");
  await untilRefused(url);
  program.child.stdin?.write("finish\n");
  expect(await slow).toBe("done");
  expect(await program.nextLine()).toBe("closed");
  expect(await exited).toEqual([0, null]);
});

/** Resolves as soon as nobody takes connections there. */
async function untilRefused(url: string): Promise<void> {
  for (let code: unknown; code !== "ECONNREFUSED";) {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    // What is in the queue as the port is closed is reset: the next one is refused.
    code = await once(socket, "connect").then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
    socket.destroy();
  }
}
