import * as Sentry from "@sentry/browser";
import { createMask } from "./mask.ts";
import { resolveOptions, type SeaworthyBrowserOptions, type Settings } from "./options.ts";
import { quietly, warn } from "./quietly.ts";
import { maskingTransport } from "./transport.ts";

const maxBreadcrumbs = 50;

/**
 * Starts the kit of a page: `seaworthy({ dsn, service: "shop", release })`. Call it once, as early as
 * the page can; it does nothing where there is no page, as in rendering on a server. It never throws.
 */
export function seaworthy(options: SeaworthyBrowserOptions): void {
  quietly(() => {
    if (typeof document === "undefined") return;
    if (Sentry.getClient() !== undefined) {
      warn("Sentry's SDK is running on this page already; it was left as it is");
      return;
    }
    const settings = resolveOptions(options, location.href, warn);
    if (settings === undefined) {
      warn("nothing is sent");
      return;
    }
    start(settings);
  }, undefined);
}

function start(settings: Settings): void {
  const { traces, replay } = settings;
  const routeOf = (path: string) => quietly(() => settings.route?.(path), undefined);
  const currentRoute = () => routeOf(location.pathname);
  Sentry.init({
    dsn: settings.dsn,
    ...(settings.endpoint === undefined ? {} : { tunnel: settings.endpoint }),
    ...(settings.release === undefined ? {} : { release: settings.release }),
    environment: settings.environment,
    transport: maskingTransport(createMask(settings.mask)),
    defaultIntegrations: false,
    integrations: integrations(settings),
    ...(traces === undefined ? {} : { tracesSampleRate: traces }),
    propagateTraceparent: true,
    ...(settings.propagateTo === undefined
      ? {}
      : { tracePropagationTargets: settings.propagateTo }),
    replaysSessionSampleRate: replay?.sessions ?? 0,
    replaysOnErrorSampleRate: replay?.onError ?? 0,
    maxBreadcrumbs,
    ignoreErrors: settings.ignoreErrors,
    enhanceFetchErrorMessages: "report-only",
    dataCollection: {
      userInfo: false,
      cookies: false,
      httpHeaders: false,
      httpBodies: [],
      urlQueryParams: false,
    },
    beforeSend: limited(settings.maxErrorsPerMinute),
    routeProvider: {
      resolveRoute: ({ pathname }) => routeOf(pathname),
      resolveCurrentRoute: currentRoute,
    },
  });
  if (settings.service !== undefined) {
    Sentry.setTag("service", settings.service);
    Sentry.setAttribute("service.name", settings.service);
  }
  afterLoading(() => {
    if (settings.vitals)
      void import("./vitals.ts")
        .then(({ measureVitals }) => measureVitals(currentRoute))
        .catch(notLoaded);
    if (replay !== undefined && replay.sessions + replay.onError > 0)
      void import("./replay.ts").then(({ startReplay }) => startReplay(replay)).catch(notLoaded);
  });
}

function integrations(settings: Settings) {
  return [
    Sentry.eventFiltersIntegration(),
    Sentry.functionToStringIntegration(),
    Sentry.browserApiErrorsIntegration(),
    Sentry.globalHandlersIntegration(),
    Sentry.linkedErrorsIntegration(),
    Sentry.dedupeIntegration(),
    Sentry.httpContextIntegration(),
    Sentry.breadcrumbsIntegration(),
    ...(settings.console ? [Sentry.consoleIntegration()] : []),
    ...(settings.traces === undefined
      ? []
      : // The kit measures vitals of all pages, not only of those that are traced.
        [Sentry.browserTracingIntegration({ webVitals: { ignore: ["cls", "inp", "lcp"] } })]),
  ];
}

/** Lets so many pass in a minute: an error in a loop is one error, and not a flood. */
function limited(perMinute: number): <T>(event: T) => T | null {
  let minute = -1;
  let passed = 0;
  return (event) => {
    const now = Math.floor(performance.now() / 60_000);
    if (now !== minute) {
      minute = now;
      passed = 0;
    }
    passed += 1;
    return passed > perMinute ? null : event;
  };
}

/** Once the page has what it needs for itself. */
function afterLoading(action: () => void): void {
  if (document.readyState === "complete") action();
  else addEventListener("load", () => quietly(action, undefined), { once: true });
}

function notLoaded(error: unknown): void {
  warn(`a part could not be loaded: ${String(error)}`);
}
