export { apiRoutes } from "./api/routes.ts";
export type { ApiDeps } from "./api/routes.ts";
export type { ApiSources, RunningAlert, SeriesPoints } from "./api/sources.ts";
export { createHttp } from "./http.ts";
export type { Http, HttpDeps } from "./http.ts";
export type { HealthCheck } from "./health.ts";
export { createLive } from "./live.ts";
export type { Live } from "./live.ts";
