import type { FastifyPluginAsync } from "fastify";
import type { Access } from "../../access/index.ts";
import { authorize } from "../../access/index.ts";
import type { SavedRules } from "../../evaluate/index.ts";
import type { Clock, Labels } from "../../model/index.ts";
import type {
  Chat,
  ContactBook,
  Controls,
  Changes,
  IncidentFigures,
  Incidents,
  OnCall,
  Paging,
  Policies,
  PostMortems,
  RunbookActions,
  Runbooks,
  Shifts,
  StatusPage,
} from "../../respond/index.ts";
import { HTTP_LIMITS } from "../limits.ts";
import type { HttpLimits } from "../limits.ts";
import type { Live } from "../live.ts";
import { sessionCookie } from "../session-cookie.ts";
import { serveAccess } from "./access.ts";
import { serveCardinality } from "./cardinality.ts";
import { serveChanges } from "./changes.ts";
import { serveIncidentFigures } from "./incident-figures.ts";
import { serveIncidentNotes } from "./incident-notes.ts";
import { serveIncidentWork } from "./incident-work.ts";
import { serveControls } from "./controls.ts";
import { serveChat } from "./chat.ts";
import { serveIncidents } from "./incidents.ts";
import { serveNoise } from "./noise.ts";
import { openApiDocument } from "./openapi.ts";
import { serveOverview } from "./overview.ts";
import { servePaging } from "./paging.ts";
import { servePeople } from "./people.ts";
import { servePostMortems } from "./post-mortems.ts";
import { serveReceivers } from "./receivers.ts";
import { serveRouting } from "./routing.ts";
import { serveRulePreview } from "./rule-preview.ts";
import { serveRunbookRuns } from "./runbook-runs.ts";
import { serveRunbooks } from "./runbooks.ts";
import { serveSavedRules } from "./saved-rules.ts";
import { serveSchedules } from "./schedules.ts";
import { serveShifts } from "./shifts.ts";
import { serveSavedViews } from "./saved-views.ts";
import { serveOn } from "./serve.ts";
import type { ApiSources } from "./sources.ts";
import { serveStatusPage } from "./status-page.ts";
import { serveTraces } from "./traces.ts";

export interface ApiDeps {
  readonly access: Access;
  readonly incidents: Incidents;
  readonly changes: Changes;
  readonly figures: IncidentFigures;
  readonly onCall: OnCall;
  readonly shifts: Shifts;
  readonly paging: Paging;
  readonly chat: Pick<Chat, "places" | "test">;
  readonly savedRules: SavedRules;
  readonly controls: Controls;
  readonly policies: Policies;
  readonly contacts: ContactBook;
  readonly runbooks: Runbooks;
  readonly runbookActions: RunbookActions;
  readonly statusPage: StatusPage;
  /** Where visitors find the status page. */
  readonly statusPageUrl: string;
  readonly postMortems: PostMortems;
  readonly live: Live;
  readonly sources: ApiSources;
  readonly clock: Clock;
  readonly externalURL?: string | undefined;
  /** The service that labels name, or null. */
  readonly serviceOf: (labels: Labels) => string | null;
  readonly version: string;
  readonly limits?: Partial<HttpLimits>;
  /** Whether answers are held against the contract: for tests. */
  readonly checkAnswers?: boolean;
}

/** The own API: every operation of the contract, live updates, and the description of it all. */
export function apiRoutes(deps: ApiDeps): FastifyPluginAsync {
  const limits = { ...HTTP_LIMITS, ...deps.limits };
  const cookie = sessionCookie(deps.externalURL);
  return async (app) => {
    const serve = serveOn(app, deps.checkAnswers ?? false);
    serveAccess(serve, { access: deps.access, cookie });
    serveIncidents(serve, { incidents: deps.incidents, limits });
    serveIncidentWork(serve, deps.incidents);
    serveIncidentNotes(app, serve, { incidents: deps.incidents, limits });
    serveChanges(serve, deps.changes);
    serveIncidentFigures(serve, deps.figures, deps.clock);
    serveOverview(serve, {
      ...deps,
      limits,
      onServicesFailed: (err) => app.log.warn({ err }, "the services' figures cannot be read"),
    });

    serveControls(serve, deps.controls);
    serveReceivers(serve, deps.sources);
    serveRouting(serve, deps.sources.routing);
    serveSavedViews(serve, deps.sources.views, deps.clock);
    serveRulePreview(serve, deps.sources, deps.clock);
    serveNoise(serve, deps.sources, deps.clock);
    serveCardinality(serve, deps.sources, deps.clock);
    const { externalURL = "" } = deps;
    servePeople(serve, { access: deps.access, externalURL });
    servePaging(serve, deps);
    serveRunbooks(serve, deps);
    serveRunbookRuns(serve, deps);
    serveChat(serve, deps.chat);
    servePostMortems(serve, deps);
    serveSavedRules(serve, deps);
    serveStatusPage(serve, deps.statusPage, deps.statusPageUrl);
    serveSchedules(serve, { onCall: deps.onCall, externalURL });
    serveShifts(serve, deps);

    // Calendars send no credentials: the secret in the address is one.
    app.get<{ Params: { secret: string } }>(
      "/calendars/:secret(^[\\w-]{43}).ics",
      { config: { access: "public" } },
      async ({ params }, reply) =>
        reply
          .type("text/calendar; charset=utf-8")
          .header("cache-control", "no-store")
          .send(await deps.onCall.calendar(params.secret)),
    );
    serveTraces(serve, deps.sources, deps.clock);

    const stream = { config: { access: "read" }, exposeHeadRoute: false } as const;
    app.get("/api/live", stream, (request, reply) => {
      deps.live.watch(request, reply, async () => {
        const asking = await deps.access.identify(request.headers, cookie.read(request));
        return authorize(asking?.principal, "read");
      });
    });

    const openApi = JSON.stringify(openApiDocument(deps.version));
    app.get("/api/openapi.json", { config: { access: "read" } }, async (_, reply) =>
      reply.type("application/json").send(openApi),
    );
  };
}
