import { currentContext } from "../context.ts";
import type { LogData } from "../export/otlp.ts";
import { exceptionRecord, type CaptureOptions } from "./exception.ts";
import { Scope, type Breadcrumb, type User } from "./scope.ts";

/** The application's errors, each with what is known of its request and of the process. */
export class Errors {
  readonly #sink: (record: LogData) => void;
  readonly #process = new Scope();

  constructor(sink: (record: LogData) => void) {
    this.#sink = sink;
  }

  /** Names the user of the current request, for the errors that follow in it. */
  setUser(user: User | undefined): void {
    this.#scope().user = user;
  }

  /** Tags the errors that follow in the current request, or outside of one in the process. */
  setTag(name: string, value: string | number | boolean): void {
    this.#scope().tag(name, value);
  }

  addBreadcrumb(breadcrumb: Breadcrumb): void {
    this.#scope().breadcrumb(breadcrumb);
  }

  /** Sends an error with the scope of its request, by default the one that is being served. */
  capture(error: unknown, options: CaptureOptions = {}, context = currentContext()): void {
    const scope = context?.trace.scope;
    const scopes = scope === undefined ? [this.#process] : [this.#process, scope];
    this.#sink(exceptionRecord(error, options, context, scopes));
  }

  #scope(): Scope {
    const trace = currentContext()?.trace;
    if (trace === undefined) return this.#process;
    trace.scope ??= new Scope();
    return trace.scope;
  }
}
