import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { Db, Tx } from "./records.ts";
import { storableText } from "./storable-text.ts";
import type { ControlTables } from "./tables/controls.ts";

/** A control's value, as the tables take and give it. */
type Value = boolean | string | number;

/** A service in an environment. */
export interface ControlPlace {
  readonly service: string;
  readonly environment: string;
}

/** What a control is. */
export interface ControlDefinition {
  readonly range:
    | { readonly kind: "boolean" }
    | { readonly kind: "choice"; readonly options: readonly string[] }
    | { readonly kind: "number"; readonly min: number; readonly max: number };
  readonly normal: Value;
  readonly description: string;
  readonly dangerous: boolean;
  readonly twoPerson: "never" | "away" | "always";
}

export interface ControlRecord extends ControlPlace {
  readonly name: string;
  readonly definition: ControlDefinition;
  readonly value: Value;
  readonly revision: number;
  readonly changedAt: Date;
  readonly changedBy: string;
  readonly reason: string;
  /** When it goes back, and to what. */
  readonly expiry: { readonly at: Date; readonly value: Value } | null;
}

export interface ControlRequestRecord extends ControlPlace {
  readonly id: string;
  readonly name: string;
  readonly value: Value;
  readonly reason: string;
  readonly lastsMs: number | null;
  readonly actor: string;
  /** The person who asked, or whose token did. */
  readonly personId: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
}

export interface ControlChangeRecord extends ControlPlace {
  readonly revision: number;
  readonly name: string;
  /** Null where there was none; `value` is null where it was removed. */
  readonly was: Value | null;
  readonly value: Value | null;
  readonly at: Date;
  readonly actor: string;
  readonly approvedBy: string | null;
  readonly reason: string;
  readonly until: Date | null;
}

export interface ControlScopeRecord extends ControlPlace {
  readonly revision: number;
}

/** Services listed at once; a place has far fewer controls. */
const MAX_SCOPES = 2000;
const MAX_LISTED = 20_000;

const toControl = (row: Selectable<ControlTables["controls"]>): ControlRecord => ({
  service: row.service,
  environment: row.environment,
  name: row.name,
  definition: row.definition as ControlDefinition,
  value: row.value as Value,
  revision: Number(row.revision),
  changedAt: row.changed_at,
  changedBy: row.changed_by,
  reason: row.reason,
  expiry: row.expires_at === null ? null : { at: row.expires_at, value: row.former as Value },
});

const toRequest = (row: Selectable<ControlTables["control_requests"]>): ControlRequestRecord => ({
  id: row.id,
  service: row.service,
  environment: row.environment,
  name: row.name,
  value: row.value as Value,
  reason: row.reason,
  lastsMs: row.lasts_ms === null ? null : Number(row.lasts_ms),
  actor: row.actor,
  personId: row.person_id,
  requestedAt: row.requested_at,
  expiresAt: row.expires_at,
});

/** A value for a jsonb column, in which a bare text would be taken for JSON. */
const json = (value: unknown) => (value === null ? null : JSON.stringify(value));

/** What narrows a question to the places that are asked for. */
const ofPlace = ({ service, environment }: Partial<ControlPlace>): Partial<ControlPlace> => ({
  ...(service === undefined ? {} : { service }),
  ...(environment === undefined ? {} : { environment }),
});

/** Services with controls, by name; those that are asked for, or all. */
export async function listControlScopes(
  db: Db,
  only: Partial<ControlPlace> = {},
): Promise<readonly ControlScopeRecord[]> {
  const rows = await db
    .selectFrom("control_scopes")
    .selectAll()
    .where((where) => where.and(ofPlace(only)))
    .orderBy("service")
    .orderBy("environment")
    .limit(MAX_SCOPES)
    .execute();
  return rows.map((row) => ({ ...row, revision: Number(row.revision) }));
}

/** Locks a service's controls until the transaction ends; undefined when it has none. */
export async function lockControlScope(
  tx: Tx,
  { service, environment }: ControlPlace,
): Promise<ControlScopeRecord | undefined> {
  const row = await tx
    .selectFrom("control_scopes")
    .selectAll()
    .where("service", "=", service)
    .where("environment", "=", environment)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? undefined : { ...row, revision: Number(row.revision) };
}

/** Makes a service one with controls; answers whether it was none before. */
export async function addControlScope(tx: Tx, place: ControlPlace): Promise<boolean> {
  const added = await tx
    .insertInto("control_scopes")
    .values({ service: place.service, environment: place.environment, revision: "0" })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return added.numInsertedOrUpdatedRows === 1n;
}

/** How many services have controls. */
export async function countControlScopes(tx: Tx): Promise<number> {
  const { count } = await tx
    .selectFrom("control_scopes")
    .select((select) => select.fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Removes a service's controls and what waits to change them. */
export async function deleteControlScope(tx: Tx, place: ControlPlace): Promise<void> {
  await tx
    .deleteFrom("control_scopes")
    .where("service", "=", place.service)
    .where("environment", "=", place.environment)
    .execute();
}

/**
 * The revision of a change, larger than any before of the service, whose lock must be held, and
 * remembered as its newest.
 */
export async function nextControlRevision(tx: Tx, place: ControlPlace): Promise<number> {
  const { rows } = await sql<{ revision: string }>`
    update control_scopes set revision = nextval('control_revisions')
    where service = ${place.service} and environment = ${place.environment}
    returning revision`.execute(tx);
  return Number(rows[0]?.revision);
}

/** The controls of services that are asked for, or of all; by name. */
export async function listControls(
  db: Db,
  only: Partial<ControlPlace> = {},
): Promise<readonly ControlRecord[]> {
  const rows = await db
    .selectFrom("controls")
    .selectAll()
    .where((where) => where.and(ofPlace(only)))
    .orderBy("service")
    .orderBy("environment")
    .orderBy("name")
    .limit(MAX_LISTED)
    .execute();
  return rows.map(toControl);
}

/** Writes a control, new or not. */
export async function saveControl(tx: Tx, control: ControlRecord): Promise<void> {
  const changed = {
    definition: JSON.stringify(control.definition),
    value: json(control.value),
    revision: String(control.revision),
    changed_at: control.changedAt,
    changed_by: control.changedBy,
    reason: storableText(control.reason),
    expires_at: control.expiry?.at ?? null,
    former: json(control.expiry?.value ?? null),
  };
  const { service, environment, name } = control;
  await tx
    .insertInto("controls")
    .values({ service, environment, name, ...changed })
    .onConflict((conflict) =>
      conflict.columns(["service", "environment", "name"]).doUpdateSet(changed),
    )
    .execute();
}

/** Removes a control and what waits to change it. */
export async function deleteControl(tx: Tx, place: ControlPlace, name: string): Promise<void> {
  await tx
    .deleteFrom("controls")
    .where("service", "=", place.service)
    .where("environment", "=", place.environment)
    .where("name", "=", name)
    .execute();
}

/** Remembers a change. */
export async function addControlChange(tx: Tx, change: ControlChangeRecord): Promise<void> {
  await tx
    .insertInto("control_changes")
    .values({
      revision: String(change.revision),
      service: change.service,
      environment: change.environment,
      name: change.name,
      was: json(change.was),
      value: json(change.value),
      at: change.at,
      actor: storableText(change.actor),
      approved_by: change.approvedBy === null ? null : storableText(change.approvedBy),
      reason: storableText(change.reason),
      until: change.until,
    })
    .execute();
}

/** What was changed, newest first. */
export async function listControlChanges(
  db: Db,
  page: Partial<ControlPlace> & {
    readonly name?: string | undefined;
    readonly before?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly ControlChangeRecord[]> {
  let query = db
    .selectFrom("control_changes")
    .selectAll()
    .orderBy("revision", "desc")
    .limit(page.limit);
  if (page.service !== undefined) query = query.where("service", "=", page.service);
  if (page.environment !== undefined) query = query.where("environment", "=", page.environment);
  if (page.name !== undefined) query = query.where("name", "=", page.name);
  if (page.before !== undefined) query = query.where("revision", "<", String(page.before));
  return (await query.execute()).map((row) => ({
    revision: Number(row.revision),
    service: row.service,
    environment: row.environment,
    name: row.name,
    was: row.was as Value | null,
    value: row.value as Value | null,
    at: row.at,
    actor: row.actor,
    approvedBy: row.approved_by,
    reason: row.reason,
    until: row.until,
  }));
}

/** The changes that wait for a second person, oldest first. */
export async function listControlRequests(
  db: Db,
  only: Partial<ControlPlace> = {},
): Promise<readonly ControlRequestRecord[]> {
  const rows = await db
    .selectFrom("control_requests")
    .selectAll()
    .where((where) => where.and(ofPlace(only)))
    .orderBy("requested_at")
    .limit(MAX_LISTED)
    .execute();
  return rows.map(toRequest);
}

/** One of them. */
export async function findControlRequest(
  db: Db,
  id: string,
): Promise<ControlRequestRecord | undefined> {
  const row = await db
    .selectFrom("control_requests")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : toRequest(row);
}

/** Asks for a change. */
export async function addControlRequest(
  tx: Tx,
  request: Omit<ControlRequestRecord, "id">,
): Promise<ControlRequestRecord> {
  const row = await tx
    .insertInto("control_requests")
    .values({
      service: request.service,
      environment: request.environment,
      name: request.name,
      value: json(request.value),
      reason: storableText(request.reason),
      lasts_ms: request.lastsMs === null ? null : String(request.lastsMs),
      actor: storableText(request.actor),
      person_id: request.personId,
      requested_at: request.requestedAt,
      expires_at: request.expiresAt,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toRequest(row);
}

/** Forgets a change that waited; it was made, refused, or came too late. */
export async function deleteControlRequest(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom("control_requests").where("id", "=", id).execute();
}

/** The services in which something is over by then: a change's time, or a request's. */
export async function controlScopesDue(
  db: Db,
  at: Date,
  limit: number,
): Promise<readonly ControlPlace[]> {
  const { rows } = await sql<ControlPlace>`
    select service, environment from controls where expires_at <= ${at}
    union
    select service, environment from control_requests where expires_at <= ${at}
    limit ${limit}`.execute(db);
  return rows;
}

/** When the next thing is over; null when nothing will be. */
export async function nextControlExpiry(db: Db): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select least(
      (select min(expires_at) from controls where expires_at is not null),
      (select min(expires_at) from control_requests)) as at`.execute(db);
  return rows[0]?.at ?? null;
}

/** The open incidents of a service. */
export async function openIncidentsOfService(db: Db, service: string): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from incidents where state <> 'resolved' and (service = ${service} or exists (
      select from incident_services as more
      where more.incident_id = incidents.id and more.service = ${service}))`.execute(db);
  return rows.map(({ id }) => id);
}
