import { messageOf } from "./model/index.ts";

type Closable = { close(): Promise<void> } | { stop(): Promise<void> | void };

/**
 * What has been opened and must be closed, newest first: used when the platform stops and when its
 * start fails half way. One that fails to close does not keep the others open.
 */
export class Closers {
  readonly #open: { readonly name: string; readonly thing: Closable }[] = [];

  /** Remembers to close, or stop, what has just been opened, or started. */
  add(name: string, thing: Closable): void {
    this.#open.push({ name, thing });
  }

  /** Awaits something that is being opened, and remembers to close it. */
  async opening<T extends Closable>(name: string, opening: Promise<T>): Promise<T> {
    const opened = await opening;
    this.add(name, opened);
    return opened;
  }

  /** Closes everything. Rejects at the end with all that went wrong. */
  async close(): Promise<void> {
    const failures: string[] = [];
    for (let item = this.#open.pop(); item !== undefined; item = this.#open.pop()) {
      try {
        await ("close" in item.thing ? item.thing.close() : item.thing.stop());
      } catch (error) {
        failures.push(`${item.name}: ${messageOf(error)}`);
      }
    }
    if (failures.length > 0) throw new Error(`not everything closed well: ${failures.join("; ")}`);
  }
}
