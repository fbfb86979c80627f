import { EventEmitter, once } from "node:events";

export type Line = Readonly<Record<string, unknown>>;

/** A destination for pino that keeps the lines and can be awaited. */
export class LogLines {
  readonly lines: Line[] = [];
  readonly #events = new EventEmitter();

  write(text: string): void {
    this.lines.push(JSON.parse(text) as Line);
    this.#events.emit("line");
  }

  /** Resolves with the first line, written or yet to come, for which `wanted` holds. */
  async find(wanted: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const found = this.lines.find(wanted);
      if (found !== undefined) return found;
      await once(this.#events, "line");
    }
  }

  /** Resolves with the line that the kit writes when a request has ended. */
  request(requestId: string): Promise<Line> {
    return this.find((line) => line["requestId"] === requestId && "statusCode" in line);
  }
}
