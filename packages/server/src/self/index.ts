export { createSelfMetrics, DROP_REASONS } from "./metrics.ts";
export type { DropReason, DropSubject, SelfMetrics } from "./metrics.ts";
