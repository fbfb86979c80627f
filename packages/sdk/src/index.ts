/** `@seaworthy/sdk`: what an application installs. Adapters are in `/fastify` and `/express`. */
export { currentRequest, type RequestContext } from "./context.ts";
export type {
  Check,
  CheckOptions,
  CheckResult,
  ComponentReport,
  Health,
  HealthReport,
} from "./health/health.ts";
export type { HealthStatus } from "./health/judgement.ts";
export type { CaptureOptions } from "./errors/exception.ts";
export type { Breadcrumb, User } from "./errors/scope.ts";
export { createKit, type JobOptions, type Kit } from "./kit.ts";
export type { Description, Labels } from "./metrics/business.ts";
export type { KitOptions } from "./options.ts";
export type { Span, SpanOptions } from "./traces/tracer.ts";
export { gracefulShutdown, type Shutdown, type ShutdownOptions } from "./shutdown.ts";
