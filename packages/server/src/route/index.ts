/** The alert pipeline: from alerts to notifications and incidents. */
export { loadRouteConfig } from "./config/load.ts";
export { MatcherSyntaxError, parseMatcher } from "./config/matchers.ts";
export type { InhibitRule, RouteConfig } from "./config/route-config.ts";
export { matchRoutes } from "./config/route-tree.ts";
export { alertFault } from "./dispatch/alert-book.ts";
export type { IncomingAlert } from "./dispatch/alert-book.ts";
export { WATCHDOG } from "./heartbeat.ts";
export { RouteError } from "./errors.ts";
export type { Explanation, PlacedRoute } from "./explain.ts";
export type { InhibitionSuggestion } from "./noise/suggestions.ts";
export { createRouter } from "./router.ts";
export type { Router, RouterOptions } from "./router.ts";
export { silenceState } from "./stages/silence.ts";
export type { SilenceState } from "./stages/silence.ts";
export type { AlertView } from "./views.ts";
