import { IncomingMessage, ServerResponse } from "node:http";

/** An application of Express, as far as its requests' and responses' prototypes go. */
interface Application {
  readonly parent?: Application;
  request?: unknown;
  response?: unknown;
}

/** What a server makes a request and its response with. */
interface Classes {
  readonly request: { readonly prototype: IncomingMessage };
  readonly response: { readonly prototype: ServerResponse };
}

const maxDepth = 20;

/**
 * Has a server make its requests and responses with the prototypes that Express gives them.
 *
 * Express gives each request and response another prototype when it comes. V8 then makes a shape for
 * each of them alone, and whatever reads or writes a property of it searches: in Node 20 two thirds of
 * the time of an empty handler. Where the prototype is there from the start, Express finds nothing to
 * change, and they all share a shape. Node has options for the classes (`createServer`'s
 * `IncomingMessage` and `ServerResponse`), but Express makes the server, and the kit comes later.
 */
export class ExpressPrototypes {
  readonly #classes = new WeakMap<Application, Classes>();
  readonly #seen = new WeakSet<object>();
  #last: unknown;

  /** Whether the request came to the server that was dealt with last. */
  knows(request: IncomingMessage): boolean {
    return serverOf(request) === this.#last;
  }

  /**
   * Deals with the server of a request of this application, for the requests that follow. One whose
   * classes are somebody's own, or are not where they are known to be, is left as it is.
   */
  preset(request: IncomingMessage, app: object | undefined): void {
    const server = serverOf(request);
    this.#last = server;
    if (!isObject(server) || app === undefined || this.#seen.has(server)) return;
    this.#seen.add(server);
    const [requests, responses] = placesIn(server);
    if (requests === undefined || responses === undefined) return;
    const classes = this.#classesOf(outermost(app));
    if (classes === undefined) return;
    server[requests] = classes.request;
    server[responses] = classes.response;
  }

  #classesOf(app: Application): Classes | undefined {
    const known = this.#classes.get(app);
    if (known !== undefined) return known;
    const { request, response } = app;
    if (!(request instanceof IncomingMessage) || !(response instanceof ServerResponse))
      return undefined;
    // Named as Node's, and without a constructor of their own: they are told from Node's by nothing.
    const classes = {
      request: { IncomingMessage: class extends IncomingMessage {} }.IncomingMessage,
      response: { ServerResponse: class extends ServerResponse {} }.ServerResponse,
    };
    app.request = above(classes.request.prototype, request);
    app.response = above(classes.response.prototype, response);
    this.#classes.set(app, classes);
    return classes;
  }
}

/** `prototype`, which has now everything from what the application had in its place. */
function above(prototype: object, before: object): object {
  Reflect.deleteProperty(prototype, "constructor");
  return Object.setPrototypeOf(prototype, before) as object;
}

function outermost(app: Application): Application {
  let at = app;
  for (let depth = 0; at.parent !== undefined && depth < maxDepth; depth += 1) at = at.parent;
  return at;
}

/** Undefined where no server took the request: one that is played in a test, or on a platform. */
function serverOf(request: { readonly socket?: object | null }): unknown {
  const socket: { readonly server?: unknown } | null | undefined = request.socket;
  return socket?.server;
}

function isObject(value: unknown): value is Record<symbol, unknown> {
  return typeof value === "object" && value !== null;
}

/** Where a server keeps its classes; undefined where they are not Node's own. */
function placesIn(server: Record<symbol, unknown>) {
  const place = (value: unknown) =>
    Object.getOwnPropertySymbols(server).find((symbol) => server[symbol] === value);
  return [place(IncomingMessage), place(ServerResponse)] as const;
}
