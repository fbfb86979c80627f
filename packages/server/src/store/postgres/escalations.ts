import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { ContactKind, EscalationPolicy } from "../../model/index.ts";
import { subscribePaged } from "./incident-work.ts";
import { claimDue, settleAttempt } from "./outbox.ts";
import type { Attempted } from "./outbox.ts";
import type { Db, Tx } from "./records.ts";
import { storableJson, storableText } from "./storable-text.ts";
import type { EscalationTables } from "./tables/escalations.ts";

/** The paging for an incident. */
export interface EscalationRecord {
  readonly incidentId: string;
  /** Counts how often it has begun. */
  readonly run: number;
  readonly policy: EscalationPolicy;
  /** Whose turn it is in a round robin. */
  readonly turn: number;
  readonly round: number;
  /** The step that is next. */
  readonly step: number;
  /** When that is taken; null when none is left or the run is over. */
  readonly dueAt: Date | null;
  readonly startedAt: Date;
  readonly ended: "acknowledged" | "resolved" | null;
}

/** A page to one person by one way. */
export interface PersonPageRecord {
  readonly id: string;
  readonly incidentId: string;
  readonly run: number;
  readonly round: number;
  readonly step: number;
  readonly personId: string;
  readonly kind: ContactKind;
  readonly address: string;
  readonly state: "waiting" | "sent" | "failed" | "dropped";
  readonly attempts: number;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
  readonly error: string | null;
}

const toEscalation = (row: Selectable<EscalationTables["escalations"]>): EscalationRecord => ({
  incidentId: row.incident_id,
  run: row.run,
  policy: row.policy as EscalationPolicy,
  turn: row.turn,
  round: row.round,
  step: row.step,
  dueAt: row.due_at,
  startedAt: row.started_at,
  ended: row.ended,
});

const toPage = (row: Selectable<EscalationTables["person_pages"]>): PersonPageRecord => ({
  id: row.id,
  incidentId: row.incident_id,
  run: row.run,
  round: row.round,
  step: row.step,
  personId: row.user_id,
  kind: row.kind as ContactKind,
  address: row.address,
  state: row.state,
  attempts: row.attempts,
  createdAt: row.created_at,
  sentAt: row.sent_at,
  error: row.error,
});

/** The paging for incidents, by their ids; those about which nobody was to be paged are not in it. */
export async function findEscalations(
  db: Db,
  incidentIds: readonly string[],
): Promise<ReadonlyMap<string, EscalationRecord>> {
  if (incidentIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("escalations")
    .selectAll()
    .where(sql<boolean>`incident_id = any(${[...incidentIds]}::uuid[])`)
    .execute();
  return new Map(rows.map((row) => [row.incident_id, toEscalation(row)]));
}

/** The paging for an incident, if there was any. */
export async function findEscalation(
  db: Db,
  incidentId: string,
): Promise<EscalationRecord | undefined> {
  return (await findEscalations(db, [incidentId])).get(incidentId);
}

/** Writes the paging for an incident, replacing what was there. */
export async function saveEscalation(tx: Tx, escalation: EscalationRecord): Promise<void> {
  const row = {
    run: escalation.run,
    policy: storableJson(escalation.policy),
    turn: escalation.turn,
    round: escalation.round,
    step: escalation.step,
    due_at: escalation.dueAt,
    started_at: escalation.startedAt,
    ended: escalation.ended,
  };
  await tx
    .insertInto("escalations")
    .values({ incident_id: escalation.incidentId, ...row })
    .onConflict((conflict) => conflict.column("incident_id").doUpdateSet(row))
    .execute();
}

/**
 * The escalations whose next step is due, locked until the transaction ends; those that another server
 * works on are left to it.
 */
export async function lockDueEscalations(
  tx: Tx,
  now: Date,
  limit: number,
): Promise<readonly EscalationRecord[]> {
  const rows = await tx
    .selectFrom("escalations")
    .selectAll()
    .where("due_at", "<=", now)
    .orderBy("due_at")
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  return rows.map(toEscalation);
}

/** Makes the next step of a run due at once, unless the run is over; answers whether it did. */
export async function hastenEscalation(
  tx: Tx,
  incidentId: string,
  run: number | undefined,
  at: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("escalations")
    .set({ due_at: at })
    .where("incident_id", "=", incidentId)
    .where("due_at", ">", at)
    .$if(run !== undefined, (query) => query.where("run", "=", run ?? 0))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Adds pages that wait to be sent. */
export async function addPersonPages(
  tx: Tx,
  pages: readonly Omit<PersonPageRecord, "state" | "attempts" | "sentAt" | "error">[],
): Promise<void> {
  if (pages.length === 0) return;
  await tx
    .insertInto("person_pages")
    .values(
      pages.map((page) => ({
        id: page.id,
        incident_id: page.incidentId,
        run: page.run,
        round: page.round,
        step: page.step,
        user_id: page.personId,
        kind: page.kind,
        address: storableText(page.address),
        state: "waiting" as const,
        attempts: 0,
        next_at: page.createdAt,
        claimed_until: null,
        created_at: page.createdAt,
        sent_at: null,
        error: null,
      })),
    )
    .execute();
  await subscribePaged(tx, pages);
}

/** Takes pages in hand that are due: nobody else sends them before `until`. */
export async function claimPersonPages(
  db: Db,
  now: Date,
  until: Date,
  limit: number,
): Promise<readonly PersonPageRecord[]> {
  return (await claimDue(db, "person_pages", { now, until, limit })).map(toPage);
}

/** Remembers what became of an attempt. */
export const settlePersonPage = (tx: Tx, id: string, attempted: Attempted): Promise<void> =>
  settleAttempt(tx, "person_pages", id, attempted);

/** Gives up the pages of an incident that still wait: somebody has answered. */
export async function dropPersonPages(tx: Tx, incidentId: string): Promise<void> {
  await tx
    .updateTable("person_pages")
    .set({ state: "dropped", claimed_until: null })
    .where("incident_id", "=", incidentId)
    .where("state", "=", "waiting")
    .execute();
}

/** The pages of an incident, oldest first. */
export async function pagesOfIncident(
  db: Db,
  incidentId: string,
): Promise<readonly PersonPageRecord[]> {
  const rows = await db
    .selectFrom("person_pages")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return rows.map(toPage);
}

/** The page with this id. */
export async function findPersonPage(db: Db, id: string): Promise<PersonPageRecord | undefined> {
  const row = await db
    .selectFrom("person_pages")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : toPage(row);
}

/**
 * The latest text message to a number since an instant that still asks for an answer: about the incident
 * with this number, or about any.
 */
export async function findUnansweredText(
  db: Db,
  address: string,
  since: Date,
  incident: number | undefined,
): Promise<PersonPageRecord | undefined> {
  const row = await db
    .selectFrom("person_pages")
    .innerJoin("escalations", (join) =>
      join
        .onRef("escalations.incident_id", "=", "person_pages.incident_id")
        .onRef("escalations.run", "=", "person_pages.run"),
    )
    .innerJoin("incidents", "incidents.id", "person_pages.incident_id")
    .selectAll("person_pages")
    .where("kind", "=", "sms")
    .where("address", "=", storableText(address))
    .where("person_pages.state", "=", "sent")
    .where("person_pages.created_at", ">=", since)
    .where("incidents.state", "=", "triggered")
    .$if(incident !== undefined, (query) => query.where("incidents.number", "=", incident ?? 0))
    .orderBy("person_pages.created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : toPage(row);
}

/** When the next step or page is due; null when none is. */
export async function nextPagingAt(db: Db): Promise<Date | null> {
  const found = await sql<{ at: Date | null }>`
    select least(
      (select min(due_at) from escalations where due_at is not null),
      (select min(greatest(next_at, coalesce(claimed_until, next_at)))
        from person_pages where state = 'waiting')
    ) as at`.execute(db);
  return found.rows[0]?.at ?? null;
}

/** A key of the installation, made at its first use. */
export async function installationKey(db: Db, name: string): Promise<Buffer> {
  const find = () =>
    db.selectFrom("installation_keys").select("key").where("name", "=", name).executeTakeFirst();
  const known = await find();
  if (known !== undefined) return known.key;
  await db
    .insertInto("installation_keys")
    .values({ name, key: randomBytes(32) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const made = await find();
  if (made === undefined) throw new Error(`the key ${name} vanished while it was made`);
  return made.key;
}
