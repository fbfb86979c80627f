import type { Logger } from "pino";
import type { EndedRequest } from "../http/ended-requests.ts";
import type { Logs } from "./logger.ts";

/** What is logged of a request. */
export type Logged = Pick<
  EndedRequest,
  "requestId" | "traceId" | "method" | "url" | "status" | "milliseconds" | "timestamp" | "error"
>;

/** The ends of lines by the thousandths of their duration, so that no fraction is written as text. */
const ends = Array.from(
  { length: 1_000 },
  (_, index) => `.${String(index).padStart(3, "0")},"message":"request completed"}\n`,
);

/** What stands in JSON as it is: ASCII but for control characters, quotes and backslashes. */
const plain = /^[ !#-[\]-~]*$/;

/** Writes the line with which each request ends. */
export class RequestLog {
  /** Whether a line may be written some milliseconds later: nothing of it is lost at the process's end. */
  readonly mayWait: boolean;
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
    const { logger, destination, output } = logs;
    this.mayWait = output !== undefined;
    this.#logger = logger;
    this.#write = destination === undefined ? undefined : (line) => destination.write(line);
    const { service, environment } = about;
    this.#bindings = JSON.stringify({ service, environment }).slice(1, -1);
  }

  write(end: Logged): void {
    if (end.status >= 500) this.#failed(end);
    else if (this.#logger.isLevelEnabled("info")) this.#completed(end);
  }

  /**
   * Nearly all requests: the line that pino would write, put together by hand, of as few pieces as
   * can be: each costs an allocation here and a visit when the line is sent.
   */
  #completed(end: Logged): void {
    if (this.#write === undefined) {
      this.#logger.info(fieldsOf(end), "request completed");
      return;
    }
    const { url } = end;
    const thousandths = thousandthsOf(end);
    this.#write(
      this.#begin(end.timestamp) +
        end.requestId +
        '","traceId":"' +
        end.traceId +
        this.#method(end.method) +
        (plain.test(url) ? url : JSON.stringify(url).slice(1, -1)) +
        this.#status(end.status) +
        Math.floor(thousandths / 1_000) +
        (ends[thousandths % 1_000] ?? ""),
    );
  }

  #begin(stamp: string): string {
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

  #failed(end: Logged): void {
    const { error } = end;
    const line = fieldsOf(end);
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

/** The fields of a line; pino adds the others. */
function fieldsOf(end: Logged) {
  const { requestId, traceId, method, url, status: statusCode } = end;
  return { requestId, traceId, method, url, statusCode, duration: thousandthsOf(end) / 1_000 };
}

/** How long a request took, in microseconds: thousandths of what its line says. */
function thousandthsOf({ milliseconds }: Logged): number {
  return Math.round(milliseconds * 1_000);
}
