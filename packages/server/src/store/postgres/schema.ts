import type { Migration } from "./migration.ts";
import { accessMigrations } from "./tables/access.ts";
import type { AccessTables } from "./tables/access.ts";
import { controlMigrations } from "./tables/controls.ts";
import type { ControlTables } from "./tables/controls.ts";
import { chatMigrations } from "./tables/chat.ts";
import type { ChatTables } from "./tables/chat.ts";
import { changeMigrations } from "./tables/changes.ts";
import type { ChangeTables } from "./tables/changes.ts";
import { digestMigrations } from "./tables/digests.ts";
import type { DigestTables } from "./tables/digests.ts";
import { escalationMigrations } from "./tables/escalations.ts";
import type { EscalationTables } from "./tables/escalations.ts";
import { firingMigrations } from "./tables/firings.ts";
import type { FiringTables } from "./tables/firings.ts";
import { handoverNoteMigrations } from "./tables/handover-notes.ts";
import type { HandoverNoteTables } from "./tables/handover-notes.ts";
import { incidentAlertOrder, incidentMigrations } from "./tables/incidents.ts";
import type { IncidentTables } from "./tables/incidents.ts";
import { incidentNewsMigrations } from "./tables/incident-news.ts";
import type { IncidentNewsTables } from "./tables/incident-news.ts";
import { incidentPictureMigrations } from "./tables/incident-pictures.ts";
import type { IncidentPictureTables } from "./tables/incident-pictures.ts";
import { incidentWorkMigrations } from "./tables/incident-work.ts";
import type { IncidentWorkTables } from "./tables/incident-work.ts";
import { leaseMigrations } from "./tables/leases.ts";
import type { LeaseTables } from "./tables/leases.ts";
import { logBurstMigrations } from "./tables/log-bursts.ts";
import type { LogBurstTables } from "./tables/log-bursts.ts";
import { notificationMigrations } from "./tables/notifications.ts";
import type { NotificationTables } from "./tables/notifications.ts";
import { postMortemMigrations } from "./tables/post-mortems.ts";
import type { PostMortemTables } from "./tables/post-mortems.ts";
import { pushMigrations } from "./tables/push.ts";
import { receiverMigrations } from "./tables/receivers.ts";
import type { ReceiverTables } from "./tables/receivers.ts";
import { ruleStateMigrations } from "./tables/rule-state.ts";
import type { RuleStateTables } from "./tables/rule-state.ts";
import { runbookMigrations } from "./tables/runbooks.ts";
import type { RunbookTables } from "./tables/runbooks.ts";
import { runbookRunMigrations } from "./tables/runbook-runs.ts";
import type { RunbookRunTables } from "./tables/runbook-runs.ts";
import { savedViewMigrations } from "./tables/saved-views.ts";
import type { SavedViewTables } from "./tables/saved-views.ts";
import { scheduleMigrations } from "./tables/schedules.ts";
import type { ScheduleTables } from "./tables/schedules.ts";
import { statusPageMigrations } from "./tables/status-page.ts";
import type { StatusPageTables } from "./tables/status-page.ts";

/** Every table. Each noun keeps its own in `tables/`. */
export interface Schema
  extends
    AccessTables,
    ControlTables,
    ChatTables,
    ChangeTables,
    DigestTables,
    EscalationTables,
    FiringTables,
    HandoverNoteTables,
    IncidentNewsTables,
    IncidentPictureTables,
    IncidentTables,
    IncidentWorkTables,
    LeaseTables,
    LogBurstTables,
    NotificationTables,
    PostMortemTables,
    ReceiverTables,
    RuleStateTables,
    RunbookRunTables,
    RunbookTables,
    SavedViewTables,
    ScheduleTables,
    StatusPageTables {}

/** Every migration, oldest first. New ones are appended; old ones are never edited once released. */
export const migrations: readonly Migration[] = [
  ...accessMigrations,
  ...incidentMigrations,
  ...notificationMigrations,
  ...ruleStateMigrations,
  ...receiverMigrations,
  ...firingMigrations,
  ...leaseMigrations,
  ...scheduleMigrations,
  ...escalationMigrations,
  ...digestMigrations,
  ...savedViewMigrations,
  ...incidentWorkMigrations,
  ...runbookMigrations,
  ...handoverNoteMigrations,
  ...statusPageMigrations,
  ...controlMigrations,
  ...chatMigrations,
  ...postMortemMigrations,
  ...changeMigrations,
  ...incidentAlertOrder,
  ...runbookRunMigrations,
  ...pushMigrations,
  ...incidentPictureMigrations,
  ...incidentNewsMigrations,
  ...logBurstMigrations,
];
