import type { IncomingMessage, ServerResponse } from "node:http";
import { currentContext } from "./context.ts";
import { Exchange } from "./http/exchange.ts";
import { kitOf, type Kit } from "./kit.ts";
import type { KitOptions } from "./options.ts";
import { setHeader } from "./respond.ts";

export interface SeaworthyServerOptions extends KitOptions {
  /** A kit made with `createKit`, when something needs it before the server exists. */
  readonly kit?: Kit;
  /** Routes whose counters shall start at zero: `GET /items/:id`. */
  readonly routes?: readonly string[];
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface SeaworthyServer {
  /** Wraps a handler: `createServer(watch((request, response) => …))`. */
  (handler: Handler): Handler;
  /** The kit: health checks, business metrics, the logger. */
  readonly kit: Kit;
  /** Names the route of the current request, a template and never its raw path. */
  readonly route: (template: string) => void;
  /** Names the error that the current request is answered with. */
  readonly error: (error: unknown) => void;
}

/** The kit for a plain server of `node:http` or `node:http2`. */
export function seaworthy(options: SeaworthyServerOptions = {}): SeaworthyServer {
  const kit = kitOf(options);
  const { http } = kit;
  http.guarded("route", () => {
    for (const route of options?.routes ?? []) {
      const [method = "", template = ""] = route.split(" ", 2);
      http.knownRoute(method, template);
    }
  });

  const watch = (handler: Handler): Handler => {
    return (request, response) => {
      if (http.serve(request, response)) return undefined;
      const exchange = http.begin(request, response);
      if (exchange === undefined) return handler(request, response);
      setHeader(response, "x-request-id", exchange.requestId);
      return noting(exchange, () => handler(request, response));
    };
  };
  return Object.assign(watch, {
    kit,
    route: (template: string) => {
      const exchange = currentExchange();
      if (exchange !== undefined) exchange.template = template;
    },
    error: (error: unknown) => {
      const exchange = currentExchange();
      if (exchange !== undefined) exchange.error = error;
    },
  });
}

/** Runs the handler in its exchange, which is told of the error that comes out of it. */
function noting(exchange: Exchange, handler: () => unknown): unknown {
  const note = (error: unknown): never => {
    exchange.error = error;
    throw error;
  };
  try {
    const result = exchange.run(handler);
    return result instanceof Promise ? result.catch(note) : result;
  } catch (error) {
    return note(error);
  }
}

function currentExchange(): Exchange | undefined {
  const trace = currentContext()?.trace;
  return trace instanceof Exchange ? trace : undefined;
}
