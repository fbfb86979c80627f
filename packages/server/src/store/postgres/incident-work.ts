import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { IncidentRole } from "../../model/index.ts";
import type { Db, Tx } from "./records.ts";
import { storableText } from "./storable-text.ts";

/** Somebody, as an incident names them. */
export interface PersonRecord {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** Something that somebody is to do. */
export interface IncidentTaskRecord {
  readonly id: string;
  readonly text: string;
  readonly owner: PersonRecord | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly doneAt: Date | null;
  readonly doneBy: string | null;
}

/** A link that people put beside an incident. */
export interface IncidentResourceRecord {
  readonly id: string;
  readonly url: string;
  readonly title: string;
  readonly addedBy: string;
}

/** What people do in an incident, beside its state. */
export interface IncidentWorkRecord {
  readonly roles: readonly { readonly role: IncidentRole; readonly person: PersonRecord }[];
  readonly tasks: readonly IncidentTaskRecord[];
  readonly resources: readonly IncidentResourceRecord[];
  readonly services: readonly string[];
  readonly subscribers: readonly PersonRecord[];
}

const PERSON = ["users.id", "users.name", "users.email"] as const;

/** All of it, each kind in the order in which it is shown. */
export async function workOfIncident(db: Db, incidentId: string): Promise<IncidentWorkRecord> {
  const roles = await db
    .selectFrom("incident_roles")
    .innerJoin("users", "users.id", "incident_roles.user_id")
    .select(["incident_roles.role", ...PERSON])
    .where("incident_id", "=", incidentId)
    .orderBy("incident_roles.role")
    .execute();
  const tasks = await db
    .selectFrom("incident_tasks")
    .leftJoin("users", "users.id", "incident_tasks.user_id")
    .selectAll("incident_tasks")
    .select(["users.name", "users.email"])
    .where("incident_id", "=", incidentId)
    .orderBy("incident_tasks.created_at")
    .orderBy("incident_tasks.id")
    .execute();
  const resources = await db
    .selectFrom("incident_resources")
    .select(["id", "url", "title", "added_by as addedBy"])
    .where("incident_id", "=", incidentId)
    .orderBy("added_at")
    .orderBy("id")
    .execute();
  const services = await db
    .selectFrom("incident_services")
    .select("service")
    .where("incident_id", "=", incidentId)
    .orderBy("service")
    .execute();
  const subscribers = await db
    .selectFrom("incident_subscribers")
    .innerJoin("users", "users.id", "incident_subscribers.user_id")
    .select(PERSON)
    .where("incident_id", "=", incidentId)
    .where("muted", "=", false)
    .orderBy(sql`lower(users.name)`)
    .orderBy("users.id")
    .execute();
  return {
    roles: roles.map(({ role, ...person }) => ({ role, person })),
    tasks: tasks.map((row) => ({
      id: row.id,
      text: row.text,
      owner:
        row.user_id === null
          ? null
          : { id: row.user_id, name: row.name ?? "somebody", email: row.email ?? "" },
      createdAt: row.created_at,
      createdBy: row.created_by,
      doneAt: row.done_at,
      doneBy: row.done_by,
    })),
    resources,
    services: services.map(({ service }) => service),
    subscribers,
  };
}

/** Gives a role to somebody, or takes it from whoever has it. */
export async function saveIncidentRole(
  tx: Tx,
  incidentId: string,
  role: IncidentRole,
  personId: string | null,
): Promise<void> {
  if (personId === null) {
    await tx
      .deleteFrom("incident_roles")
      .where("incident_id", "=", incidentId)
      .where("role", "=", role)
      .execute();
    return;
  }
  await tx
    .insertInto("incident_roles")
    .values({ incident_id: incidentId, role, user_id: personId })
    .onConflict((conflict) =>
      conflict.columns(["incident_id", "role"]).doUpdateSet({ user_id: personId }),
    )
    .execute();
}

/** A task's own fields, as they are written. */
export interface TaskDraft {
  readonly id: string;
  readonly text: string;
  readonly ownerId: string | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly doneAt: Date | null;
  readonly doneBy: string | null;
}

/** Adds a task, or writes its new state. */
export async function saveIncidentTask(tx: Tx, incidentId: string, task: TaskDraft): Promise<void> {
  await tx
    .insertInto("incident_tasks")
    .values({
      id: task.id,
      incident_id: incidentId,
      text: storableText(task.text),
      user_id: task.ownerId,
      created_at: task.createdAt,
      created_by: task.createdBy,
      done_at: task.doneAt,
      done_by: task.doneBy,
    })
    .onConflict((conflict) =>
      conflict.column("id").doUpdateSet((update) => ({
        text: update.ref("excluded.text"),
        user_id: update.ref("excluded.user_id"),
        done_at: update.ref("excluded.done_at"),
        done_by: update.ref("excluded.done_by"),
      })),
    )
    .execute();
}

/** Adds a link. */
export async function addIncidentResource(
  tx: Tx,
  incidentId: string,
  resource: IncidentResourceRecord & { readonly addedAt: Date },
): Promise<void> {
  await tx
    .insertInto("incident_resources")
    .values({
      id: resource.id,
      incident_id: incidentId,
      url: resource.url,
      title: storableText(resource.title),
      added_at: resource.addedAt,
      added_by: resource.addedBy,
    })
    .execute();
}

/** Removes a link; answers it, or undefined where there is none. */
export async function removeIncidentResource(
  tx: Tx,
  incidentId: string,
  id: string,
): Promise<{ readonly title: string } | undefined> {
  return tx
    .deleteFrom("incident_resources")
    .where("incident_id", "=", incidentId)
    .where("id", "=", id)
    .returning("title")
    .executeTakeFirst();
}

/** Says which services it touches beside its own. */
export async function saveIncidentServices(
  tx: Tx,
  incidentId: string,
  services: readonly string[],
): Promise<void> {
  await tx.deleteFrom("incident_services").where("incident_id", "=", incidentId).execute();
  if (services.length === 0) return;
  await tx
    .insertInto("incident_services")
    .values(
      services.map((service) => ({ incident_id: incidentId, service: storableText(service) })),
    )
    .execute();
}

/** Has somebody told of an incident's turns from now on, or no longer. Answers whether that is new. */
export async function saveIncidentSubscriber(
  tx: Tx,
  incidentId: string,
  personId: string,
  isTold: boolean,
): Promise<boolean> {
  if (!isTold) {
    await sql`
      delete from incident_news using incident_subscribers subscriber
      where incident_news.state = 'waiting' and incident_news.subscriber_id = subscriber.id
        and subscriber.incident_id = ${incidentId} and subscriber.user_id = ${personId}`.execute(
      tx,
    );
  }
  const { rows } = await sql<{ isNew: boolean }>`
    insert into incident_subscribers (incident_id, user_id, muted, told_entry)
    values (${incidentId}, ${personId}, ${!isTold}, ${newestEntry(sql`${incidentId}::uuid`)})
    on conflict (incident_id, user_id) do update
      set muted = excluded.muted, told_entry = excluded.told_entry
      where incident_subscribers.muted <> excluded.muted
    returning xmax = 0 as "isNew"`.execute(tx);
  const [changed] = rows;
  // Who was not told before, and is not to be told, sees nothing change; what they do does not subscribe them.
  return changed !== undefined && (isTold || !changed.isNew);
}

/** What has happened so far is not told to who begins to be told. */
const newestEntry = (incidentId: RawBuilder<unknown>) =>
  sql`coalesce((select max(id) from incident_timeline where incident_id = ${incidentId}), 0)`;

/** Has people who are paged about an incident told of its turns, unless they have said that they do not want to be. */
export async function subscribePaged(
  tx: Tx,
  paged: readonly { readonly incidentId: string; readonly personId: string }[],
): Promise<void> {
  await sql`
    insert into incident_subscribers (incident_id, user_id, told_entry)
    select paged.incident, paged.person, ${newestEntry(sql`paged.incident`)}
    from (select distinct * from unnest(${paged.map(({ incidentId }) => incidentId)}::uuid[],
      ${paged.map(({ personId }) => personId)}::uuid[]) as pages (incident, person)) paged
    on conflict do nothing`.execute(tx);
}

/** Moves alerts with what feeds them from one incident to another; where both hold one, the newer word wins. */
export async function moveIncidentAlerts(
  tx: Tx,
  from: string,
  to: string,
  fingerprints: readonly string[] | "all",
): Promise<void> {
  const some =
    fingerprints === "all" ? sql`true` : sql`fingerprint = any(${[...fingerprints]}::text[])`;
  await sql`
    with moved as (
      delete from incident_alerts where incident_id = ${from} and ${some} returning *
    )
    insert into incident_alerts (incident_id, fingerprint, labels, annotations, status, starts_at,
      ends_at, generator_url, expression, known_at)
    select ${to}::uuid, fingerprint, labels, annotations, status, starts_at, ends_at, generator_url,
      expression, known_at from moved
    on conflict (incident_id, fingerprint) do update set
      annotations = excluded.annotations, status = excluded.status, starts_at = excluded.starts_at,
      ends_at = excluded.ends_at, generator_url = excluded.generator_url,
      expression = excluded.expression, known_at = excluded.known_at
    where excluded.known_at > incident_alerts.known_at`.execute(tx);
}

/** Moves all that people did in one incident, and its history, into another. */
export async function moveIncidentWork(tx: Tx, from: string, to: string): Promise<void> {
  for (const table of [
    "incident_timeline",
    "incident_tasks",
    "incident_resources",
    "incident_pictures",
  ] as const) {
    await tx.updateTable(table).set({ incident_id: to }).where("incident_id", "=", from).execute();
  }
  await sql`insert into incident_groups (incident_id, group_hash)
    select ${to}::uuid, group_hash from incident_groups where incident_id = ${from}
    on conflict do nothing`.execute(tx);
  await sql`insert into incident_services (incident_id, service)
    select ${to}::uuid, service from incident_services where incident_id = ${from}
    union select ${to}::uuid, service from incidents where id = ${from} and service is not null
      and service is distinct from (select service from incidents where id = ${to})
    on conflict do nothing`.execute(tx);
  // The links in what they were sent go on to work.
  await sql`update incident_subscribers mine set incident_id = ${to}
    where incident_id = ${from} and not exists (select from incident_subscribers theirs
      where theirs.incident_id = ${to} and theirs.user_id = mine.user_id)`.execute(tx);
}

/** The newest incident that was split off from one and holds all of these alerts. */
export async function splitHolding(
  tx: Tx,
  from: string,
  fingerprints: readonly string[],
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select incidents.id from incidents
    join incident_alerts held on held.incident_id = incidents.id
    where incidents.split_from = ${from} and held.fingerprint = any(${[...fingerprints]}::text[])
    group by incidents.id having count(*) = ${new Set(fingerprints).size}
    order by max(incidents.number) desc limit 1`.execute(tx);
  return rows[0]?.id;
}

/** The service that labels of alerts name; the first of the names counts. */
export function serviceOfLabels(names: readonly string[]) {
  const values = names.map((name) => sql`nullif(labels->>${name}, '')`);
  return values.length === 0 ? sql<null>`null::text` : sql`coalesce(${sql.join(values)})`;
}

/** The open incidents that were triggered since then, with the services of their firing alerts. */
export async function stormyIncidents(
  db: Db,
  since: Date,
  serviceLabels: readonly string[],
): Promise<
  readonly {
    readonly id: string;
    readonly service: string | null;
    readonly firing: readonly string[];
  }[]
> {
  const { rows } = await sql<{ id: string; service: string | null; firing: string[] }>`
    select id, service, array(
      select distinct ${serviceOfLabels(serviceLabels)} as name from incident_alerts
      where incident_id = incidents.id and status = 'firing') as firing
    from incidents
    where state <> 'resolved' and severity <> 'maintenance' and triggered_at >= ${since}`.execute(
    db,
  );
  return rows.map((row) => ({ ...row, firing: row.firing.filter((name) => name !== null) }));
}

/** The alerts of an incident by the service that their labels name; the first of the labels counts. */
export async function alertsByService(
  db: Db,
  incidentId: string,
  serviceLabels: readonly string[],
): Promise<
  readonly {
    readonly service: string | null;
    readonly alerts: number;
    readonly firing: number;
    readonly since: Date;
  }[]
> {
  const { rows } = await sql<{
    service: string | null;
    alerts: number;
    firing: number;
    since: Date;
  }>`
    select ${serviceOfLabels(serviceLabels)} as service, count(*)::int as alerts,
      count(*) filter (where status = 'firing')::int as firing, min(starts_at) as since
    from incident_alerts where incident_id = ${incidentId}
    group by 1 order by 3 desc, 2 desc, 1 limit 100`.execute(db);
  return rows;
}
