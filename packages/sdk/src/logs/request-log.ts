import type { Logger } from "pino";
import { timestamp, type Logs } from "./logger.ts";

/** What is logged of a request that has ended. */
export interface RequestEnd {
  readonly requestId: string;
  readonly traceId: string;
  readonly method: string;
  /** Without the query. */
  readonly url: string;
  readonly statusCode: number;
  /** In milliseconds. */
  readonly duration: number;
  readonly error: unknown;
}

/** The ends of lines by the thousandths of their duration, so that no fraction is written as text. */
const ends = Array.from(
  { length: 1_000 },
  (_, index) => `.${String(index).padStart(3, "0")},"message":"request completed"}\n`,
);

/** What stands in JSON as it is: ASCII but for control characters, quotes and backslashes. */
const plain = /^[ !#-[\]-~]*$/;

/** Writes the line with which each request ends. */
export class RequestLog {
  readonly #logger: Logger;
  readonly #write: ((line: string) => void) | undefined;
  readonly #bindings: string;
  #stamp = "";
  /** The line's beginning, the same for all lines of a millisecond. */
  #start = "";
  /** What stands between the trace and the URL, by method. */
  readonly #methods = new Map<string, string>();
  /** What stands between the URL and the duration, by status. */
  readonly #statuses: string[] = [];

  constructor(logs: Logs, about: { readonly service: string; readonly environment: string }) {
    const { logger, destination } = logs;
    this.#logger = logger;
    this.#write = destination === undefined ? undefined : (line) => destination.write(line);
    const { service, environment } = about;
    this.#bindings = JSON.stringify({ service, environment }).slice(1, -1);
  }

  write(end: RequestEnd): void {
    if (end.statusCode >= 500) this.#failed(end);
    else if (this.#logger.isLevelEnabled("info")) this.#completed(end);
  }

  /**
   * Nearly all requests: the line that pino would write, put together by hand, of as few pieces as
   * can be: each costs an allocation here and a visit when the line is sent.
   */
  #completed(end: RequestEnd): void {
    if (this.#write === undefined) {
      const { error: _, ...line } = end;
      this.#logger.info(line, "request completed");
      return;
    }
    const { url } = end;
    const thousandths = Math.round(end.duration * 1_000);
    this.#write(
      this.#begin() +
        end.requestId +
        '","traceId":"' +
        end.traceId +
        this.#method(end.method) +
        (plain.test(url) ? url : JSON.stringify(url).slice(1, -1)) +
        this.#status(end.statusCode) +
        Math.floor(thousandths / 1_000) +
        (ends[thousandths % 1_000] ?? ""),
    );
  }

  #begin(): string {
    const stamp = timestamp();
    if (stamp !== this.#stamp) {
      this.#stamp = stamp;
      this.#start = `{"level":"info","timestamp":"${stamp}",${this.#bindings},"requestId":"`;
    }
    return this.#start;
  }

  #method(method: string): string {
    const known = this.#methods.get(method);
    if (known !== undefined) return known;
    const made = `","method":${JSON.stringify(method)},"url":"`;
    // Node's parser knows some forty methods.
    if (this.#methods.size < 100) this.#methods.set(method, made);
    return made;
  }

  #status(status: number): string {
    return (this.#statuses[status] ??= `","statusCode":${status},"duration":`);
  }

  #failed({ error, ...line }: RequestEnd): void {
    if (error !== undefined)
      try {
        this.#logger.error({ ...line, err: error }, "request failed");
        return;
      } catch {
        // An error that cannot be told: its request can.
      }
    this.#logger.error(line, "request failed");
  }
}
