import { randomUUID } from "node:crypto";
import { cleanPicture } from "../../model/index.ts";
import type { NotePicture } from "../../model/index.ts";
import {
  addPicture,
  addTimeline,
  dropForgottenPictures,
  dropWaitingPicture,
  findPicture,
  findTimelineEntry,
  lockPictures,
  pictureRoom,
  placePictures,
  readPicture,
  removeTimelineEntry,
  waitingPictures,
  writeAudit,
} from "../../store/index.ts";
import type { IncidentRecord, PictureRecord, Tx } from "../../store/index.ts";
import { UUID } from "./desk.ts";
import type { Actor, IncidentDesk, IncidentDetail } from "./desk.ts";
import { IncidentError } from "./errors.ts";

/** How much of pictures is kept, from `incidents.pictures` in seaworthy.yml. */
export interface PictureLimits {
  /** Of one file as it is sent, bytes. */
  readonly size: number;
  readonly perIncident: number;
  /** Of all incidents, bytes. */
  readonly total: number;
}

export const DEFAULT_PICTURE_LIMITS: PictureLimits = {
  size: 10 * 1024 * 1024,
  perIncident: 100,
  total: 4 * 1024 * 1024 * 1024,
};

/** A picture whose note was not sent is kept so long, ms. */
const FORGOTTEN = 24 * 60 * 60_000;

/** A picture that is to stand below a note. */
export interface PlacedPicture {
  readonly id: string;
  readonly alt: string;
}

/** Notes on the timeline: words in Markdown, pictures below them. */
export interface IncidentNotes {
  /** At least one of words and pictures. Throws `picture_not_found` for pictures that do not wait here. */
  comment(
    actor: Actor,
    idOrNumber: string,
    text: string,
    pictures?: readonly PlacedPicture[],
  ): Promise<IncidentDetail>;
  /** Takes a note off the timeline with its pictures: one's own, or with `anybodys` any. */
  removeNote(
    actor: Actor,
    idOrNumber: string,
    entryId: string,
    anybodys: boolean,
  ): Promise<IncidentDetail>;
  /**
   * Keeps a picture for a note that is being written, without what does not show of it. `id`: given by
   * the caller, so that a repeated request adds nothing. Throws `picture_refused`, `incident_full`.
   */
  addPicture(
    actor: Actor,
    idOrNumber: string,
    given: { readonly id?: string | undefined; readonly bytes: Buffer },
  ): Promise<PictureRecord>;
  /** Takes back a picture whose note was not sent. */
  dropPicture(actor: Actor, idOrNumber: string, pictureId: string): Promise<void>;
  /** What a browser is shown. Throws `picture_not_found`. */
  picture(id: string): Promise<{ readonly type: string; readonly bytes: Buffer }>;
}

/** An incident's page with one of its pictures opened. */
export function pictureUrl(incidentUrl: string, pictureId: string): string {
  return `${incidentUrl}?picture=${pictureId}`;
}

const noPicture = (message: string) => new IncidentError("picture_not_found", message);

/** What a timeline says of pictures without words. */
function named(pictures: readonly NotePicture[]): string {
  const alts = pictures.map(({ alt }) => alt).filter((alt) => alt !== "");
  const kind = pictures.length === 1 ? "Picture" : `${pictures.length} pictures`;
  return alts.length === 0 ? kind : `${kind}: ${alts.join("; ")}`;
}

/** Puts a note on the timeline, as part of another change. */
export async function writeNote(
  desk: IncidentDesk,
  tx: Tx,
  incident: IncidentRecord,
  note: {
    readonly at: Date;
    readonly actor: Actor;
    readonly text: string;
    readonly pictures?: readonly PlacedPicture[];
  },
): Promise<void> {
  const { at, actor, text, pictures: wanted = [] } = note;
  const waiting = await waitingPictures(
    tx,
    incident.id,
    wanted.map(({ id }) => id),
  );
  const pictures = wanted.map(({ id, alt }): NotePicture => {
    const found = waiting.find((each) => each.id === id);
    if (found === undefined)
      throw noPicture(
        `There is no picture ${id} that waits for a note of incident #${incident.number}. Send it again.`,
      );
    return { id, alt, width: found.width, height: found.height };
  });
  if (text === "" && pictures.length === 0)
    throw new IncidentError("note_empty", "A note has words or pictures.");
  const [entryId = ""] = await addTimeline(tx, [
    {
      incidentId: incident.id,
      at,
      actor,
      kind: text === "" ? "picture" : "comment",
      text: text === "" ? named(pictures) : text,
      detail: pictures.length === 0 ? null : { pictures },
    },
  ]);
  await placePictures(
    tx,
    entryId,
    pictures.map(({ id }) => id),
  );
  await audit(tx, incident, at, actor, "comment", { pictures: pictures.length });
  desk.announceAfter(tx, incident.id);
}

function audit(
  tx: Tx,
  incident: IncidentRecord,
  at: Date,
  actor: Actor,
  verb: string,
  more: Readonly<Record<string, unknown>>,
): Promise<void> {
  return writeAudit(tx, {
    at: at.getTime(),
    actor,
    action: `incident.${verb}`,
    subject: incident.id,
    detail: { number: incident.number, title: incident.title, ...more },
  });
}

/** Makes the commands about notes. */
export function incidentNotes(
  desk: IncidentDesk,
  limits: PictureLimits = DEFAULT_PICTURE_LIMITS,
): IncidentNotes {
  const { records } = desk;
  return {
    comment: (actor, idOrNumber, text, pictures = []) =>
      desk.command(idOrNumber, (tx, incident, at) =>
        writeNote(desk, tx, incident, { at, actor, text, pictures }),
      ),

    removeNote: (actor, idOrNumber, entryId, anybodys) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        const entry = await findTimelineEntry(tx, incident.id, entryId);
        if (entry === undefined || (entry.kind !== "comment" && entry.kind !== "picture"))
          throw new IncidentError(
            "incident_part_not_found",
            `Incident #${incident.number} has no such note.`,
          );
        if (!anybodys && entry.actor !== actor)
          throw new IncidentError(
            "note_of_another",
            "Only whoever wrote a note removes it, or an administrator.",
          );
        await removeTimelineEntry(tx, entryId);
        const pictures = entry.detail?.pictures?.length ?? 0;
        await audit(tx, incident, at, actor, "remove_note", {
          note: entryId,
          by: entry.actor,
          at: entry.at.toISOString(),
          pictures,
        });
        await desk.note(tx, {
          incidentId: incident.id,
          at,
          actor,
          kind: "edited",
          text: `Removed a note of ${entry.at.toISOString().slice(0, 16).replace("T", " ")} UTC`,
        });
      }),

    async addPicture(actor, idOrNumber, { id = randomUUID(), bytes }) {
      const clean = cleanPicture(bytes);
      return records.transaction(async (tx) => {
        const at = new Date(desk.now());
        const incident = await desk.find(tx, idOrNumber);
        await lockPictures(tx);
        await dropForgottenPictures(tx, new Date(at.getTime() - FORGOTTEN));
        const again = await findPicture(tx, id);
        if (again !== undefined) {
          if (again.incidentId === incident.id && again.addedBy === actor) return again;
          throw new IncidentError("picture_taken", "There is another picture of this id.");
        }
        const room = await pictureRoom(tx, incident.id);
        if (room.count >= limits.perIncident)
          throw new IncidentError(
            "incident_full",
            `Incident #${incident.number} has ${limits.perIncident} pictures already (\`incidents.pictures.per_incident\`).`,
          );
        if (room.bytes + clean.bytes.length > limits.total)
          throw new IncidentError(
            "incident_full",
            "There is no more room for pictures (`incidents.pictures.total`): remove notes with pictures of old incidents, or set it higher.",
          );
        const { type, width, height } = clean;
        const picture = { id, incidentId: incident.id, type, width, height, addedBy: actor };
        await addPicture(tx, { ...picture, bytes: clean.bytes, addedAt: at });
        await audit(tx, incident, at, actor, "add_picture", { picture: id, type });
        return { ...picture, entryId: null, size: clean.bytes.length };
      });
    },

    async dropPicture(actor, idOrNumber, pictureId) {
      await records.transaction(async (tx) => {
        const incident = await desk.find(tx, idOrNumber);
        const found = await findPicture(tx, pictureId);
        if (found === undefined || found.incidentId !== incident.id) return;
        if (found.entryId !== null || found.addedBy !== actor)
          throw noPicture("Only a picture of one's own whose note was not sent can be taken back.");
        if (!(await dropWaitingPicture(tx, pictureId))) return;
        await audit(tx, incident, new Date(desk.now()), actor, "drop_picture", {
          picture: pictureId,
        });
      });
    },

    async picture(id) {
      const found = UUID.test(id) ? await readPicture(records.db, id) : undefined;
      if (found === undefined)
        throw noPicture("There is no such picture: its note may have been removed.");
      return found;
    },
  };
}
