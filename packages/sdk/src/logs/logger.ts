import { pino, symbols, type DestinationStream, type Logger, type LoggerOptions } from "pino";
import { currentRequest } from "../context.ts";
import type { Settings } from "../options.ts";
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

function contextFields(): { requestId?: string | undefined; traceId?: string } {
  const request = currentRequest();
  return request === undefined ? {} : { requestId: request.requestId, traceId: request.traceId };
}

/** A destination that writes to `destination` and hands each line on. */
function withCopy(
  destination: DestinationStream & { flush?(done?: () => void): void; flushSync?(): void },
  copy: ((line: string) => void) | undefined,
): DestinationStream {
  if (copy === undefined) return destination;
  return Object.assign(
    {
      write: (line: string) => {
        copy(line);
        destination.write(line);
      },
      flush: (done?: () => void) => {
        if (destination.flush === undefined) done?.();
        else destination.flush(done);
      },
    },
    destination.flushSync === undefined ? {} : { flushSync: () => destination.flushSync?.() },
  );
}

/** Gives a logger of the application's own the context's fields, and hands its lines on. */
function joinLogger(logger: Logger, copy: ((line: string) => void) | undefined): void {
  const inner = logger as Logger & {
    [symbols.mixinSym]?: (...args: unknown[]) => object;
    [symbols.streamSym]?: DestinationStream;
  };
  const { [symbols.mixinSym]: mixin, [symbols.streamSym]: stream } = inner;
  inner[symbols.mixinSym] =
    mixin === undefined
      ? contextFields
      : (...args) => ({ ...contextFields(), ...mixin.apply(logger, args) });
  if (copy === undefined || stream === undefined) return;
  const write = stream.write.bind(stream);
  stream.write = (line) => {
    copy(line);
    write(line);
  };
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
