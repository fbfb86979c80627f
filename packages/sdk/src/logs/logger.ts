import { pino, type DestinationStream, type Logger, type LoggerOptions } from "pino";
import { currentRequest } from "../context.ts";
import type { Settings } from "../options.ts";
import { standardOutput } from "./output.ts";

/** The logger, and where its lines go when they are the kit's own to write. */
export interface Logs {
  readonly logger: Logger;
  readonly destination: DestinationStream | undefined;
}

/**
 * Makes the logger: one JSON object a line with `timestamp` (ISO 8601), `level` (a word),
 * `message`, `service`, `environment` and, inside a request, `requestId`.
 *
 * @throws when pino does not accept the level or the destination.
 */
export function createLogger(settings: Settings): Logs {
  const { logger, level } = settings.logs;
  if (logger !== undefined) return { logger, destination: undefined };
  const options: LoggerOptions = {
    level: level ?? "info",
    messageKey: "message",
    base: { service: settings.service, environment: settings.environment },
    timestamp: () => `,"timestamp":"${timestamp()}"`,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => {
      const request = currentRequest();
      return request === undefined ? {} : { requestId: request.requestId };
    },
  };
  const destination = settings.logs.destination ?? standardOutput();
  return { logger: pino(options, destination), destination };
}

/** A logger that says nothing: what is left when the wanted one cannot be made. */
export function silentLogs(): Logs {
  return { logger: pino({ level: "silent" }), destination: undefined };
}

let stampedAt = 0;
let stamp = "";

/** The time as ISO 8601. Lines of one millisecond share the text. */
export function timestamp(): string {
  const now = Date.now();
  if (now !== stampedAt) {
    stampedAt = now;
    stamp = new Date(now).toISOString();
  }
  return stamp;
}
