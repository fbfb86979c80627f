import type { Logger } from "pino";
import { messageOf } from "./model/index.ts";
import type { Clock } from "./model/index.ts";
import { openWaitingRoom } from "./show/index.ts";
import type { StatusFront, WaitingRoom } from "./show/index.ts";

/** The times between attempts to open a database, ms; the last one goes on. */
const PAUSES = [500, 1000, 2000, 5000] as const;

/**
 * Opens something that may not be there, again and again. For a server that has a status page to show
 * meanwhile; one that has never run ends instead, with a word to whoever has mistyped an address.
 */
export async function keepOpening<T>(
  what: string,
  open: () => Promise<T>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await open();
    } catch (error) {
      const pause = PAUSES[Math.min(tries, PAUSES.length - 1)] ?? 0;
      log.error(
        { reason: messageOf(error), pause },
        `${what} cannot be opened; the status page is served as it was last, and it is tried again`,
      );
      await new Promise<void>((resolve) => clock.after(pause, resolve));
    }
  }
}

/**
 * Serves the status page as it was last, from the first moment on. Where the address cannot be had the start
 * goes on without: in the end it says why.
 */
export async function showWhileStarting(options: {
  readonly host: string;
  readonly port: number;
  readonly front: StatusFront;
  readonly log: Logger;
}): Promise<WaitingRoom> {
  const { front, log, host, port } = options;
  try {
    await front.settled();
    const room = await openWaitingRoom(options);
    const at = new Date(front.world?.at ?? 0).toISOString();
    log.info({ host, port, at }, "the status page is served as it was last until all is open");
    return room;
  } catch (error) {
    log.warn({ reason: messageOf(error) }, "the status page is not served while all is opened");
    return { close: () => Promise.resolve() };
  }
}
