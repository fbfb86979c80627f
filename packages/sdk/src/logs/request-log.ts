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

/** Writes the line with which each request ends. */
export class RequestLog {
  readonly #logger: Logger;
  readonly #write: ((line: string) => void) | undefined;
  readonly #bindings: string;

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

  /** Nearly all requests: the line that pino would write, put together by hand. */
  #completed({ requestId, traceId, method, url, statusCode, duration }: RequestEnd): void {
    if (this.#write === undefined) {
      this.#logger.info(
        { requestId, traceId, method, url, statusCode, duration },
        "request completed",
      );
      return;
    }
    this.#write(
      `{"level":"info","timestamp":"${timestamp()}",${this.#bindings},"requestId":"${requestId}",` +
        `"traceId":"${traceId}","method":"${method}","url":${JSON.stringify(url)},"statusCode":${statusCode},"duration":${duration},` +
        `"message":"request completed"}\n`,
    );
  }

  #failed({ error, ...line }: RequestEnd): void {
    this.#logger.error(error === undefined ? line : { ...line, err: error }, "request failed");
  }
}
