import type { DestinationStream } from "pino";
import { currentRequest } from "../context.ts";

type Mixin = (...args: unknown[]) => object;
type Copy = (line: string) => void;
type Stream = DestinationStream & { flush?(done?: () => void): void; flushSync?(): void };

/** What is set in a logger of pino's under symbols. */
type Inner = Record<symbol, unknown>;

/** Whose lines go where already: loggers share streams, and may be joined twice. */
const copied = new WeakMap<Stream, Set<Copy>>();
const ownMixins = new WeakSet<Mixin>([contextFields]);

/** What the line of a request says of it. */
export function contextFields(): { requestId?: string | undefined; traceId?: string } {
  const request = currentRequest();
  return request === undefined ? {} : { requestId: request.requestId, traceId: request.traceId };
}

/**
 * Gives a logger of the application's own the context's fields, and hands its lines on. What is no
 * logger of pino's, of whatever copy and version, is left alone; a second time changes nothing.
 */
export function joinLogger(logger: object, copy: Copy | undefined): void {
  const inner = logger as Inner;
  const mixinAt = symbolIn(logger, "pino.mixin");
  const streamAt = symbolIn(logger, "pino.stream");
  if (mixinAt === undefined || streamAt === undefined) return;
  const mixin = inner[mixinAt] as Mixin | undefined;
  if (mixin === undefined) inner[mixinAt] = contextFields;
  else if (!ownMixins.has(mixin)) {
    const both: Mixin = (...args) => ({ ...contextFields(), ...mixin.apply(logger, args) });
    ownMixins.add(both);
    inner[mixinAt] = both;
  }
  if (copy !== undefined) inner[streamAt] = copying(inner[streamAt] as Stream, copy);
}

/** A stream that writes to `stream` and hands each line on. */
export function withCopy(stream: Stream, copy: Copy | undefined): Stream {
  if (copy === undefined) return stream;
  const both: Stream = Object.assign(
    {
      write: (line: string) => {
        copy(line);
        stream.write(line);
      },
      flush: (done?: () => void) => {
        if (stream.flush === undefined) done?.();
        else stream.flush(done);
      },
    },
    stream.flushSync === undefined ? {} : { flushSync: () => stream.flushSync?.() },
  );
  copied.set(both, new Set([copy]));
  return both;
}

/** The stream that a logger has, from now on with a copy of what is written to it. */
function copying(stream: Stream, copy: Copy): Stream {
  const copies = copied.get(stream) ?? new Set<Copy>();
  if (copies.has(copy)) return stream;
  // To these others write, too, the kit among them.
  if (stream === process.stdout || stream === process.stderr) return withCopy(stream, copy);
  const write = stream.write.bind(stream);
  stream.write = (line) => {
    copy(line);
    write(line);
  };
  copied.set(stream, copies.add(copy));
  return stream;
}

/** Each copy of pino has symbols of its own, of the same names. */
function symbolIn(logger: object, description: string): symbol | undefined {
  for (
    let at: object | null = logger;
    at !== null;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    const found = Object.getOwnPropertySymbols(at).find((each) => each.description === description);
    if (found !== undefined) return found;
  }
  return undefined;
}
