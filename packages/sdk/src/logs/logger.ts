import { pino, type DestinationStream, type Logger, type LoggerOptions } from "pino";
import type { Settings } from "../options.ts";
import { contextFields, joinLogger, withCopy } from "./join.ts";
import { standardOutput, type Output } from "./output.ts";

/** The logger, and where its lines go when they are the kit's own to write. */
export interface Logs {
  readonly logger: Logger;
  readonly destination: DestinationStream | undefined;
  /** Standard output, where that is the destination. */
  readonly output?: Output | undefined;
}

/**
 * Makes the logger: one JSON object a line with `timestamp` (ISO 8601), `level` (a word),
 * `message`, `service`, `environment` and, inside a request, `requestId` and `traceId`.
 *
 * @param copy gets each line as well.
 * @throws when pino does not accept the level or the destination.
 */
export function createLogger(settings: Settings, copy?: (line: string) => void): Logs {
  const { logger, level } = settings.logs;
  if (logger !== undefined) {
    joinLogger(logger, copy);
    return { logger, destination: undefined };
  }
  const options: LoggerOptions = {
    level: level ?? "info",
    messageKey: "message",
    base: { service: settings.service, environment: settings.environment },
    timestamp: () => `,"timestamp":"${timestamp()}"`,
    formatters: { level: (label) => ({ level: label }) },
    mixin: contextFields,
  };
  const writing = (stream: DestinationStream) => {
    const destination = withCopy(stream, copy);
    return { logger: pino(options, destination), destination };
  };
  const { destination } = settings.logs;
  if (destination !== undefined) return writing(destination);
  const output = standardOutput();
  return { ...writing(output), output };
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
