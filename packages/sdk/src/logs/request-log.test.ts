import { pino } from "pino";
import { expect, test } from "vitest";
import { createKit } from "../kit.ts";
import { LogLines } from "../../test/log-lines.ts";
import { createLogger } from "./logger.ts";
import { RequestLog, type Logged } from "./request-log.ts";
import { resolveOptions } from "../options.ts";

const end: Logged = {
  requestId: "abc-1",
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  method: "GET",
  url: '/odd"\\path\u0001',
  status: 404,
  milliseconds: 1.25,
  timestamp: "2026-11-22T04:00:00.000Z",
  error: undefined,
};

function setUp(options: Parameters<typeof createKit>[0] = {}) {
  const lines = new LogLines();
  const settings = resolveOptions(
    {
      service: 'sh"op',
      environment: "test",
      ...options,
      logs: { destination: lines, ...options.logs },
    },
    () => {},
  );
  const logs = createLogger(settings);
  return { lines, logger: logs.logger, log: new RequestLog(logs, settings) };
}

test("the line put together by hand is the one that pino writes", () => {
  const { lines, logger, log } = setUp();
  log.write(end);
  const { requestId, traceId, method, url } = end;
  const fields = { requestId, traceId, method, url, statusCode: 404, duration: 1.25 };
  logger.info(fields, "request completed");
  const [byHand, byPino] = lines.lines.map((line) => ({ ...line, timestamp: "now" }));
  expect(byHand).toEqual(byPino);
  expect(Object.keys(byHand ?? {})).toEqual(Object.keys(byPino ?? {}));
});

test("failures carry their error", () => {
  const { lines, log } = setUp();
  log.write({ ...end, status: 503, error: new RangeError("too far") });
  expect(lines.lines[0]).toMatchObject({
    level: "error",
    message: "request failed",
    statusCode: 503,
    err: { type: "RangeError", message: "too far" },
  });
});

test("follows the logger's level, also when it changes", () => {
  const { lines, logger, log } = setUp({ logs: { level: "warn" } });
  log.write(end);
  expect(lines.lines).toHaveLength(0);
  logger.level = "info";
  log.write(end);
  expect(lines.lines).toHaveLength(1);
});

test("a logger that is joined gets the lines in its own form", () => {
  const lines = new LogLines();
  const { log } = setUp({ logs: { logger: pino({ base: null, messageKey: "text" }, lines) } });
  log.write(end);
  expect(lines.lines[0]).toMatchObject({ level: 30, text: "request completed", url: end.url });
});
