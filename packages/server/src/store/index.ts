export * from "./data-folder.ts";
export type { StatementOptions } from "./clickhouse/engine.ts";
export { defaultTelemetryLimits } from "./clickhouse/limits.ts";
export type { TelemetryLimits } from "./clickhouse/limits.ts";
export type {
  ArrayColumn,
  Block,
  Column,
  MapColumn,
  NullableColumn,
} from "./clickhouse/native-format.ts";
export { familyOf } from "./clickhouse/series-identity.ts";
export type { Parameter, Parameters } from "./clickhouse/statement.ts";
export { openTelemetry } from "./clickhouse/telemetry.ts";
export type { Telemetry, TelemetryOptions } from "./clickhouse/telemetry.ts";
export * from "./errors.ts";
export { openRecords } from "./postgres/open.ts";
export type { Db, Records, Tx } from "./postgres/records.ts";
export * from "./postgres/alerts.ts";
export * from "./postgres/audit.ts";
export * from "./postgres/incidents.ts";
export * from "./postgres/notification-log.ts";
export * from "./postgres/notifications.ts";
export * from "./postgres/rule-state.ts";
export * from "./postgres/sessions.ts";
export * from "./postgres/sign-in-links.ts";
export * from "./postgres/silences.ts";
export * from "./postgres/tokens.ts";
export * from "./postgres/users.ts";
