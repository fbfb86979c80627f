/**
 * `@seaworthy/sdk/next`: the kit for Next.js, started by its instrumentation hook. Next makes its
 * server itself, so the server is found by its first request, which Node announces.
 */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { currentContext } from "./context.ts";
import { Exchange } from "./http/exchange.ts";
import { kitOf, type Kit } from "./kit.ts";
import type { KitOptions } from "./options.ts";
import { setHeader } from "./respond.ts";

/** Kept by the process: Next may load this module more than once. */
const kitKey = Symbol.for("seaworthy.next.kit");
type Process = typeof globalThis & { [kitKey]?: Kit };

/** Where Next keeps what it knows of a request, its route among it. */
const metaKey = Symbol.for("NextInternalRequestMeta");

interface NextRequest extends IncomingMessage {
  readonly [metaKey]?: {
    readonly match?: { readonly definition?: { readonly pathname?: unknown } };
  };
}

/**
 * Starts the kit, once in a process; later calls give the same one. To be called from `register` in
 * `instrumentation.ts` when `NEXT_RUNTIME` is `nodejs`.
 */
export function seaworthy(options: KitOptions & { readonly kit?: Kit } = {}): Kit {
  const process: Process = globalThis;
  const known = process[kitKey];
  if (known !== undefined) return known;
  const kit = kitOf(options);
  process[kitKey] = kit;
  const watched = new WeakSet<Server>();
  // Published before the server's own listeners are called, also for the first request.
  subscribe("http.server.request.start", (message) => {
    const { server } = message as { readonly server: Server };
    if (watched.has(server)) return;
    watched.add(server);
    kit.http.guarded("request", () => watch(server, kit));
  });
  return kit;
}

/**
 * Names the error of a request, which Next answers itself:
 * `export { onRequestError } from "@seaworthy/sdk/next"`, or called from your own.
 */
export function onRequestError(
  error: unknown,
  _request?: unknown,
  context?: { readonly routePath?: string },
): void {
  const trace = currentContext()?.trace;
  if (trace instanceof Exchange) {
    trace.error = error;
    trace.template ??= context?.routePath;
  } else (globalThis as Process)[kitKey]?.captureException(error, { handled: false });
}

/** A route handler of Next's app router: what a `route.ts` exports as GET, POST and so on. */
type RouteHandler<Context> = (request: Request, context: Context) => Promise<Response> | Response;

/**
 * Wraps a route handler: `export const GET = withSeaworthy("/api/items/[id]", async (request) => …)`.
 * Its requests have metrics under that template, a span, a log line and their errors, also where no
 * server of Node's is there to be watched (a function that a platform calls). Where there is one,
 * nothing is counted twice. What the handler returns or throws is passed on, `redirect()` and
 * `notFound()` too.
 */
export function withSeaworthy<Context>(
  template: string,
  handler: RouteHandler<Context>,
): (request: Request, context: Context) => Promise<Response> {
  const known = new Set<string>();
  return async (request, context) => {
    const kit = seaworthy();
    const run = async () => handler(request, context);
    const trace = currentContext()?.trace;
    if (!(trace instanceof Exchange)) {
      if (!known.has(request.method)) {
        known.add(request.method);
        kit.http.knownRoute(request.method, template);
      }
      return kit.http.fetched(request, template, run, statusOfControlFlow);
    }
    trace.template ??= template;
    try {
      return await run();
    } catch (error) {
      if (statusOfControlFlow(error) === undefined) trace.error = error;
      throw error;
    }
  };
}

/**
 * `redirect()`, `notFound()` and their like throw; Next knows them by their digest:
 * `NEXT_REDIRECT;replace;/where;307;`, `NEXT_HTTP_ERROR_FALLBACK;404`. Undefined for errors.
 */
function statusOfControlFlow(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("digest" in error)) return undefined;
  const { digest } = error;
  if (typeof digest !== "string" || !digest.startsWith("NEXT_")) return undefined;
  const [kind, ...rest] = digest.split(";");
  const status = Number(rest.findLast((part) => /^[1-5]\d\d$/.test(part)));
  if (status > 0) return status;
  return kind === "NEXT_NOT_FOUND" ? 404 : 307;
}

/** Puts the kit before all listeners of the server. */
function watch(server: Server, kit: Kit): void {
  const emit = server.emit.bind(server) as (event: string | symbol, ...args: unknown[]) => boolean;
  const watching = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event !== "request") return emit(event, ...args);
    const [request, response] = args as [IncomingMessage, ServerResponse];
    if (kit.http.serve(request, response)) return true;
    const exchange = kit.http.begin(request, response);
    if (exchange === undefined) return emit(event, request, response);
    exchange.templateOf = templateOf;
    setHeader(response, "x-request-id", exchange.requestId);
    return exchange.run(() => emit(event, request, response));
  };
  server.emit = watching;
}

/** The route's template, `/items/[id]`; undefined for what Next serves without one. */
function templateOf(request: NextRequest): string | undefined {
  const pathname = request[metaKey]?.match?.definition?.pathname;
  return typeof pathname === "string" && pathname !== "/_not-found" ? pathname : undefined;
}
