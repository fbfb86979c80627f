// The usual stack made by hand, as each of its parts is documented: OpenTelemetry's automatic
// instrumentation with its OTLP exporter, prom-client, pino-http and Sentry for errors. Its packages
// are in ./stack, which is no workspace: npm install --prefix bench/sdk/stack --no-package-lock
import { createRequire } from "node:module";

export const require = createRequire(new URL("./stack/package.json", import.meta.url));

const Sentry = require("@sentry/node");
// OpenTelemetry is set up beside it, so Sentry is told to leave that alone.
Sentry.init({
  dsn: `${process.env.SEAWORTHY_URL.replace("://", "://key@")}/1`,
  skipOpenTelemetrySetup: true,
});
process.env.OTEL_METRICS_EXPORTER = "none";
process.env.OTEL_LOGS_EXPORTER = "none";
process.env.OTEL_NODE_RESOURCE_DETECTORS = "none";
require("@opentelemetry/auto-instrumentations-node/register");

const client = require("prom-client");
const labelNames = ["method", "path", "status"];
client.collectDefaultMetrics();
const requests = new client.Counter({ name: "http_requests_total", help: "Requests.", labelNames });
const seconds = new client.Histogram({
  name: "http_request_duration_seconds",
  help: "Durations.",
  labelNames,
});

const record = (request, response, path, started) => {
  const labels = { method: request.method, path, status: response.statusCode };
  requests.inc(labels);
  seconds.observe(labels, Number(process.hrtime.bigint() - started) / 1e9);
};

export function fastify(app) {
  const log = require("pino-http")();
  app.addHook("onRequest", (request, reply, next) => {
    const started = process.hrtime.bigint();
    log(request.raw, reply.raw);
    reply.raw.once("finish", () =>
      record(request, reply.raw, request.routeOptions.url ?? "unmatched", started),
    );
    next();
  });
  Sentry.setupFastifyErrorHandler(app);
}

export function express(app) {
  app.use(require("pino-http")());
  app.use((request, response, next) => {
    const started = process.hrtime.bigint();
    response.once("finish", () =>
      record(request, response, request.route?.path ?? "unmatched", started),
    );
    next();
  });
}
