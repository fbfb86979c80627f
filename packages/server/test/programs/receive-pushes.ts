import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { systemClock } from "../../src/model/index.ts";
import { createLogReceiver, createTraceReceiver } from "../../src/receive/index.ts";
import type { LogProtocol, TraceProtocol } from "../../src/receive/index.ts";
import { createSelfMetrics } from "../../src/self/index.ts";
import { openTelemetry } from "../../src/store/index.ts";

// For killed-pushes.test.ts: takes pushes of every protocol (/logs/PROTOCOL, /traces/PROTOCOL) into the
// store of a folder, until it is killed. Says its port.
const [dir = ""] = process.argv.slice(2);
const log = pino({ level: "silent" });
const telemetry = await openTelemetry({ dir, log });
const metrics = createSelfMetrics("test");
const logs = createLogReceiver({ logs: telemetry.logs, clock: systemClock, metrics });
const traces = createTraceReceiver({ spans: telemetry.spans, clock: systemClock, metrics });
const server = createServer((request, response) => {
  const [, signal, protocol = ""] = (request.url ?? "").split("/");
  const push = {
    contentType: request.headers["content-type"],
    contentEncoding: undefined,
    query: new URLSearchParams(),
    body: request,
  };
  const received =
    signal === "logs"
      ? logs.receive(protocol as LogProtocol, push)
      : traces.receive(protocol as TraceProtocol, push);
  received.then(
    ({ refused }) => response.writeHead(refused === 0 ? 200 : 400).end(),
    () => response.writeHead(503).end(),
  );
});
server.listen(0, "127.0.0.1", () => {
  console.log(String((server.address() as AddressInfo).port));
});
