/**
 * `@seaworthy/sdk/edge`: traces, logs and errors for runtimes that have `fetch` and nothing of Node:
 * Cloudflare Workers, Deno, Vercel's and Supabase's Edge Functions.
 */
import { Outbox } from "./edge/outbox.ts";
import { EdgeRequest, type EdgeSettings, type RequestTools } from "./edge/request.ts";
import { Allowance } from "./traces/allowance.ts";

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
    settings ??= settingsOf(typeof options === "function" ? options(environment) : options);
    const { outbox } = settings;
    const watched = new EdgeRequest(request, settings);
    try {
      const response = await handler(request, environment, context, watched);
      return watched.answered(response);
    } catch (error) {
      watched.failed(error);
      throw error;
    } finally {
      const sending = outbox.flushSoon();
      if (sending !== undefined) (context as Waiting | undefined)?.waitUntil?.(sending);
    }
  };
}

function settingsOf(options: EdgeOptions): EdgeSettings {
  const { service, environment = "production", version = "0.0.0", url, key } = options;
  const target = url !== undefined && key !== undefined && URL.canParse(url);
  const perSecond = options.perSecond ?? 10;
  return {
    outbox: new Outbox(target ? { url, key } : undefined, {
      service,
      environment,
      version,
      instance: crypto.randomUUID(),
    }),
    service,
    environment,
    console: options.console ?? true,
    slowMs: options.slowMs ?? 1_000,
    ordinary: new Allowance(perSecond),
    notable: new Allowance(perSecond * 10),
  };
}
