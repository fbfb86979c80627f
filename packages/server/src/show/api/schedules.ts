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
} from "@seaworthy/contract";
import type { Duty, Schedule } from "@seaworthy/contract";
import type { Duty as ModelDuty } from "../../model/index.ts";
import type { OnCall } from "../../respond/index.ts";
import { actorOfRequest } from "../request.ts";
import type { Serve } from "./serve.ts";

const instant = (at: number) => new Date(at).toISOString();

const dutyView = ({ personId, from, to, by }: ModelDuty): Duty => ({
  personId,
  from: instant(from),
  to: instant(to),
  layer: "layer" in by ? by.layer : null,
  override: "override" in by ? by.override : null,
});

const layersView = (layers: readonly (readonly ModelDuty[])[]) =>
  layers.map((duties) => duties.map(dutyView));

const scheduleView = (schedule: Awaited<ReturnType<OnCall["list"]>>[number]): Schedule => ({
  id: schedule.id,
  name: schedule.name,
  timeZone: schedule.timeZone,
  layers: schedule.layers.map((layer) => ({
    ...layer,
    people: [...layer.people],
    windows: layer.windows.map((window) => ({ ...window, days: [...window.days] })),
  })),
  version: schedule.version,
  updatedAt: schedule.updatedAt.toISOString(),
});

const personView = ({ id, name, email }: { id: string; name: string; email: string }) => ({
  id,
  name,
  email,
});

/** On-call schedules, and who is on call. */
export function serveSchedules(
  serve: Serve,
  { onCall, externalURL }: { readonly onCall: OnCall; readonly externalURL: string },
): void {
  serve(getOnCall, async () => ({
    schedules: (await onCall.now()).map(({ schedule, now, next }) => ({
      schedule: { id: schedule.id, name: schedule.name, timeZone: schedule.timeZone },
      now:
        now === undefined
          ? null
          : {
              person: personView(now.person),
              since: instant(now.since),
              until: now.until === null ? null : instant(now.until),
            },
      next:
        next === undefined ? null : { person: personView(next.person), from: instant(next.from) },
    })),
  }));
  serve(listSchedules, async () => ({ schedules: (await onCall.list()).map(scheduleView) }));
  serve(createSchedule, async ({ body, request }) =>
    scheduleView(await onCall.create(actorOfRequest(request), body)),
  );
  serve(replaceSchedule, async ({ params, body: { version, ...draft }, request }) =>
    scheduleView(await onCall.replace(actorOfRequest(request), params.id, version, draft)),
  );
  serve(deleteSchedule, async ({ params, request }) => {
    await onCall.remove(actorOfRequest(request), params.id);
    return {};
  });
  serve(getDuties, async ({ params, query }) => {
    const { duties, layers, overrides } = await onCall.duties(
      params.id,
      Date.parse(query.from),
      Date.parse(query.to),
    );
    return {
      duties: duties.map(dutyView),
      layers: layersView(layers),
      overrides: overrides.map((one) => ({
        ...one,
        from: instant(one.from),
        to: instant(one.to),
      })),
    };
  });
  serve(previewSchedule, async ({ body }) => {
    const { duties, layers } = await onCall.preview(
      body.schedule,
      Date.parse(body.from),
      Date.parse(body.to),
    );
    return { duties: duties.map(dutyView), layers: layersView(layers) };
  });
  serve(addOverrides, async ({ params, body, request }) => {
    const given = body.overrides.map(({ personId, from, to }) => ({
      personId,
      from: Date.parse(from),
      to: Date.parse(to),
    }));
    return { ids: [...(await onCall.override(actorOfRequest(request), params.id, given))] };
  });
  serve(deleteOverride, async ({ params, request }) => {
    await onCall.removeOverride(actorOfRequest(request), params.id, params.override);
    return {};
  });
  serve(createCalendarLink, async ({ params, body, request }) => {
    const secret = await onCall.linkCalendar(actorOfRequest(request), params.id, body.personId);
    return { url: `${externalURL}/calendars/${secret}.ics` };
  });
  serve(revokeCalendarLinks, async ({ params, request }) => ({
    ended: await onCall.unlinkCalendars(actorOfRequest(request), params.id),
  }));
}
