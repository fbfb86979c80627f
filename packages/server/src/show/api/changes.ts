import { listChanges, recordChange } from "@seaworthy/contract";
import type { RecordedChange } from "@seaworthy/contract";
import type { Changes } from "../../respond/index.ts";
import { actorOfRequest } from "../request.ts";
import type { Serve } from "./serve.ts";

type ChangeRecord = Awaited<ReturnType<Changes["record"]>>;

const changeView = (change: ChangeRecord): RecordedChange => ({
  id: change.id,
  at: change.at.toISOString(),
  kind: change.kind,
  title: change.title,
  service: change.service,
  environment: change.environment,
  version: change.version,
  url: change.url,
  actor: change.actor,
});

/** What was changed, and when. */
export function serveChanges(serve: Serve, changes: Changes): void {
  serve(recordChange, async ({ body: { at, ...draft }, request }) =>
    changeView(
      await changes.record(actorOfRequest(request), {
        ...draft,
        at: at === null ? null : Date.parse(at),
      }),
    ),
  );
  serve(listChanges, async ({ query: { from, to, service, limit } }) => ({
    changes: (
      await changes.list({
        from: new Date(from),
        to: new Date(to),
        services: service === undefined ? undefined : [service],
        limit,
      })
    ).map(changeView),
  }));
}
