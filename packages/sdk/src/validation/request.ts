import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import type { Answer } from "../http/answer.ts";
import { problemAnswer } from "../http/problem.ts";
import { respond } from "../respond.ts";

/** The shapes of a request's parts; a part without one is passed on as undefined. */
export interface RequestSchemas {
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly headers?: z.ZodType;
  readonly body?: z.ZodType;
}

type Output<S> = S extends z.ZodType ? z.output<S> : undefined;

/** What the schemas made of the parts. */
export interface CheckedRequest<S extends RequestSchemas> {
  readonly params: Output<S["params"]>;
  readonly query: Output<S["query"]>;
  readonly headers: Output<S["headers"]>;
  readonly body: Output<S["body"]>;
}

/** A request as frameworks hold it. */
export interface RequestParts {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
}

export type Checked<S extends RequestSchemas> =
  | { readonly ok: true; readonly value: CheckedRequest<S> }
  | { readonly ok: false; readonly problem: Answer };

/** One thing that is wrong with a request. */
interface Fault {
  /** Where: a JSON pointer below `#/body`, `#/query`, `#/params` or `#/headers`. */
  readonly pointer: string;
  readonly detail: string;
}

const parts = ["params", "query", "headers", "body"] as const;
const maxFaults = 20;

/**
 * Checks all parts of a request. A failure is an answer with problem details (RFC 9457), status 400,
 * and `errors` that say where and what, in words that never hold what was sent.
 */
export async function checkRequest<S extends RequestSchemas>(
  schemas: S,
  request: RequestParts,
): Promise<Checked<S>> {
  const value: Partial<Record<(typeof parts)[number], unknown>> = {};
  const faults: Fault[] = [];
  for (const part of parts) {
    const schema = schemas[part];
    if (schema === undefined) continue;
    const result = await schema.safeParseAsync(request[part]);
    if (result.success) value[part] = result.data;
    else {
      // Only an application's own messages are compared with what was sent.
      const compared = result.error.issues.some(({ code }) => code === "custom");
      const sent = compared ? textsOf(request[part]) : [];
      for (const issue of result.error.issues)
        faults.push(faultOf(part, issue, request[part], sent));
    }
  }
  if (faults.length === 0) return { ok: true, value: value as CheckedRequest<S> };
  const problem = problemAnswer(400, "The request is not valid", {
    errors: faults.slice(0, maxFaults),
  });
  return { ok: false, problem };
}

/**
 * What handlers get to see of their framework's objects where they do not name its own types
 * (`request: Request`): TypeScript cannot find these out from the router that is given the handler.
 */
type ExpressRequest = IncomingMessage & RequestParts & ExpressRequestParts;
interface ExpressRequestParts {
  readonly ip?: string | undefined;
  readonly path: string;
  readonly originalUrl: string;
  get(name: string): string | readonly string[] | undefined;
}
interface ExpressResponse extends ServerResponse {
  readonly locals: object;
  status(code: number): this;
  json(body?: unknown): this;
  send(body?: unknown): this;
  sendStatus(code: number): this;
  type(type: string): this;
  set(name: string, value: string): this;
  redirect(url: string): void;
}

/**
 * A handler for Express that runs only for requests the schemas accept: after the body parser. For all
 * that Express's own objects have, name their types: `(input, request: Request, response: Response) => …`.
 */
export function validated<
  S extends RequestSchemas,
  Q extends IncomingMessage & RequestParts = ExpressRequest,
  R extends ServerResponse = ExpressResponse,
>(
  schemas: S,
  handler: (input: CheckedRequest<S>, request: Q, response: R) => unknown,
): (request: Q, response: R, next: (error?: unknown) => void) => void {
  return (request, response, next) => {
    const run = async () => {
      try {
        const checked = await checkRequest(schemas, request);
        if (checked.ok) await handler(checked.value, request, response);
        else respond(checked.problem, request, response);
      } catch (error) {
        next(error);
      }
    };
    void run();
  };
}

/** What the Fastify handler needs of a reply. */
interface Reply {
  code(status: number): unknown;
  type(type: string): unknown;
  send(body: string): unknown;
}

interface FastifyRequestParts extends RequestParts {
  readonly id: string;
  readonly ip: string;
  readonly method: string;
  readonly url: string;
  readonly raw: IncomingMessage;
}
interface FastifyReplyParts extends Reply {
  readonly raw: ServerResponse;
  code(status: number): this;
  type(type: string): this;
  header(name: string, value: string): this;
  send(body?: unknown): this;
  redirect(url: string, code?: number): this;
}

/** The same for Fastify. */
export function validatedFastify<
  S extends RequestSchemas,
  Q extends RequestParts = FastifyRequestParts,
  R extends Reply = FastifyReplyParts,
>(
  schemas: S,
  handler: (input: CheckedRequest<S>, request: Q, reply: R) => unknown,
): (request: Q, reply: R) => Promise<unknown> {
  return async (request, reply) => {
    const checked = await checkRequest(schemas, request);
    if (checked.ok) return handler(checked.value, request, reply);
    reply.code(checked.problem.status);
    reply.type("application/problem+json");
    reply.send(checked.problem.body);
    return reply;
  };
}

function faultOf(
  part: string,
  issue: z.core.$ZodIssue,
  input: unknown,
  sent: readonly string[] | undefined,
): Fault {
  const path = issue.path.map((key) => pointerPiece(String(key)));
  // What is wrong is the key itself.
  if (issue.code === "invalid_key") path.splice(-1, 1, "*");
  return {
    pointer: ["#", part, ...path].join("/"),
    detail: detailOf(issue, valueAt(input, issue), sent),
  };
}

/** A key as a piece of a JSON pointer; a key that a sender may have made up is not repeated. */
function pointerPiece(key: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(key) ? key : "*";
}

/** In own words, from what the schema wanted: zod's own texts can quote the input. */
function detailOf(
  issue: z.core.$ZodIssue,
  value: unknown,
  sent: readonly string[] | undefined,
): string {
  switch (issue.code) {
    case "invalid_type":
      return value === undefined ? "is missing" : `must be of type ${issue.expected}`;
    case "too_small":
      return `must be ${bound(issue, "at least", "more than")} ${limit(issue.minimum, issue.origin)}`;
    case "too_big":
      return `must be ${bound(issue, "at most", "less than")} ${limit(issue.maximum, issue.origin)}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`.slice(0, 200);
    case "invalid_format":
      return formOf(issue);
    case "not_multiple_of":
      return `must be a multiple of ${String(issue.divisor)}`;
    case "unrecognized_keys":
      return "has keys that are not known";
    case "custom":
      return quotes(issue.message, value, sent) ? "is not valid" : issue.message;
    default:
      return "is not valid";
  }
}

function bound(
  { exact, inclusive }: { readonly exact?: boolean; readonly inclusive?: boolean },
  inclusively: string,
  exclusively: string,
): string {
  if (exact === true) return "exactly";
  return inclusive === false ? exclusively : inclusively;
}

/** A bound with its unit; of a date, zod tells the milliseconds. */
function limit(value: number | bigint | Date, origin: string): string {
  if (origin === "date") return new Date(Number(value)).toISOString();
  if (origin === "string") return `${String(value)} characters`;
  return origin === "array" || origin === "set" ? `${String(value)} items` : String(value);
}

function formOf(issue: z.core.$ZodIssueInvalidStringFormat): string {
  const { format, prefix, suffix, includes } = issue as unknown as Record<string, unknown>;
  if (typeof prefix === "string") return `must begin with ${prefix}`;
  if (typeof suffix === "string") return `must end with ${suffix}`;
  if (typeof includes === "string") return `must contain ${includes}`;
  return format === "regex" ? "has the wrong form" : `must have the form ${String(format)}`;
}

/** Shortest text of another field that a message must not have: shorter ones are words of ours, too. */
const minQuote = 6;
/** Most values of a part that messages are compared with. */
const maxTexts = 2_000;

/** The texts in a part, in lower case; undefined when there are too many. */
function textsOf(part: unknown): readonly string[] | undefined {
  const texts: string[] = [];
  const open = [part];
  for (let seen = 0; open.length > 0; seen += 1) {
    if (seen > maxTexts) return undefined;
    const value = open.pop();
    if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") {
      const text = String(value).trim().toLowerCase();
      if (text.length >= minQuote) texts.push(text);
    } else if (typeof value === "object" && value !== null)
      for (const each of Object.values(value).slice(0, maxTexts + 1)) open.push(each);
  }
  return texts;
}

/** Whether an application's own message repeats what was sent, in this field or in another. */
function quotes(message: string, value: unknown, sent: readonly string[] | undefined): boolean {
  if (sent === undefined) return true;
  if (typeof value === "string" || typeof value === "number") {
    const text = String(value);
    if (text.length > 0 && message.includes(text)) return true;
  }
  const lower = message.toLowerCase();
  return sent.some((text) => lower.includes(text));
}

function valueAt(input: unknown, issue: z.core.$ZodIssue): unknown {
  let value = input;
  for (const key of issue.path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
