export type { IncidentDetail } from "./incidents/desk.ts";
export { createControls } from "./controls/controls.ts";
export type { Controls, Operator } from "./controls/interface.ts";
export { createChat } from "./chat/chat.ts";
export type { Chat } from "./chat/chat.ts";
export type { ChatConfig } from "./chat/config.ts";
export { ChatError } from "./chat/errors.ts";
export { createSlackDoor } from "./chat/slack/door.ts";
export type { SlackDoor } from "./chat/slack/door.ts";
export { languageOfGenerator } from "./incidents/expression.ts";
export { createIncidents } from "./incidents/incidents.ts";
export type { Incidents } from "./incidents/incidents.ts";
export { statesAfter } from "./incidents/states.ts";
export { DEFAULT_INCIDENT_POLICY, serviceOf, severityOf } from "./incidents/policy.ts";
export { createOnCall } from "./on-call/on-call.ts";
export type { OnCall } from "./on-call/on-call.ts";
export { createShifts } from "./on-call/shifts.ts";
export type { Shift, Shifts } from "./on-call/shifts.ts";
export { createContactBook } from "./paging/contact-book.ts";
export type { ContactBook } from "./paging/contact-book.ts";
export { PagingError } from "./paging/errors.ts";
export { escapeHtml } from "./paging/message.ts";
export { createPaging } from "./paging/paging.ts";
export type { Paging } from "./paging/paging.ts";
export { createPolicies } from "./paging/policies.ts";
export type { Policies } from "./paging/policies.ts";
export type { PagingConfig } from "./paging/send-page.ts";
export { createPostMortems } from "./post-mortems/post-mortems.ts";
export type {
  PostMortemDetail,
  PostMortemPolicy,
  PostMortems,
} from "./post-mortems/post-mortems.ts";
export type { MeasuredImpact } from "./post-mortems/template.ts";
export { createReminders } from "./post-mortems/reminders.ts";
export { readRunbook } from "./runbooks/runbook.ts";
export type { CheckQuery } from "./runbooks/runbook.ts";
export { createRunbooks } from "./runbooks/runbooks.ts";
export type { FilledRunbook, Runbooks } from "./runbooks/runbooks.ts";
export type { ProbeSource, StatusProbes } from "./status-page/found.ts";
export type { DayHistory } from "./status-page/history.ts";
export { stateInWords } from "./status-page/messages.ts";
export { indicatorOf } from "./status-page/state.ts";
export { createStatusPage, readStatusSnapshot } from "./status-page/status-page.ts";
export type { StatusPage } from "./status-page/status-page.ts";
export { UPDATE_TEMPLATES } from "./status-page/templates.ts";
export type { ShownComponent, ShownPost, StatusWorld } from "./status-page/world.ts";
