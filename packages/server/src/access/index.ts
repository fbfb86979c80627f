export { createAccess } from "./access.ts";
export type { Access, Asking } from "./access.ts";
export { isSafeMethod, requestSite } from "./cross-site.ts";
export { AccessError } from "./errors.ts";
export { ingestLimitsOf } from "./tokens.ts";
export { personOf } from "./person.ts";
export { actorOf, authorize } from "./scopes.ts";
export type { Principal, RouteAccess, Scope } from "./scopes.ts";
export type { Started } from "./sign-in.ts";
