import { pino, type Logger, type LoggerOptions } from "pino";
import { currentRequest } from "./context.ts";
import type { Settings } from "./options.ts";

/**
 * Makes the logger: one JSON object a line with `timestamp` (ISO 8601), `level` (a word),
 * `message`, `service`, `environment` and, inside a request, `requestId`.
 *
 * @throws when pino does not accept the level or the destination.
 */
export function createLogger(settings: Settings): Logger {
  const { logger, level, destination } = settings.logs;
  if (logger !== undefined) return logger;
  const options: LoggerOptions = {
    level: level ?? "info",
    messageKey: "message",
    base: { service: settings.service, environment: settings.environment },
    timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => {
      const request = currentRequest();
      return request === undefined ? {} : { requestId: request.requestId };
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** A logger that says nothing: what is left when the wanted one cannot be made. */
export function silentLogger(): Logger {
  return pino({ level: "silent" });
}
