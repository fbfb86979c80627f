import type { Logger } from "pino";
import type { Announce, Clock, Labels, Severity } from "../model/index.ts";
import type { Records } from "../store/index.ts";
import { createChanges } from "./changes/changes.ts";
import type { Changes } from "./changes/changes.ts";
import { createChat } from "./chat/chat.ts";
import type { Chat } from "./chat/chat.ts";
import type { ChatConfig } from "./chat/config.ts";
import { createSlackDoor } from "./chat/slack/door.ts";
import type { SlackDoor } from "./chat/slack/door.ts";
import { createControls } from "./controls/controls.ts";
import type { Controls } from "./controls/interface.ts";
import { createIncidentFigures } from "./figures/figures.ts";
import type { IncidentFigures } from "./figures/figures.ts";
import { createIncidents } from "./incidents/incidents.ts";
import type { Incidents } from "./incidents/incidents.ts";
import { DEFAULT_PICTURE_LIMITS } from "./incidents/notes.ts";
import type { PictureLimits } from "./incidents/notes.ts";
import { DEFAULT_INCIDENT_POLICY, serviceOf, severityOf } from "./incidents/policy.ts";
import type { IncidentPolicy } from "./incidents/policy.ts";
import { ServiceMap, watchServiceMap } from "./incidents/service-map.ts";
import type { CallsBetween } from "./incidents/service-map.ts";
import { createLogBursts } from "./log-bursts/log-bursts.ts";
import type { ErrorLogs } from "./log-bursts/log-bursts.ts";
import { createOnCall } from "./on-call/on-call.ts";
import type { OnCall } from "./on-call/on-call.ts";
import { createShifts } from "./on-call/shifts.ts";
import type { Shifts } from "./on-call/shifts.ts";
import { createContactBook } from "./paging/contact-book.ts";
import type { ContactBook } from "./paging/contact-book.ts";
import { createPaging } from "./paging/paging.ts";
import type { Paging } from "./paging/paging.ts";
import { createPolicies } from "./paging/policies.ts";
import type { Policies } from "./paging/policies.ts";
import type { PagingConfig } from "./paging/send-page.ts";
import { createPostMortems } from "./post-mortems/post-mortems.ts";
import type { MeasureImpact, PostMortemPolicy, PostMortems } from "./post-mortems/post-mortems.ts";
import { createReminders } from "./post-mortems/reminders.ts";
import type { RunbookAction } from "./runbooks/actions/action.ts";
import { createRunbookActions } from "./runbooks/actions/actions.ts";
import type { RunbookActions } from "./runbooks/actions/interface.ts";
import type { CheckQuery } from "./runbooks/runbook.ts";
import { createRunbooks } from "./runbooks/runbooks.ts";
import type { LeadingRule, Runbooks } from "./runbooks/runbooks.ts";
import type { StatusProbes } from "./status-page/found.ts";
import { createStatusPage } from "./status-page/status-page.ts";
import type { StatusPage } from "./status-page/status-page.ts";
import type { StatusWorld } from "./status-page/world.ts";
import { createNews } from "./subscribers/news.ts";
import type { News } from "./subscribers/news.ts";

/** How the room behaves: the parts of seaworthy.yml that are about people and incidents. */
export interface RespondConfig {
  /** What differs from DEFAULT_INCIDENT_POLICY, and how much of pictures is kept. */
  readonly incidents: Partial<IncidentPolicy> & { readonly pictures?: PictureLimits };
  readonly paging: PagingConfig;
  readonly chat: ChatConfig;
  /** The folder of the runbooks that are shipped, and the user's. */
  readonly runbooks: {
    readonly defaults: string;
    readonly folder: string | undefined;
    readonly actions: readonly RunbookAction[];
  };
  readonly postMortems: PostMortemPolicy;
  /** Where visitors find the status page, without a slash at the end. */
  readonly statusPage: { readonly url: string };
}

export interface RespondOptions {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly announce: Announce;
  /** This server's name among several over the same records. */
  readonly server: string;
  /** Where people reach this installation: links begin with it. */
  readonly externalURL: string;
  readonly config: RespondConfig;
  /** Where the status page is kept for times without a database. */
  readonly snapshotFile: string;
  /** Takes the status page as it is now, to be shown. */
  readonly publish: (world: StatusWorld) => void;
  readonly probes: StatusProbes;
  readonly measure: MeasureImpact;
  readonly checkQuery: CheckQuery;
  /** The alerting rules as they are. */
  readonly rules: () => readonly LeadingRule[];
  /** Which services called which between two times, ms. */
  readonly serviceCalls: CallsBetween;
  readonly errorLogs: ErrorLogs;
  /** 0 to 1, for the jitter between attempts. */
  readonly random?: () => number;
}

/** People working on what is wrong: the services of this room, connected. */
export interface Respond {
  readonly incidents: Incidents;
  /** What those who are kept informed of an incident are told. */
  readonly news: News;
  readonly changes: Changes;
  readonly figures: IncidentFigures;
  readonly onCall: OnCall;
  readonly shifts: Shifts;
  readonly paging: Paging;
  readonly policies: Policies;
  readonly contacts: ContactBook;
  readonly controls: Controls;
  readonly chat: Chat;
  /** What Slack calls. */
  readonly slackDoor: SlackDoor;
  readonly runbooks: Runbooks;
  readonly runbookActions: RunbookActions;
  readonly postMortems: PostMortems;
  readonly statusPage: StatusPage;
  serviceOf(labels: Labels): string | null;
  /** Hears the news of all rooms: what is told in a chat is looked after at once. */
  hear(news: Parameters<Announce>[0]): void;
  /** Takes over what may change while it runs: the actions of runbooks, and the chats. */
  apply(config: Pick<RespondConfig, "runbooks" | "chat">): Promise<void>;
  /** Begins what goes on by itself: paging, reminding, telling, keeping the status page. */
  start(): void;
  /** Ends that; awaits what is under way. */
  stop(): Promise<void>;
}

/** Connects the room's services; none does anything by itself before `start`. */
export function createRespond(options: RespondOptions): Respond {
  const { records, clock, log, externalURL, config } = options;
  const { severities } = config.postMortems;
  const told = { records, clock, log, announce: options.announce, externalURL };

  const chat = createChat({ ...told, config: config.chat });
  const paging = createPaging({ ...told, config: config.paging });
  const map = new ServiceMap();
  const { pictures = DEFAULT_PICTURE_LIMITS, ...changed } = config.incidents;
  const policy: IncidentPolicy = { ...DEFAULT_INCIDENT_POLICY, ...changed };
  const incidents = createIncidents({ ...told, policy, paging, calls: map, pictures });
  const news = createNews({ ...told, config: config.paging });
  const logBursts = createLogBursts({
    ...told,
    errorLogs: options.errorLogs,
    serviceLabels: policy.serviceLabels,
  });
  const controls = createControls(told);
  const statusPage = createStatusPage({
    ...options,
    url: config.statusPage.url,
    config: config.paging,
    severityOf: (labels): Severity | undefined => severityOf(policy, labels),
  });
  const reminders = createReminders({ ...told, severities, paging });
  const runbookActions = createRunbookActions({
    ...told,
    server: options.server,
    actions: config.runbooks.actions,
    labelsOf: (idOrNumber, runbook) => runbooks.labelsOf(idOrNumber, runbook),
  });
  const runbooks = createRunbooks({
    ...told,
    ...config.runbooks,
    incidents,
    actionTitles: () => new Map(runbookActions.list().map(({ name, title }) => [name, title])),
    checkQuery: options.checkQuery,
    rules: options.rules,
  });
  // What goes on by itself, in the order in which it begins.
  const parts = [
    controls,
    paging,
    news,
    statusPage,
    chat,
    reminders,
    runbookActions,
    logBursts,
  ] as const;
  let watching: { stop(): Promise<void> } | undefined;

  return {
    incidents,
    news,
    changes: createChanges(told),
    figures: createIncidentFigures({ records, now: () => clock.now(), severities }),
    onCall: createOnCall(told),
    shifts: createShifts(told),
    paging,
    policies: createPolicies(told),
    contacts: createContactBook({ records, clock, paging }),
    controls,
    chat,
    slackDoor: createSlackDoor({ ...told, slack: chat.slack, incidents, controls }),
    runbooks,
    runbookActions,
    postMortems: createPostMortems({
      ...told,
      incidents,
      policy: config.postMortems,
      measure: options.measure,
      published: (actor, { id, number }) =>
        statusPage.tellPostMortem(actor, id, `${externalURL}/public/post-mortems/${number}`),
    }),
    statusPage,
    serviceOf: (labels) => serviceOf(policy, labels),
    hear(news) {
      if (news.topic === "incidents") chat.wake();
    },
    async apply({ runbooks: { actions }, chat: places }) {
      runbookActions.apply(actions);
      await chat.apply(places);
    },
    start() {
      watching = watchServiceMap({ map, calls: options.serviceCalls, clock, log });
      for (const part of parts) part.start();
    },
    async stop() {
      await watching?.stop();
      for (const part of parts.toReversed()) await part.stop();
    },
  };
}
