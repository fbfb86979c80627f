/** The same steps before the handlers of each framework, in one line. Express and Fastify have hooks of
 * each step's own. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { nodeObjects } from "../http/hono-env.ts";
import { keepHeaders } from "../http/kept-headers.ts";
import { InputFilter } from "./input-filter.ts";
import type { Place, Step } from "./step.ts";

async function pass(
  steps: readonly Step[],
  request: IncomingMessage,
  response: ServerResponse,
  place: Place,
): Promise<boolean> {
  // Without a pause between those that need none: the body has not begun to arrive then.
  for (const step of steps)
    if (step.asks !== true) {
      const go = step.before(request, response, place);
      if (!(typeof go === "boolean" ? go : await go)) return false;
    }
  for (const step of steps)
    if (step.asks === true && !(await step.before(request, response, place))) return false;
  return true;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** For `node:http`: `createServer(protectNode(headers, limits.tier("standard"))(handler))`. */
export function protectNode(...steps: readonly Step[]): (handler: Handler) => Handler {
  return (handler) => async (request, response) => {
    const place = { subject: request, answering: () => {} };
    return (await pass(steps, request, response, place)) ? handler(request, response) : undefined;
  };
}

interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  respond?: boolean | undefined;
}

/** For Koa, before the body parser: `app.use(protectKoa(headers, limits.tier("standard")))`. */
export function protectKoa(
  ...steps: readonly Step[]
): (context: KoaContext, next: () => Promise<unknown>) => Promise<void> {
  return async (context, next) => {
    const { req: request, res: response } = context;
    const answering = () => {
      context.respond = false;
    };
    if (!(await pass(steps, request, response, { subject: context, answering }))) {
      answering();
      return;
    }
    const headers = response.getHeaders();
    try {
      await next();
    } catch (error) {
      keepHeaders(response, headers);
      throw error;
    }
  };
}

interface HonoContext {
  readonly env: unknown;
  /** Given undefined first it takes what follows as it is, and not what it makes of it. */
  set res(response: Response | undefined);
}

/**
 * What `@hono/node-server` leaves alone because it was sent already. A copy: those of its own making
 * are sent before anybody looks at their headers.
 */
function alreadySent(): Response {
  return new Response(null, { headers: { "x-hono-already-sent": "true" } }).clone();
}

/** For Hono on Node, before the routes: `app.use(protectHono(headers, limits.tier("standard")))`. */
export function protectHono(
  ...steps: readonly Step[]
): (context: HonoContext, next: () => Promise<void>) => Promise<Response | void> {
  return async (context, next) => {
    const node = nodeObjects(context.env);
    if (node === undefined) throw new Error("protectHono works with @hono/node-server only");
    let answered = false;
    const answering = () => {
      answered = true;
    };
    const { incoming, outgoing } = node;
    if (!(await pass(steps, incoming, outgoing, { subject: context, answering })))
      return alreadySent();
    await next();
    // A body may have turned out too large while the handler read it.
    if (answered) {
      context.res = undefined;
      context.res = alreadySent();
    }
    return undefined;
  };
}

/** What is used of a Nest application, on either of its platforms. */
interface NestApplication {
  getHttpAdapter(): { getType(): string; getInstance(): unknown };
  use(...middleware: unknown[]): unknown;
  useGlobalGuards(guard: { canActivate(context: NestContext): boolean }): unknown;
}

interface NestContext {
  switchToHttp(): { getRequest(): never };
}

interface FastifyLike {
  addHook(
    name: "onRequest",
    hook: (
      request: { readonly raw: IncomingMessage },
      reply: { readonly raw: ServerResponse; hijack(): unknown },
    ) => Promise<unknown>,
  ): unknown;
}

/**
 * For NestJS, on Express and on Fastify, before `listen`:
 * `protectNest(app, headers, limits.tier("standard"), new InputFilter())`.
 */
export function protectNest(app: NestApplication, ...all: readonly (Step | InputFilter)[]): void {
  const steps: Step[] = [];
  const filters: InputFilter[] = [];
  for (const each of all)
    if (each instanceof InputFilter) filters.push(each);
    else steps.push(each);
  const adapter = app.getHttpAdapter();
  if (adapter.getType() === "fastify")
    (adapter.getInstance() as FastifyLike).addHook("onRequest", async (request, reply) => {
      const place = { subject: request, answering: () => void reply.hijack() };
      if (await pass(steps, request.raw, reply.raw, place)) return undefined;
      reply.hijack();
      return reply;
    });
  else
    app.use(
      (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => {
        const place = { subject: request, answering: () => {} };
        const run = async () => {
          let error: unknown;
          try {
            if (!(await pass(steps, request, response, place))) return;
          } catch (caught) {
            error = caught;
          }
          next(error);
        };
        void run();
      },
    );
  for (const filter of filters)
    // Nest's parsers come after its middleware; a guard is the first that sees what they made.
    app.useGlobalGuards({
      canActivate(context) {
        filter.clean(context.switchToHttp().getRequest());
        return true;
      },
    });
}
