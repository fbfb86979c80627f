/**
 * `@seaworthy/sdk/edge`: traces, logs and errors for runtimes that have `fetch` and nothing of Node:
 * Cloudflare Workers, Deno, Vercel's and Supabase's Edge Functions.
 */
import { Outbox } from "./edge/outbox.ts";
import { EdgeRequest, type EdgeSettings, type RequestTools } from "./edge/request.ts";
import { optionReader, type OptionNames } from "./known-options.ts";
import { Allowances } from "./traces/allowance.ts";

export { EdgeControls, type EdgeControlsOptions, type EdgeControlValues } from "./edge/controls.ts";
export type { RequestTools } from "./edge/request.ts";

export interface EdgeOptions {
  readonly service: string;
  readonly environment?: string;
  readonly version?: string;
  /** Seaworthy's address; nothing is sent without it. */
  readonly url?: string | undefined;
  /** An ingest key; nothing is sent without it. */
  readonly key?: string | undefined;
  /** Whether log lines are also written to the console, as JSON. Default: true. */
  readonly console?: boolean;
  /** Ordinary traces that are kept in a second; failed and slow ones come on top. Default: 10. */
  readonly perSecond?: number;
  /** From this duration on a trace is slow, in milliseconds. Default: 1000. */
  readonly slowMs?: number;
}

/** What runtimes give a handler to go on after its response. */
interface Waiting {
  waitUntil?(work: Promise<unknown>): void;
}

type EdgeHandler<Environment, Context> = (
  request: Request,
  environment: Environment,
  context: Context,
  tools: RequestTools,
) => Response | Promise<Response>;

/**
 * Wraps a fetch handler. Where the address and the key come with each request, as in Workers, give a
 * function:
 * `export default { fetch: seaworthy((env) => ({ service: "shop", url: env.URL, key: env.KEY }), handler) }`.
 */
export function seaworthy<Environment, Context>(
  options: EdgeOptions | ((environment: Environment) => EdgeOptions),
  handler: EdgeHandler<Environment, Context>,
): (request: Request, environment: Environment, context: Context) => Promise<Response> {
  let settings: EdgeSettings | undefined;
  return async (request, environment, context) => {
    settings ??= settingsFor(options, environment);
    const { outbox } = settings;
    const watched = new EdgeRequest(request, settings);
    try {
      const response = await handler(request, environment, context, watched);
      return watched.answered(response);
    } catch (error) {
      watched.failed(error);
      throw error;
    } finally {
      try {
        const sending = outbox.flushSoon();
        if (sending !== undefined) (context as Waiting | null | undefined)?.waitUntil?.(sending);
      } catch {
        // A runtime that does not wait: what is held goes as long as it goes on by itself.
      }
    }
  };
}

function settingsFor<Environment>(
  options: EdgeOptions | ((environment: Environment) => EdgeOptions),
  environment: Environment,
): EdgeSettings {
  const problem = (text: string) => console.warn(`seaworthy: ${text}`);
  try {
    return settingsOf(typeof options === "function" ? options(environment) : options, problem);
  } catch {
    problem("the options cannot be read; nothing is sent");
    return settingsOf({ service: "app" }, problem);
  }
}

const optionNames: OptionNames<EdgeOptions> = {
  service: true,
  environment: true,
  version: true,
  url: true,
  key: true,
  console: true,
  perSecond: true,
  slowMs: true,
};

/** Fills in defaults, also for what is of a wrong kind, which is said. */
function settingsOf(options: EdgeOptions, problem: (text: string) => void): EdgeSettings {
  for (const name of Object.keys(options))
    if (!Object.hasOwn(optionNames, name)) problem(`there is no option ${JSON.stringify(name)}`);
  const of = optionReader(options, (name, otherwise) =>
    problem(`${name} is of a wrong kind; using ${String(otherwise)}`),
  );
  const isText = (value: unknown) => typeof value === "string" && value !== "";
  const isCount = (value: unknown) => Number.isFinite(value) && Number(value) >= 0;
  const service = of("service", isText, "app");
  const environment = of("environment", isText, "production");
  const perSecond = of("perSecond", isCount, 10);
  const { url, key } = options;
  const wanted = isText(url) || isText(key);
  const target =
    isText(url) && isText(key) && URL.canParse(String(url))
      ? { url: String(url), key: String(key) }
      : undefined;
  if (wanted && target === undefined)
    problem("url must be an address and key an ingest key; nothing is sent");
  return {
    outbox: new Outbox(target, {
      service,
      environment,
      version: of("version", isText, "0.0.0"),
      instance: crypto.randomUUID(),
    }),
    service,
    environment,
    console: of("console", (value) => typeof value === "boolean", true),
    slowMs: of("slowMs", isCount, 1_000),
    allowances: new Allowances(perSecond),
  };
}
