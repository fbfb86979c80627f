/** `@seaworthy/sdk/security`: headers, CORS, limits and cleaning of what comes in. */
export { BodyGuard, type BodyGuardOptions } from "./body-guard.ts";
export { Cors, type CorsOptions } from "./cors.ts";
export type { CspDirectives } from "./csp.ts";
export {
  cspNonce,
  SecurityHeaders,
  type AnyRequest,
  type SecurityHeadersOptions,
} from "./headers.ts";
export { InputFilter, type InputFilterOptions } from "./input-filter.ts";
export { protectHono, protectKoa, protectNest, protectNode } from "./protect.ts";
export { isCleanTarget, lastOfEach, sanitise, UncleanInput } from "./sanitise.ts";
export type { Place, Step } from "./step.ts";
export { refuseSlowClients, type SlowClientOptions } from "./slow-clients.ts";
