import type { IncomingMessage, ServerResponse } from "node:http";
import { responseOf, type Answer } from "../http/answer.ts";
import { isFormType } from "../http/read-body.ts";
import { problemAnswer } from "../http/problem.ts";
import { knownOptions } from "../known-options.ts";
import { respond } from "../respond.ts";
import { isCleanTarget, lastOfEach, sanitise, UncleanInput } from "./sanitise.ts";

export interface InputFilterOptions {
  /** Parameters of queries and forms that may be given several times. Others keep their last value. */
  readonly lists?: readonly string[];
}

/** What a framework's parsers have made of a request. */
interface ParsedRequest {
  body?: unknown;
  query?: unknown;
  params?: unknown;
  readonly url?: string | undefined;
  readonly headers?: unknown;
}

/** What is used of Koa's context; `body` is there once a body parser has been. */
interface KoaContext {
  readonly request: ParsedRequest & { readonly url: string };
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  respond?: boolean | undefined;
}

/** What is used of Hono's context, whose requests are parsed when somebody asks. */
interface HonoContext {
  readonly req: {
    readonly url: string;
    json(): Promise<unknown>;
    parseBody(options?: object): Promise<unknown>;
    query(key?: string): unknown;
    queries(key?: string): unknown;
  };
}

/** Cleans what parsers made of a request: see {@link sanitise} and {@link lastOfEach}. */
export class InputFilter {
  readonly #lists: readonly string[];

  constructor(options: InputFilterOptions = {}) {
    knownOptions("input filter", options, { lists: true });
    const { lists = [] } = options;
    if (!Array.isArray(lists)) throw new Error("input filter: lists must be a list of names");
    this.#lists = lists;
  }

  /** Middleware for Express, after the body parsers. Path parameters are checked in the URL. */
  express(): (
    request: IncomingMessage & ParsedRequest,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ) => void {
    return (request, response, next) => {
      const answer = this.#cleaned(request);
      if (answer === undefined) next();
      else respond(answer, request, response);
    };
  }

  /** Middleware for Koa, after the body parser: `app.use(filter.koa())`. */
  koa(): (context: KoaContext, next: () => Promise<unknown>) => Promise<void> {
    return async (context, next) => {
      const answer = this.#cleaned(context.request);
      if (answer === undefined) {
        await next();
        return;
      }
      context.respond = false;
      respond(answer, context.req, context.res);
    };
  }

  /** Middleware for Hono: what handlers and validators read is clean. `app.use(filter.hono())`. */
  hono(): (context: HonoContext, next: () => Promise<void>) => Promise<Response | void> {
    return async ({ req }, next) => {
      const { pathname, search } = new URL(req.url);
      const given = isCleanTarget(pathname + search) ? req.queries() : undefined;
      if (given === undefined) return responseOf(badTarget);
      // Lists of one are no lists for whoever reads a single value.
      const lists = sanitise(given) as Record<string, string[]>;
      const keep = (key: string) =>
        this.#lists.includes(key) ? lists[key] : lists[key]?.slice(-1);
      const [json, parseBody] = [req.json.bind(req), req.parseBody.bind(req)];
      const all = Object.fromEntries(Object.keys(lists).map((key) => [key, keep(key) ?? []]));
      Object.assign(req, {
        json: async () => sanitise(await json()),
        parseBody: async (options?: object) => sanitise(await parseBody(options)),
        query: (key?: string) =>
          key === undefined
            ? Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values.at(-1)]))
            : all[key]?.at(-1),
        queries: (key?: string) => (key === undefined ? all : all[key]),
      });
      return next();
    };
  }

  /**
   * Cleans a request in place, whatever parsed it.
   *
   * @throws UncleanInput for what cannot be cleaned.
   */
  clean(request: ParsedRequest & { readonly raw?: { readonly url?: string | undefined } }): void {
    const target = request.raw?.url ?? request.url ?? "";
    if (!isCleanTarget(target)) throw new UncleanInput(badTargetTitle);
    if (request.body !== undefined) {
      const body = sanitise(request.body);
      // A list in JSON is one that somebody wrote; a form makes one of a name that stands there twice.
      request.body = isForm(request.headers) ? this.#query(body) : body;
    }
    const { query } = request;
    if (query !== undefined) {
      const value = this.#query(query);
      // Express 5 and Koa parse the query anew each time it is read; elsewhere it is clean by now.
      if (!Object.hasOwn(request, "query") || request.query !== value) {
        const descriptor = { value, configurable: true, enumerable: true, writable: true };
        Object.defineProperty(request, "query", descriptor);
      }
    }
    if (request.params !== undefined) request.params = sanitise(request.params);
  }

  #cleaned(request: ParsedRequest): Answer | undefined {
    try {
      this.clean(request);
      return undefined;
    } catch (error) {
      if (!(error instanceof UncleanInput)) throw error;
      return problemAnswer(400, error.message);
    }
  }

  /** A hook for Fastify: `app.addHook("preValidation", filter.fastify())`. */
  fastify(): (
    request: ParsedRequest & { readonly raw: IncomingMessage },
    reply: unknown,
    done: (error?: Error) => void,
  ) => void {
    return (request, _reply, done) => {
      try {
        this.clean(request);
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

function isForm(headers: unknown): boolean {
  const { "content-type": type } = (headers ?? {}) as { readonly "content-type"?: unknown };
  return typeof type === "string" && isFormType(type);
}

const badTargetTitle = "The address has characters that are not allowed";
const badTarget = problemAnswer(400, badTargetTitle);
