import { randomUUID } from "node:crypto";
import type { Severity } from "../../model/index.ts";
import {
  heldAlerts,
  moveIncidentAlerts,
  moveIncidentWork,
  newIncident,
  nextIncidentNumber,
  splitHolding,
} from "../../store/index.ts";
import type { Actor, IncidentDesk, IncidentDetail } from "./desk.ts";
import { IncidentError } from "./errors.ts";

/** Two incidents that are one, and one that is two. */
export interface Joining {
  /**
   * Moves all that an incident holds, its history too, into another, and closes it; answers that other.
   * Doing it twice changes nothing. Throws `incident_merge_refused`.
   */
  merge(actor: Actor, idOrNumber: string, into: string): Promise<IncidentDetail>;
  /**
   * Moves some of an incident's alerts into a new one; answers the new one. Doing it twice answers the
   * same. Throws `incident_split_refused`.
   */
  split(
    actor: Actor,
    idOrNumber: string,
    given: {
      readonly title: string;
      readonly severity: Severity;
      readonly service: string | null;
      readonly alerts: readonly string[];
    },
  ): Promise<IncidentDetail>;
}

/** Makes the commands that merge and split. */
export function incidentJoining(desk: IncidentDesk): Joining {
  return {
    merge: (actor, idOrNumber, into) =>
      desk.transaction(async (tx, at) => {
        const from = await desk.find(tx, idOrNumber);
        const to = await desk.find(tx, into);
        const refuse = (why: string) => new IncidentError("incident_merge_refused", why);
        if (from.id === to.id)
          throw refuse(`Incident #${from.number} cannot be merged into itself.`);
        if (from.mergedInto === to.id) return desk.detail(tx, to);
        if (from.mergedInto !== null)
          throw refuse(`Incident #${from.number} was merged into another one already.`);
        if (to.mergedInto !== null)
          throw refuse(`Incident #${to.number} was itself merged into another one.`);
        await moveIncidentAlerts(tx, from.id, to.id, "all");
        await moveIncidentWork(tx, from.id, to.id);
        const began = [from.beganAt, to.beganAt].filter((one) => one !== null);
        const worse = from.severity < to.severity ? from.severity : to.severity;
        const target = {
          ...to,
          severity: to.state === "resolved" ? to.severity : worse,
          beganAt: began.length === 0 ? null : new Date(Math.min(...began.map(Number))),
        };
        const closed = {
          ...from,
          state: "resolved" as const,
          resolvedAt: from.resolvedAt ?? at,
          resolvedBy: from.resolvedBy ?? actor,
          mergedInto: to.id,
        };
        await desk.save(tx, [target, closed], at);
        await desk.did(tx, from, at, actor, {
          verb: "merge",
          kind: "merged",
          text: `Merged into #${to.number} ${to.title}`,
          detail: { url: `/incidents/${to.number}` },
        });
        await desk.note(tx, {
          incidentId: to.id,
          at,
          actor,
          kind: "merged",
          text: `Took in #${from.number} ${from.title}`,
          detail: { url: `/incidents/${from.number}` },
        });
        return desk.detail(tx, await desk.find(tx, to.id));
      }),

    split: (actor, idOrNumber, { title, severity, service, alerts }) =>
      desk.transaction(async (tx, at) => {
        const from = await desk.find(tx, idOrNumber);
        const wanted = [...new Set(alerts)];
        const again = await splitHolding(tx, from.id, wanted);
        if (again !== undefined) return desk.detail(tx, await desk.find(tx, again));
        const held = await heldAlerts(tx, from.id, wanted);
        const refuse = (why: string) => new IncidentError("incident_split_refused", why);
        if (held.length < wanted.length)
          throw refuse(
            `Incident #${from.number} holds ${held.length} of these ${wanted.length} alerts.`,
          );
        if (wanted.length >= from.alertCount)
          throw refuse(`At least one alert has to stay with incident #${from.number}.`);
        const began = Math.min(...held.map(({ startsAt }) => startsAt.getTime()));
        const fires = held.some(({ status }) => status === "firing");
        const opened = newIncident({
          id: randomUUID(),
          number: await nextIncidentNumber(tx),
          title,
          severity,
          service,
          openedAt: at,
          openedBy: from.openedBy,
        });
        // Whoever split it off has seen it: nobody has to be woken for it once more.
        const incident = {
          ...opened,
          state: fires ? ("investigating" as const) : ("resolved" as const),
          acknowledgedAt: at,
          acknowledgedBy: actor,
          firstAcknowledgedAt: at,
          beganAt: new Date(began),
          splitFrom: from.id,
          ...(fires ? {} : { resolvedAt: at, resolvedBy: actor }),
        };
        await desk.save(tx, [incident], at);
        await moveIncidentAlerts(tx, from.id, incident.id, wanted);
        const count = wanted.length === 1 ? "1 alert" : `${wanted.length} alerts`;
        await desk.did(tx, incident, at, actor, {
          verb: "split",
          kind: "split",
          text: `Split off from #${from.number} ${from.title} with ${count}`,
          detail: { url: `/incidents/${from.number}` },
        });
        await desk.note(tx, {
          incidentId: from.id,
          at,
          actor,
          kind: "split",
          text: `${count} split off as #${incident.number} ${title}`,
          detail: { url: `/incidents/${incident.number}` },
        });
        return desk.detail(tx, await desk.find(tx, incident.id));
      }),
  };
}
