/**
 * Finds the template of the route that served a request in Express 4 and 5.
 *
 * Express says which route matched (`req.route`), but of the routers above it only the part of the
 * URL they took (`req.baseUrl`): with a parameter in a mount path that is a raw value, and it is
 * empty again once an error has left the router. So the tree of routers is read instead: the route
 * is found in it by identity, and the patterns on the way down make the template.
 */

/** One entry of a router's stack, as far as it is read here. */
interface Layer {
  readonly handle?: unknown;
  readonly route?: Route;
  /** Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean };
  readonly keys?: readonly { readonly name: string | number }[];
  /** Express 5. */
  readonly slash?: boolean;
  readonly matchers?: readonly ((path: string) => false | { readonly path: string })[];
  /** Express 5 with router 2.2 and later: the pattern as it was given. */
  readonly rawPath?: unknown;
}

interface Route {
  readonly path: unknown;
  readonly methods?: Readonly<Record<string, boolean>>;
}

interface Application {
  readonly mountpath?: unknown;
  readonly parent?: Application;
  /** Express 4; there, reading `router` throws. */
  readonly _router?: { readonly stack?: readonly Layer[] };
  readonly router?: { readonly stack?: readonly Layer[] };
}

/** A request of Express, as far as it is read here. */
export interface RoutedRequest {
  readonly url?: string | undefined;
  readonly originalUrl?: string;
  readonly app?: object;
  readonly route?: unknown;
}

/** The layers from the application's router down to a route; the route's own is the last. */
type Way = readonly Layer[];

/** A way to a route, and its template below where the application is mounted, made once. */
interface KnownWay {
  readonly way: Way;
  readonly template: string;
}

const maxDepth = 20;
const maxLayers = 20_000;
/** Stands for a mount whose pattern cannot be told. */
const anyMount = "/*";

export class ExpressRoutes {
  readonly #ways = new WeakMap<Route, readonly KnownWay[]>();
  readonly #read = new WeakSet<Application>();
  /** The application that was found in them last; nearly always there is one. */
  #last: object | undefined;
  readonly #onRoute: (method: string, template: string) => void;

  /** @param onRoute is told of each route that is found, once for each of its methods. */
  constructor(onRoute: (method: string, template: string) => void) {
    this.#onRoute = onRoute;
  }

  /** Whether the application's routes are known already. */
  hasRead({ app }: RoutedRequest): boolean {
    if (app === undefined) return false;
    if (app === this.#last) return true;
    if (!this.#read.has(app)) return false;
    this.#last = app;
    return true;
  }

  /** Reads the routes of the application that serves the request. */
  discover({ app }: RoutedRequest): void {
    if (app !== undefined) this.#readTree(app);
  }

  /** The template of the route that served the request, or undefined when none matched. */
  templateOf(request: RoutedRequest): string | undefined {
    const app: Application | undefined = request.app;
    const { route } = request;
    if (app === undefined || !isRoute(route)) return undefined;
    let ways = this.#ways.get(route);
    if (ways === undefined) {
      this.#readTree(app);
      ways = this.#ways.get(route);
    }
    // Not in the tree of the application that answered: a mounted application's error, say.
    if (ways === undefined) {
      this.#ways.set(route, []);
      return anyMount + patternText(route.path);
    }
    const [first] = ways;
    if (first === undefined) return anyMount + patternText(route.path);
    const prefix = mountOf(app);
    if (ways.length === 1) return prefix + first.template;
    const path = pathBelow(request, prefix);
    return prefix + (ways.find(({ way }) => matches(way, path)) ?? first).template;
  }

  #readTree(app: Application): void {
    this.#read.add(app);
    const prefix = mountOf(app);
    let budget = maxLayers;
    const visit = (stack: readonly Layer[], above: Way): void => {
      for (const layer of stack) {
        budget -= 1;
        if (budget < 0) return;
        const way = [...above, layer];
        if (layer.route !== undefined) this.#note(layer.route, way, prefix);
        else {
          const below = stackOf(layer.handle);
          if (below !== undefined && way.length < maxDepth) visit(below, way);
        }
      }
    };
    const { _router: express4 } = app;
    visit((express4 ?? app.router)?.stack ?? [], []);
  }

  #note(route: Route, way: Way, prefix: string): void {
    const known = this.#ways.get(route) ?? [];
    const same = ({ way: other }: KnownWay) =>
      other.length === way.length && other.every((layer, index) => layer === way[index]);
    if (known.some(same)) return;
    const template = templateOf(way, route);
    this.#ways.set(route, [...known, { way, template }]);
    for (const [method, on] of Object.entries(route.methods ?? {}))
      if (on && method !== "_all") this.#onRoute(method.toUpperCase(), prefix + template);
  }
}

function isRoute(value: unknown): value is Route {
  return typeof value === "object" && value !== null && "path" in value;
}

function templateOf(way: Way, route: Route): string {
  const mounts = way.slice(0, -1).map((layer) => patternOf(layer));
  const whole = mounts.join("") + patternText(route.path);
  // A router's own "/" below a mount is the mount itself.
  return whole.length > 1 && whole.endsWith("/") ? whole.slice(0, -1) : whole || "/";
}

/** The pattern of a mount without its last slash, so that what is below can be appended. */
function patternOf(layer: Layer): string {
  if (layer.slash === true || layer.regexp?.fast_slash === true) return "";
  if (layer.rawPath !== undefined) return withoutLastSlash(patternText(layer.rawPath));
  if (layer.regexp !== undefined) return withoutLastSlash(decode(layer.regexp, layer.keys ?? []));
  return anyMount;
}

function patternText(pattern: unknown): string {
  if (typeof pattern === "string") return pattern;
  if (Array.isArray(pattern)) return `(${pattern.map((one) => patternText(one)).join("|")})`;
  return pattern instanceof RegExp ? pattern.source : anyMount;
}

/**
 * Turns the regular expression that Express 4 makes of a mount path back into the path. Of an
 * application's own expression something readable remains, the same for every request.
 */
function decode(expression: RegExp, keys: NonNullable<Layer["keys"]>): string {
  const source = expression.source
    .replaceAll("\\/?(?=\\/|$)", "")
    .replaceAll("|^", "|")
    .replace(/^\^/, "");
  let path = "";
  let key = 0;
  for (let at = 0; at < source.length; at += 1) {
    const char = source.charAt(at);
    if (char === "\\") {
      at += 1;
      path += source.charAt(at);
    } else if (char === "(") {
      const slash = source.startsWith("(?:\\/", at) ? "/" : "";
      at = groupEnd(source, at);
      path += `${slash}:${keys[key]?.name ?? key}`;
      key += 1;
    } else path += char;
  }
  return path;
}

/** The index of the parenthesis that closes the group opened at `open`. */
function groupEnd(source: string, open: number): number {
  let depth = 0;
  for (let at = open; at < source.length; at += 1) {
    const char = source.charAt(at);
    if (char === "\\") at += 1;
    else if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    if (depth === 0) return at;
  }
  return source.length;
}

function mountOf(app: Application): string {
  let prefix = "";
  let at: Application | undefined = app;
  for (let depth = 0; at?.parent !== undefined && depth < maxDepth; depth += 1, at = at.parent)
    prefix = withoutLastSlash(patternText(at.mountpath)) + prefix;
  return prefix;
}

/** The path that the application's router was asked for. */
function pathBelow(request: RoutedRequest, prefix: string): string {
  const path = (request.originalUrl ?? request.url ?? "").split("?", 1)[0] ?? "";
  const segments = prefix === "" ? 0 : prefix.split("/").length - 1;
  return `/${path
    .split("/")
    .slice(1 + segments)
    .join("/")}`;
}

function matches(way: Way, path: string): boolean {
  let rest = path;
  for (const layer of way) {
    const taken = take(layer, rest);
    if (taken === undefined) return false;
    rest = rest.slice(withoutLastSlash(taken).length) || "/";
  }
  return rest === "/";
}

/** The part of the path that the layer takes, or undefined when it does not match. */
function take(layer: Layer, path: string): string | undefined {
  if (layer.slash === true || layer.regexp?.fast_slash === true) return "";
  if (layer.regexp !== undefined) return layer.regexp.exec(path)?.[0];
  for (const matcher of layer.matchers ?? []) {
    const match = matcher(path);
    if (match !== false) return match.path;
  }
  return undefined;
}

function stackOf(handle: unknown): readonly Layer[] | undefined {
  if (typeof handle !== "function" || !("stack" in handle)) return undefined;
  return Array.isArray(handle.stack) ? handle.stack : undefined;
}

function withoutLastSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}
