export { languageOfGenerator } from "./incidents/expression.ts";
export { createIncidents } from "./incidents/incidents.ts";
export type { IncidentDetail, Incidents } from "./incidents/incidents.ts";
export { DEFAULT_INCIDENT_POLICY, serviceOf } from "./incidents/policy.ts";
export { createOnCall } from "./on-call/on-call.ts";
export type { OnCall } from "./on-call/on-call.ts";
