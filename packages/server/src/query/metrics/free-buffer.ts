import { MessageChannel } from "node:worker_threads";

/** Smaller ones may be parts of what Node keeps for many; they cost nothing worth mentioning. */
const WORTHWHILE = 65_536;

const { port1: nowhere, port2: other } = new MessageChannel();
nowhere.close();
other.close();

/**
 * Frees a buffer's memory now; all views of it are empty then. Left to the collector, the megabytes of
 * long answers make it run many times a query, which took a fifth of a heavy query's time. Node 20
 * cannot free a buffer; one that is handed over to a port that nobody listens to is gone, though.
 */
export function freeBuffer(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= WORTHWHILE) {
    nowhere.postMessage(undefined, [buffer]);
  }
}
