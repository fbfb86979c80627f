import { randomUUID } from "node:crypto";
import type { Announce, ChangeDraft, Clock } from "../../model/index.ts";
import {
  addChange,
  addTimeline,
  listChanges,
  lockIncidents,
  openIncidentsAbout,
  writeAudit,
} from "../../store/index.ts";
import type { ChangeRecord, Records, TimelineRecord, Tx } from "../../store/index.ts";

/** How far before an incident what was changed may be its cause. Milliseconds. */
const BEFORE = 60 * 60_000;
/** As many changes an incident's timeline begins with; its page lists the others. */
const ENTERED = 20;

/** What was changed in what people run: recorded as it happens, found beside what broke. */
export interface Changes {
  /**
   * Records a change, and puts it on the timelines of the open incidents that it may have to do with. The
   * same key is the same change: what is known of it already stays.
   */
  record(actor: string, draft: ChangeDraft): Promise<ChangeRecord>;
  /** Newest first. */
  list(about: {
    readonly from: Date;
    readonly to: Date;
    readonly services?: readonly string[] | undefined;
    readonly limit: number;
  }): Promise<readonly ChangeRecord[]>;
}

/** Makes the changes' service. */
export function createChanges(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly announce: Announce;
}): Changes {
  const { records, clock, announce } = deps;
  return {
    record: (actor, draft) =>
      records.transaction(async (tx) => {
        const now = new Date(clock.now());
        await lockIncidents(tx);
        const { change, isNew } = await addChange(tx, {
          ...draft,
          id: randomUUID(),
          at: draft.at === null ? now : new Date(draft.at),
          actor,
          recordedAt: now,
        });
        if (!isNew) return change;
        await writeAudit(tx, {
          at: now.getTime(),
          actor,
          action: "change.record",
          subject: change.id,
          detail: { kind: change.kind, title: change.title, service: change.service },
        });
        // What is told of long afterwards says nothing about what is open now.
        const isLate = now.getTime() - change.at.getTime() > BEFORE;
        const told = isLate ? [] : await openIncidentsAbout(tx, change.service);
        await addTimeline(
          tx,
          told.map((id) => entryOf(id, change)),
        );
        for (const id of told) records.afterCommit(tx, () => announce({ topic: "incidents", id }));
        return change;
      }),
    list: (about) => listChanges(records.db, about),
  };
}

/** What was changed before incidents were opened, for their timelines. */
export async function enterChangesBefore(
  tx: Tx,
  opened: readonly {
    readonly id: string;
    readonly service: string | null;
    readonly openedAt: Date;
  }[],
): Promise<void> {
  for (const { id, service, openedAt } of opened) {
    const changes = await listChanges(tx, {
      from: new Date(openedAt.getTime() - BEFORE),
      to: openedAt,
      services: service === null ? undefined : [service],
      limit: ENTERED,
    });
    await addTimeline(
      tx,
      changes.map((change) => entryOf(id, change)),
    );
  }
}

function entryOf(incidentId: string, change: ChangeRecord): Omit<TimelineRecord, "id"> {
  const { at, actor, title, version, service, environment, url, kind } = change;
  const where = [service, environment].filter((one) => one !== null).join(" in ");
  const text = `${KIND_WORDS[kind]}${where === "" ? "" : ` of ${where}`}: ${title}${
    version === null || title.includes(version) ? "" : ` (${version})`
  }`;
  return {
    incidentId,
    at,
    kind: "change",
    actor,
    text,
    ...(url === null ? {} : { detail: { url } }),
  };
}

const KIND_WORDS: Readonly<Record<ChangeRecord["kind"], string>> = {
  deploy: "Deploy",
  release: "Release",
  flag: "Flag",
  migration: "Migration",
  infrastructure: "Infrastructure",
  config: "Configuration",
};
