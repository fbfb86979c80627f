import { maxSnapshot } from "./values.ts";

/** One server-sent event. */
export interface ServerEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/**
 * Reads server-sent events from text that comes in pieces (WHATWG HTML, "Interpreting an event stream").
 * Throws when an event is longer than any that is sent here.
 */
export class EventReader {
  #rest = "";
  #id: string | undefined;
  #data: string[] = [];
  #size = 0;

  /** The events that are whole with this piece. */
  read(piece: string): readonly ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line, events);
    if (this.#rest.length + this.#size > 2 * maxSnapshot)
      throw new Error("an event of the controls is too long");
    return events;
  }

  #line(line: string, events: ServerEvent[]): void {
    if (line === "") {
      if (this.#data.length > 0) events.push({ id: this.#id, data: this.#data.join("\n") });
      this.#data = [];
      this.#size = 0;
      return;
    }
    const at = line.indexOf(":");
    if (at === 0) return;
    const name = at === -1 ? line : line.slice(0, at);
    const value = at === -1 ? "" : line.slice(at + 1).replace(/^ /, "");
    if (name === "data") {
      this.#data.push(value);
      this.#size += value.length;
    } else if (name === "id" && !value.includes("\0")) this.#id = value;
  }
}
