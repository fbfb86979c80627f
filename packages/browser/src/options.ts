/** What a page's kit is told. Everything but the address has a default. */
export interface SeaworthyBrowserOptions {
  /** Where events go, as Sentry writes it: `https://KEY@seaworthy.example.com/1`. */
  readonly dsn?: string;
  /**
   * An address of your own that passes envelopes on, such as `/monitoring`: for pages whose visitors
   * block other domains. With it the `dsn` may be left out.
   */
  readonly endpoint?: string;
  readonly service?: string;
  /** As the server's kit says it, so that an error is seen to begin with a release. */
  readonly release?: string;
  /** Default `production`. */
  readonly environment?: string;
  /** Share of page loads and navigations that are traced, 0 to 1. Default 0.1; `false` traces none. */
  readonly traces?: number | false;
  /**
   * Whose requests carry `traceparent`: parts of URLs, or expressions. Default: the page's own origin.
   * Another origin must allow the headers `traceparent`, `sentry-trace` and `baggage`.
   */
  readonly propagateTo?: readonly (string | RegExp)[];
  /** Default: nothing but what leads to an error. `false` leaves replay out, and does not load it. */
  readonly replay?: ReplayOptions | false;
  /** Whether web vitals are measured. Default true. */
  readonly vitals?: boolean;
  /** Names the screen of a path, such as `/items/:id` for `/items/42`; for vitals and traces. */
  readonly route?: (path: string) => string | undefined;
  /** Whether what the page writes to the console goes with an error. Default false: it is not masked by name. */
  readonly console?: boolean;
  readonly mask?: MaskOptions;
  /** Messages of errors that are not sent. */
  readonly ignoreErrors?: readonly (string | RegExp)[];
  /** Most errors sent in a minute; the others are counted. Default 100. */
  readonly maxErrorsPerMinute?: number;
}

export interface ReplayOptions {
  /** Share of visits recorded from their beginning, 0 to 1. Default 0. */
  readonly sessions?: number;
  /** Share of errors whose last minute is sent, 0 to 1. Default 1. */
  readonly onError?: number;
  /** Shows texts as they are, except what `mask` knows for secret. Default false: stars. */
  readonly showText?: boolean;
  /** Shows pictures and films. Default false: grey boxes. */
  readonly showMedia?: boolean;
  /** Selectors whose texts are shown although the others are not. */
  readonly unmask?: readonly string[];
  /** Selectors that are never shown, in addition to `[data-sentry-block]`. */
  readonly block?: readonly string[];
}

/** What may leave the page although it would be masked, and what may not although it would not be. */
export interface MaskOptions {
  /** Names of query parameters whose values are kept: `["page", "sort"]`. */
  readonly keepParameters?: readonly string[];
  /** More that is secret: expressions with the flag `g`. They are run over every text. */
  readonly also?: readonly RegExp[];
}

/** The options with their defaults, and what was wrong with them. */
export interface Settings {
  readonly dsn: string;
  readonly endpoint: string | undefined;
  readonly service: string | undefined;
  readonly release: string | undefined;
  readonly environment: string;
  readonly traces: number | undefined;
  readonly propagateTo: (string | RegExp)[] | undefined;
  readonly replay:
    | (ReplayOptions & { readonly sessions: number; readonly onError: number })
    | undefined;
  readonly vitals: boolean;
  readonly route: ((path: string) => string | undefined) | undefined;
  readonly console: boolean;
  readonly mask: MaskOptions;
  readonly ignoreErrors: (string | RegExp)[];
  readonly maxErrorsPerMinute: number;
}

const dsnForm =
  /^https?:\/\/[^\s:@/]{1,128}(?::[^\s@/]{0,128})?@[^\s@/]{1,255}(?:\/[^\s@]{0,512})?\/\d{1,19}$/;

/**
 * Fills in the defaults; undefined when nothing says where events go. A wrong option is replaced by
 * its default, and said to `warn`.
 *
 * @param page the page's address, which a relative `endpoint` is below.
 */
export function resolveOptions(
  options: SeaworthyBrowserOptions,
  page: string,
  warn: (message: string) => void,
): Settings | undefined {
  /** One option, if it is of its kind. Reading it may throw: pages are written by many hands. */
  const read = <Value>(
    from: unknown,
    name: string,
    isOfKind: (value: unknown) => value is Value,
    kind: string,
    path = name,
  ): Value | undefined => {
    try {
      const value = isObject(from) ? from[name] : undefined;
      if (value === undefined || isOfKind(value)) return value;
    } catch {
      // It is as good as wrong.
    }
    warn(`${path} is not ${kind}; left out`);
    return undefined;
  };
  const text = (name: string) => read(options, name, isText, "a text");
  const flag = (from: unknown, name: string, path?: string) =>
    read(from, name, isBoolean, "true or false", path);
  const list = <Value>(
    from: unknown,
    name: string,
    isOfKind: (value: unknown) => value is Value,
    kind: string,
    path?: string,
  ): Value[] | undefined => {
    const given = read(from, name, isList, `a list of ${kind}`, path);
    return given?.filter((each): each is Value => {
      try {
        if (isOfKind(each)) return true;
      } catch {
        // As above.
      }
      warn(`${path ?? name} has what is not of ${kind}; left out`);
      return false;
    });
  };
  const share = (from: unknown, name: string, otherwise: number, path = name): number => {
    const value = read(from, name, isNumber, "a share from 0 to 1", path);
    if (value === undefined || (value >= 0 && value <= 1)) return value ?? otherwise;
    warn(`${path} is a share from 0 to 1, not ${value}; taken as ${otherwise}`);
    return otherwise;
  };

  unknownOf(options, optionNames, "").forEach(warn);
  const wanted = text("endpoint");
  const endpoint = wanted === undefined ? undefined : addressOf(wanted, page);
  if (wanted !== undefined && endpoint === undefined) warn(`endpoint is not an address: ${wanted}`);
  const dsn = dsnOf(text("dsn"), endpoint, warn);
  if (dsn === undefined) return undefined;
  const replay = read(options, "replay", isPart, "an object or false");
  const limit = read(options, "maxErrorsPerMinute", isNumber, "a whole number") ?? 100;
  const limitIsSane = Number.isInteger(limit) && limit >= 0;
  if (!limitIsSane) warn(`maxErrorsPerMinute is a whole number; taken as 100`);
  const mask = read(options, "mask", isObject, "an object");
  unknownOf(replay, replayNames, "replay.").forEach(warn);
  unknownOf(mask, maskNames, "mask.").forEach(warn);
  const traced = read(options, "traces", isShareOrFalse, "a share from 0 to 1, or false");
  return {
    dsn,
    endpoint: endpoint?.href,
    service: text("service"),
    release: text("release"),
    environment: text("environment") ?? "production",
    traces: traced === false ? undefined : share({ traces: traced }, "traces", 0.1),
    propagateTo: list(options, "propagateTo", isPattern, "texts and expressions"),
    replay:
      replay === false
        ? undefined
        : {
            sessions: share(replay, "sessions", 0, "replay.sessions"),
            onError: share(replay, "onError", 1, "replay.onError"),
            showText: flag(replay, "showText", "replay.showText") ?? false,
            showMedia: flag(replay, "showMedia", "replay.showMedia") ?? false,
            unmask: list(replay, "unmask", isText, "texts", "replay.unmask") ?? [],
            block: list(replay, "block", isText, "texts", "replay.block") ?? [],
          },
    vitals: flag(options, "vitals") ?? true,
    route: read(options, "route", isRoute, "a function"),
    console: flag(options, "console") ?? false,
    mask: {
      keepParameters: list(mask, "keepParameters", isText, "texts", "mask.keepParameters") ?? [],
      also: list(mask, "also", isExpression, "expressions", "mask.also") ?? [],
    },
    ignoreErrors: list(options, "ignoreErrors", isPattern, "texts and expressions") ?? [],
    maxErrorsPerMinute: limitIsSane ? limit : 100,
  };
}

type Names<Options> = { readonly [name in keyof Required<Options>]: true };

const optionNames: Names<SeaworthyBrowserOptions> = {
  dsn: true,
  endpoint: true,
  service: true,
  release: true,
  environment: true,
  traces: true,
  propagateTo: true,
  replay: true,
  vitals: true,
  route: true,
  console: true,
  mask: true,
  ignoreErrors: true,
  maxErrorsPerMinute: true,
};
const replayNames: Names<ReplayOptions> = {
  sessions: true,
  onError: true,
  showText: true,
  showMedia: true,
  unmask: true,
  block: true,
};
const maskNames: Names<MaskOptions> = { keepParameters: true, also: true };

/** What to say of options that there are none of: a misspelt one changes nothing. */
function unknownOf(part: unknown, names: object, path: string): string[] {
  try {
    return Object.keys(isObject(part) ? part : {})
      .filter((name) => !Object.hasOwn(names, name))
      .map((name) => `there is no option ${path}${name}; left out`);
  } catch {
    return [];
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function isShareOrFalse(value: unknown): value is number | false {
  return typeof value === "number" || value === false;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPart(value: unknown): value is Record<string, unknown> | false {
  return isObject(value) || value === false;
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

function isExpression(value: unknown): value is RegExp {
  return Object.prototype.toString.call(value) === "[object RegExp]";
}

function isPattern(value: unknown): value is string | RegExp {
  return isText(value) || isExpression(value);
}

function isRoute(value: unknown): value is (path: string) => string | undefined {
  return typeof value === "function";
}

function dsnOf(
  dsn: string | undefined,
  endpoint: URL | undefined,
  warn: (message: string) => void,
): string | undefined {
  if (dsn !== undefined && dsnForm.test(dsn)) return dsn;
  if (dsn !== undefined) warn("dsn has not the form https://KEY@HOST/PROJECT");
  // The SDK wants one also where it is not used as an address.
  if (endpoint !== undefined) return `${endpoint.protocol}//browser@${endpoint.host}/1`;
  if (dsn === undefined) warn("neither dsn nor endpoint is given");
  return undefined;
}

function addressOf(endpoint: string, page: string): URL | undefined {
  try {
    const url = new URL(endpoint, page);
    return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
  } catch {
    return undefined;
  }
}
