import type { IncomingMessage, ServerResponse } from "node:http";
import { sendAnswer } from "../http/answer.ts";
import { problemAnswer } from "../http/problem.ts";
import { isCleanTarget, lastOfEach, sanitise, UncleanInput } from "./sanitise.ts";

export interface InputFilterOptions {
  /** Query parameters that may be given several times. Others keep their last value. */
  readonly lists?: readonly string[];
}

/** What a framework's parsers have made of a request. */
interface ParsedRequest {
  body?: unknown;
  query?: unknown;
  params?: unknown;
}

/** Cleans what parsers made of a request: see {@link sanitise} and {@link lastOfEach}. */
export class InputFilter {
  readonly #lists: readonly string[];

  constructor(options: InputFilterOptions = {}) {
    this.#lists = options.lists ?? [];
  }

  /** Middleware for Express, after the body parsers. Path parameters are checked in the URL. */
  express(): (
    request: IncomingMessage & ParsedRequest,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ) => void {
    return (request, response, next) => {
      if (!isCleanTarget(request.url ?? "")) {
        sendAnswer(badTarget, request, response);
        return;
      }
      try {
        if (request.body !== undefined) request.body = sanitise(request.body);
        // Express 5 parses the query anew each time it is read.
        const value = this.#query(request.query);
        const descriptor = { value, configurable: true, enumerable: true, writable: true };
        if (request.query !== undefined) Object.defineProperty(request, "query", descriptor);
      } catch (error) {
        if (!(error instanceof UncleanInput)) throw error;
        sendAnswer(problemAnswer(400, error.message), request, response);
        return;
      }
      next();
    };
  }

  /** A hook for Fastify: `app.addHook("preValidation", filter.fastify())`. */
  fastify(): (
    request: ParsedRequest & { readonly raw: IncomingMessage },
    reply: unknown,
    done: (error?: Error) => void,
  ) => void {
    return (request, _reply, done) => {
      try {
        if (!isCleanTarget(request.raw.url ?? "")) throw new UncleanInput(badTargetTitle);
        request.body = sanitise(request.body);
        request.query = this.#query(request.query);
        request.params = sanitise(request.params);
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error("the input could not be cleaned"));
      }
    };
  }

  #query(query: unknown): unknown {
    return typeof query === "object" && query !== null
      ? lastOfEach(sanitise(query) as object, this.#lists)
      : query;
  }
}

const badTargetTitle = "The address has characters that are not allowed";
const badTarget = problemAnswer(400, badTargetTitle);
