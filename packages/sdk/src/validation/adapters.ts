import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { responseOf, type Answer } from "../http/answer.ts";
import { problemAnswer } from "../http/problem.ts";
import { isFormType, readBody } from "../http/read-body.ts";
import { respond, setHeader } from "../respond.ts";
import { lastOfEach, sanitise, UncleanInput } from "../security/sanitise.ts";
import { checkRequest, type CheckedRequest, type RequestSchemas } from "./request.ts";

const defaultMaxBytes = 1_048_576;
const tooLarge = problemAnswer(413, "The body is too large");
const notReadable = problemAnswer(400, "The body cannot be read");

interface KoaContext {
  readonly params?: unknown;
  readonly headers: unknown;
  readonly request: { readonly query?: unknown; readonly body?: unknown };
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  respond?: boolean | undefined;
}

/** What handlers see of Koa's context where they do not name its own type, `context: Context`. */
interface KoaContextParts extends KoaContext {
  readonly method: string;
  readonly path: string;
  readonly state: Record<string, unknown>;
  body: unknown;
  status: number;
  type: string;
  get(field: string): string | string[];
  set(field: string, value: string): void;
  redirect(url: string): void;
}

/** {@link validated} for Koa, after the body parser: `router.post("/users", validatedKoa(schemas, …))`. */
export function validatedKoa<S extends RequestSchemas, C extends KoaContext = KoaContextParts>(
  schemas: S,
  handler: (input: CheckedRequest<S>, context: C) => unknown,
): (context: C) => Promise<void> {
  return async (context) => {
    const { params, headers, request } = context;
    const { query, body } = request;
    const checked = await checkRequest(schemas, { params, headers, query, body });
    if (checked.ok) {
      await handler(checked.value, context);
      return;
    }
    context.respond = false;
    respond(checked.problem, context.req, context.res);
  };
}

interface HonoContext {
  readonly req: {
    param(): unknown;
    query(): unknown;
    header(): unknown;
    header(name: string): string | undefined;
    json(): Promise<unknown>;
    parseBody(): Promise<unknown>;
  };
}

/** What handlers see of Hono's context where they do not name its own type, `context: Context`. */
interface HonoContextParts extends HonoContext {
  readonly req: HonoContext["req"] & {
    readonly method: string;
    readonly path: string;
    readonly url: string;
    readonly raw: Request;
  };
  json(value: unknown, status?: number): Response;
  text(text: string, status?: number): Response;
  html(html: string, status?: number): Response | Promise<Response>;
  body(body: string | null, status?: number): Response;
  redirect(url: string, status?: number): Response;
  header(name: string, value: string): void;
}

/** {@link validated} for Hono, on any runtime: `app.post("/users", validatedHono(schemas, …))`. */
export function validatedHono<S extends RequestSchemas, C extends HonoContext = HonoContextParts>(
  schemas: S,
  handler: (input: CheckedRequest<S>, context: C) => Response | Promise<Response>,
): (context: C) => Promise<Response> {
  return async (context) => {
    const { req } = context;
    let body: unknown;
    try {
      if (schemas.body !== undefined)
        body = await (isFormType(req.header("content-type") ?? "") ? req.parseBody() : req.json());
    } catch {
      return responseOf(notReadable);
    }
    const [params, query, headers] = [req.param(), req.query(), req.header()];
    const checked = await checkRequest(schemas, { params, query, headers, body });
    return checked.ok ? handler(checked.value, context) : responseOf(checked.problem);
  };
}

export interface ValidatedOptions<Request> {
  /** The path's parameters, where a router has found them. */
  readonly params?: (request: Request) => unknown;
  /** Query parameters that may be given several times. Others keep their last value. */
  readonly lists?: readonly string[];
  /** Most bytes of a body. Default: 1 MiB. */
  readonly maxBytes?: number;
}

/** {@link validated} for `node:http`: reads, parses and cleans the body (JSON or a form) itself. */
export function validatedNode<S extends RequestSchemas>(
  schemas: S,
  handler: (
    input: CheckedRequest<S>,
    request: IncomingMessage,
    response: ServerResponse,
  ) => unknown,
  options: ValidatedOptions<IncomingMessage> = {},
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const { headers } = request;
    const read = async () => readBody(request, options.maxBytes ?? defaultMaxBytes);
    const input = await partsOf(schemas, {
      read,
      type: headers["content-type"],
      url: request.url ?? "/",
      params: options.params?.(request),
      lists: options.lists,
    });
    const checked =
      "problem" in input
        ? { ok: false as const, ...input }
        : await checkRequest(schemas, { ...input, headers });
    if (checked.ok) await handler(checked.value, request, response);
    else {
      // The rest of a body that is too large would be taken for the next request.
      if (checked.problem.status === 413) setHeader(response, "connection", "close");
      respond(checked.problem, request, response);
    }
  };
}

/** What Next gives a route handler besides the request. */
interface NextContext {
  readonly params: unknown;
}

/**
 * {@link validated} for a route handler of Next's, and whatever else takes a `Request` and gives a
 * `Response`: `export const POST = validatedNext(schemas, async (input) => Response.json(…))`.
 */
export function validatedNext<S extends RequestSchemas, Q extends Request, C extends NextContext>(
  schemas: S,
  handler: (input: CheckedRequest<S>, request: Q, context: C) => Response | Promise<Response>,
  options: Omit<ValidatedOptions<Q>, "params"> = {},
): (request: Q, context: C) => Promise<Response> {
  return async (request, context) => {
    const input = await partsOf(schemas, {
      read: async () => readWebBody(request, options.maxBytes ?? defaultMaxBytes),
      type: request.headers.get("content-type") ?? undefined,
      url: request.url,
      params: await context.params,
      lists: options.lists,
    });
    if ("problem" in input) return responseOf(input.problem);
    const headers = Object.fromEntries(request.headers);
    const checked = await checkRequest(schemas, { ...input, headers });
    return checked.ok ? handler(checked.value, request, context) : responseOf(checked.problem);
  };
}

interface Raw {
  /** The body; undefined when there is too much of it. */
  readonly read: () => Promise<Uint8Array | undefined>;
  readonly type: string | undefined;
  readonly url: string;
  readonly params: unknown;
  readonly lists: readonly string[] | undefined;
}

/** The parts that the schemas ask for, clean. */
async function partsOf(
  schemas: RequestSchemas,
  raw: Raw,
): Promise<{ params?: unknown; query?: unknown; body?: unknown } | { problem: Answer }> {
  try {
    const { searchParams } = new URL(raw.url, "http://localhost");
    const query = schemas.query === undefined ? undefined : cleaned(searchParams, raw.lists);
    const params = sanitise(raw.params);
    if (schemas.body === undefined) return { params, query };
    const bytes = await raw.read();
    if (bytes === undefined) return { problem: tooLarge };
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (isFormType(raw.type ?? ""))
      return { params, query, body: cleaned(new URLSearchParams(text), raw.lists) };
    return { params, query, body: text === "" ? undefined : sanitise(JSON.parse(text)) };
  } catch (error) {
    if (error instanceof UncleanInput) return { problem: problemAnswer(400, error.message) };
    return { problem: notReadable };
  }
}

/** Parameters as an object: of one given several times the last, unless it is among `lists`. */
function cleaned(parameters: URLSearchParams, lists: readonly string[] = []): unknown {
  const all: Record<string, unknown> = {};
  for (const key of new Set(parameters.keys())) {
    const values = parameters.getAll(key);
    const value = values.length > 1 || lists.includes(key) ? values : values[0];
    // Assigned, `__proto__` would be the object's prototype.
    Object.defineProperty(all, key, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
  return lastOfEach(sanitise(all) as object, lists);
}

async function readWebBody(request: Request, maxBytes: number): Promise<Uint8Array | undefined> {
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(next.value);
  }
  return Buffer.concat(chunks);
}

/** A request that {@link schemaPipe} refuses; {@link problemFilter} answers it. */
class RefusedRequest extends Error {
  override name = "RefusedRequest";
  // The form of http-errors, for filters of the application's own and for Nest's.
  readonly status: number;
  readonly statusCode: number;
  readonly expose = true;
  readonly problem: Answer;

  constructor(problem: Answer) {
    super("The request is not valid");
    this.problem = problem;
    this.status = problem.status;
    this.statusCode = problem.status;
  }
}

const nestParts = { body: "body", query: "query", param: "params" } as const;

/**
 * For NestJS, at a parameter: `@Body(schemaPipe(user)) body: z.output<typeof user>`, and the same with
 * `@Query` and `@Param`. Wants {@link problemFilter}.
 */
export function schemaPipe<S extends z.ZodType>(
  schema: S,
): {
  transform(
    value: unknown,
    metadata: { readonly type: string; readonly data?: string | undefined },
  ): Promise<z.output<S>>;
} {
  return {
    async transform(value, { type, data }) {
      const part = nestParts[type as keyof typeof nestParts] ?? "body";
      // `@Param("id", …)` hands over one member of the part.
      const whole = data === undefined ? schema : z.object({ [data]: schema });
      const given = data === undefined ? value : { [data]: value };
      const checked = await checkRequest({ [part]: whole }, { [part]: given });
      if (!checked.ok) throw new RefusedRequest(checked.problem);
      const result = (checked.value as unknown as Record<string, unknown>)[part];
      const output = data === undefined ? result : (result as Record<string, unknown>)[data];
      return output as z.output<S>;
    },
  };
}

interface NestHost {
  switchToHttp(): { getRequest(): unknown; getResponse(): unknown };
}

/** For NestJS: answers what {@link schemaPipe} refuses. `app.useGlobalFilters(problemFilter())`. */
export function problemFilter(): { catch(error: unknown, host: NestHost): void } {
  class ProblemFilter {
    catch(error: unknown, host: NestHost): void {
      if (!(error instanceof RefusedRequest)) throw error;
      const http = host.switchToHttp();
      const request = http.getRequest() as IncomingMessage | { readonly raw: IncomingMessage };
      const response = http.getResponse() as
        | ServerResponse
        | { readonly raw: ServerResponse; hijack(): unknown };
      if ("hijack" in response) response.hijack();
      respond(
        error.problem,
        "raw" in request ? request.raw : request,
        "raw" in response ? response.raw : response,
      );
    }
  }
  // What the decorator @Catch does, without depending on Nest: its metadata are global.
  const { defineMetadata } = Reflect as {
    defineMetadata?: (key: string, value: unknown, target: object) => void;
  };
  defineMetadata?.("__filterCatchExceptions__", [RefusedRequest], ProblemFilter);
  return new ProblemFilter();
}
