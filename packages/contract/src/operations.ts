import {
  createToken,
  getSession,
  listAudit,
  listTokens,
  revokeToken,
  setAccount,
  signIn,
  signInByLink,
  signOut,
  signOutElsewhere,
} from "./access.ts";
import { getCardinality } from "./cardinality.ts";
import {
  acknowledgeIncident,
  alertmanagerWebhook,
  commentIncident,
  getIncident,
  listIncidents,
  openIncident,
  resolveIncident,
} from "./incidents.ts";
import { getAlertHistory, getNoise, listUnusedRules, suggestInhibitions } from "./noise.ts";
import type { Operation } from "./operation.ts";
import { getOverview, listAlerts, listNotifications } from "./overview.ts";
import { invitePerson, listPeople } from "./people.ts";
import { getWatchdog, listReceivers, testReceiver } from "./receivers.ts";
import { explainRouting, getRouting } from "./routing.ts";
import { previewRule } from "./rule-preview.ts";
import {
  addOverrides,
  createCalendarLink,
  createSchedule,
  deleteOverride,
  deleteSchedule,
  getDuties,
  getOnCall,
  listSchedules,
  previewSchedule,
  replaceSchedule,
  revokeCalendarLinks,
} from "./schedules.ts";

/** Every operation of the own API by its OpenAPI operationId. The server serves them all. */
export const operations: Readonly<Record<string, Operation>> = {
  getSession,
  signIn,
  signInByLink,
  signOut,
  signOutElsewhere,
  setAccount,
  listTokens,
  createToken,
  revokeToken,
  listAudit,
  listPeople,
  invitePerson,
  listIncidents,
  openIncident,
  getIncident,
  acknowledgeIncident,
  resolveIncident,
  commentIncident,
  alertmanagerWebhook,
  getOverview,
  listAlerts,
  listNotifications,
  listReceivers,
  testReceiver,
  getWatchdog,
  getRouting,
  explainRouting,
  previewRule,
  getAlertHistory,
  getNoise,
  suggestInhibitions,
  listUnusedRules,
  getCardinality,
  getOnCall,
  listSchedules,
  createSchedule,
  replaceSchedule,
  deleteSchedule,
  getDuties,
  previewSchedule,
  addOverrides,
  deleteOverride,
  createCalendarLink,
  revokeCalendarLinks,
};
