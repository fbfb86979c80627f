import { z } from "zod";

/**
 * What a caller must hold to use an operation. `public` needs nothing; the others a session or an API
 * token with at least that scope (admin ⊃ write ⊃ read). `ingest` is for senders of telemetry: it
 * opens nothing else, and only `admin` contains it. `controls` is for applications that read their
 * service's emergency controls; all of them contain it, an ingest key for the service that it names.
 */
export type Access = "public" | "controls" | "ingest" | "read" | "write" | "admin";

/** One operation of the own API: everything that server, web and OpenAPI need to agree on. */
export interface Operation<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With `:name` for parameters, e.g. `/api/incidents/:id`. */
  readonly path: `/${string}`;
  readonly access: Access;
  readonly summary: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The media types of a body that is a file; without it the body is JSON. */
  readonly bodyTypes?: readonly string[];
  readonly answer: Answer;
  /** The status of a success. */
  readonly status: 200 | 201 | 204;
}

/** For operations without parameters, query or body. */
export const nothing = z.object({});
export type Nothing = typeof nothing;

type Given<T, Default> = T extends z.ZodType ? T : Default;

/** Declares an operation; what is left out takes nothing and answers 200. */
export function operation<
  Answer extends z.ZodType,
  Params extends z.ZodType | undefined = undefined,
  Query extends z.ZodType | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(spec: {
  method: Operation["method"];
  path: Operation["path"];
  access: Access;
  summary: string;
  params?: Params;
  query?: Query;
  body?: Body;
  bodyTypes?: readonly string[];
  answer: Answer;
  status?: Operation["status"];
}): Operation<Given<Params, Nothing>, Given<Query, Nothing>, Given<Body, Nothing>, Answer> {
  const { params = nothing, query = nothing, body = nothing, status = 200, ...rest } = spec;
  return { ...rest, params, query, body, status } as Operation<
    Given<Params, Nothing>,
    Given<Query, Nothing>,
    Given<Body, Nothing>,
    Answer
  >;
}

/** RFC 9457 problem details: the body of every error of the own API. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  /** Stable and documented, e.g. `incident_not_found`. */
  code: z.string(),
  detail: z.string(),
  /** The request's id, to be quoted when asking for help. */
  instance: z.string(),
  /** For `request_invalid`: each field that was refused, e.g. `body.email`, and why. */
  errors: z.array(z.object({ field: z.string(), reason: z.string() })).optional(),
});
export type Problem = z.infer<typeof problem>;

type Part<Name extends string, Schema extends z.ZodType> =
  Record<string, never> extends z.input<Schema>
    ? { readonly [N in Name]?: z.input<Schema> }
    : { readonly [N in Name]: z.input<Schema> };

/** What a caller of an operation gives; a part that may be empty may be left out. */
export type InputOf<O extends Operation> = Part<"params", O["params"]> &
  Part<"query", O["query"]> &
  Part<"body", O["body"]>;

/** What a caller of an operation gets. */
export type AnswerOf<O extends Operation> = z.output<O["answer"]>;
