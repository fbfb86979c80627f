import { getHandover, getOnCallLoad, leaveHandoverNote } from "@seaworthy/contract";
import type { Shift, Shifts } from "../../respond/index.ts";
import { actorOfRequest } from "../request.ts";
import type { Serve } from "./serve.ts";

const personView = ({ id, name, email }: Shift["person"]) => ({ id, name, email });
const instant = (at: number) => new Date(at).toISOString();
const shiftView = (shift: Shift | undefined) =>
  shift === undefined
    ? null
    : { person: personView(shift.person), from: instant(shift.from), to: instant(shift.to) };

/** Shifts: how they are handed over, and what they cost. */
export function serveShifts(serve: Serve, { shifts }: { readonly shifts: Shifts }): void {
  serve(getHandover, async ({ params }) => {
    const { present, previous, since, incidents, notes } = await shifts.handover(params.id);
    return {
      present: shiftView(present),
      previous: shiftView(previous),
      since: instant(since),
      incidents: incidents.map((incident) => ({
        ...incident,
        openedAt: incident.openedAt.toISOString(),
        resolvedAt: incident.resolvedAt?.toISOString() ?? null,
      })),
      notes: notes.map((note) => ({ ...note, at: note.at.toISOString() })),
    };
  });
  serve(leaveHandoverNote, async ({ params, body, request }) => {
    const note = await shifts.leaveNote(actorOfRequest(request), params.id, body.text);
    return { ...note, at: note.at.toISOString() };
  });
  serve(getOnCallLoad, async ({ query }) => ({
    people: (await shifts.load(Date.parse(query.from), Date.parse(query.to))).map((load) => ({
      ...load,
      person: personView(load.person),
    })),
  }));
}
