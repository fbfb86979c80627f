/** `@seaworthy/sdk`: what an application installs. Adapters are in `/fastify` and `/express`. */
export { currentRequest, type RequestContext } from "./context.ts";
export type {
  Check,
  CheckOptions,
  CheckResult,
  Health,
  HealthReport,
  HealthStatus,
} from "./health.ts";
export { createKit, type Kit } from "./kit.ts";
export type { Description, Labels } from "./metrics/business.ts";
export type { KitOptions } from "./options.ts";
