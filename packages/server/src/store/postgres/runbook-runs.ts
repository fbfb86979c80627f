import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { Db, Tx } from "./records.ts";
import { storableJson, storableText } from "./storable-text.ts";
import type { RunbookRunTables } from "./tables/runbook-runs.ts";

type Row = Selectable<RunbookRunTables["runbook_runs"]>;

/** An action that was run for an incident, or waits for a second person. */
export interface RunbookRunRecord {
  readonly id: string;
  readonly incidentId: string;
  readonly action: string;
  readonly title: string;
  readonly runbook: string | null;
  readonly parameters: Readonly<Record<string, string>>;
  /** What is done, exactly, as it was confirmed. */
  readonly work: unknown;
  readonly digest: string;
  readonly state: Row["state"];
  readonly askedAt: Date;
  readonly askedBy: string;
  readonly personId: string | null;
  readonly expiresAt: Date | null;
  readonly decidedBy: string | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly process: string | null;
  readonly exitCode: number | null;
  readonly status: number | null;
  readonly reason: string | null;
  readonly output: string;
}

/** The process that runs something, and until when it is believed to live. */
export interface RunningProcess {
  readonly server: string;
  readonly process: string;
  readonly aliveUntil: Date;
}

/** How a run ended, as far as is known. */
export type RunEnd = Pick<RunbookRunRecord, "exitCode" | "status" | "reason" | "output"> & {
  readonly state: "succeeded" | "failed";
  readonly endedAt: Date;
};

const bytes = (digest: string) => Buffer.from(digest, "base64url");

const toRun = (row: Row): RunbookRunRecord => ({
  id: row.id,
  incidentId: row.incident_id,
  action: row.action,
  title: row.title,
  runbook: row.runbook,
  parameters: row.parameters as Readonly<Record<string, string>>,
  work: row.work,
  digest: row.digest.toString("base64url"),
  state: row.state,
  askedAt: row.asked_at,
  askedBy: row.asked_by,
  personId: row.person_id,
  expiresAt: row.expires_at,
  decidedBy: row.decided_by,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  process: row.process,
  exitCode: row.exit_code,
  status: row.status,
  reason: row.reason,
  output: row.output,
});

/** The newest runs of an incident. */
export async function listRunbookRuns(
  db: Db,
  incidentId: string,
  limit: number,
): Promise<readonly RunbookRunRecord[]> {
  const rows = await db
    .selectFrom("runbook_runs")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .orderBy("asked_at", "desc")
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(toRun);
}

/** The newest run of an action for an incident. */
export async function lastRunbookRun(
  db: Db,
  incidentId: string,
  action: string,
): Promise<RunbookRunRecord | undefined> {
  const row = await db
    .selectFrom("runbook_runs")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .where("action", "=", action)
    .orderBy("asked_at", "desc")
    .orderBy("id")
    .executeTakeFirst();
  return row === undefined ? undefined : toRun(row);
}

/** A run by its id, or by what was confirmed. */
export async function findRunbookRun(
  db: Db,
  by: { readonly id: string } | { readonly confirmation: string },
): Promise<RunbookRunRecord | undefined> {
  const all = db.selectFrom("runbook_runs").selectAll();
  const row = await (
    "id" in by
      ? all.where("id", "=", by.id)
      : all.where("confirmation", "=", bytes(by.confirmation))
  ).executeTakeFirst();
  return row === undefined ? undefined : toRun(row);
}

/** What is under way, or waits, and would do the same. */
export async function runUnderWay(db: Db, digest: string): Promise<RunbookRunRecord | undefined> {
  const row = await db
    .selectFrom("runbook_runs")
    .selectAll()
    .where("digest", "=", bytes(digest))
    .where("state", "in", ["waiting", "running"])
    .executeTakeFirst();
  return row === undefined ? undefined : toRun(row);
}

/**
 * Remembers a run that begins, or waits for a second person; undefined when this confirmation was used,
 * or the same is under way.
 */
export async function addRunbookRun(
  tx: Tx,
  run: Pick<
    RunbookRunRecord,
    | "incidentId"
    | "action"
    | "title"
    | "runbook"
    | "parameters"
    | "work"
    | "digest"
    | "askedAt"
    | "askedBy"
    | "personId"
    | "expiresAt"
  > & { readonly confirmation: string; readonly runs: RunningProcess | undefined },
): Promise<RunbookRunRecord | undefined> {
  const { runs } = run;
  const row = await tx
    .insertInto("runbook_runs")
    .values({
      incident_id: run.incidentId,
      action: run.action,
      title: storableText(run.title),
      runbook: run.runbook,
      parameters: storableJson(run.parameters),
      work: storableJson(run.work),
      digest: bytes(run.digest),
      confirmation: bytes(run.confirmation),
      state: runs === undefined ? "waiting" : "running",
      asked_at: run.askedAt,
      asked_by: run.askedBy,
      person_id: run.personId,
      expires_at: run.expiresAt,
      started_at: runs === undefined ? null : run.askedAt,
      server: runs?.server ?? null,
      process: runs?.process ?? null,
      alive_until: runs?.aliveUntil ?? null,
      output: "",
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : toRun(row);
}

/** Begins what waited, once; undefined when it waits no more. */
export async function beginRunbookRun(
  tx: Tx,
  id: string,
  by: { readonly at: Date; readonly decidedBy: string } & RunningProcess,
): Promise<RunbookRunRecord | undefined> {
  const row = await tx
    .updateTable("runbook_runs")
    .set({
      state: "running",
      started_at: by.at,
      decided_by: by.decidedBy,
      server: by.server,
      process: by.process,
      alive_until: by.aliveUntil,
    })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .where("expires_at", ">", by.at)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : toRun(row);
}

/** Refuses what waits; undefined when it waits no more. */
export async function refuseRunbookRun(
  tx: Tx,
  id: string,
  by: { readonly at: Date; readonly decidedBy: string },
): Promise<RunbookRunRecord | undefined> {
  const row = await tx
    .updateTable("runbook_runs")
    .set({ state: "refused", ended_at: by.at, decided_by: by.decidedBy })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : toRun(row);
}

/** That a process lives, and what a run of it has said so far. */
export async function noteRunbookRun(
  db: Db,
  id: string,
  by: { readonly process: string; readonly aliveUntil: Date; readonly output: string },
): Promise<void> {
  await db
    .updateTable("runbook_runs")
    .set({ alive_until: by.aliveUntil, output: storableText(by.output) })
    .where("id", "=", id)
    .where("process", "=", by.process)
    .where("state", "=", "running")
    .execute();
}

/** Remembers how a run ended: also one that was given up, for its own process knows better. */
export async function endRunbookRun(
  tx: Tx,
  id: string,
  process: string,
  end: RunEnd,
): Promise<RunbookRunRecord | undefined> {
  const row = await tx
    .updateTable("runbook_runs")
    .set({
      state: end.state,
      ended_at: end.endedAt,
      exit_code: end.exitCode,
      status: end.status,
      reason: end.reason === null ? null : storableText(end.reason),
      output: storableText(end.output),
    })
    .where("id", "=", id)
    .where("process", "=", process)
    .where("state", "in", ["running", "unknown"])
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : toRun(row);
}

/**
 * Ends what nobody will: what runs in a process that is gone (silent for too long, or an earlier one of
 * this very server) is unknown, what waits for a second person for too long has expired.
 */
export async function endForgottenRuns(
  tx: Tx,
  by: { readonly now: Date; readonly server: string; readonly process: string },
): Promise<readonly RunbookRunRecord[]> {
  const { rows } = await sql<Row>`
    update runbook_runs set
      state = case state when 'waiting' then 'expired' else 'unknown' end,
      ended_at = ${by.now}
    where id in (
      select id from runbook_runs
      where (state = 'waiting' and expires_at <= ${by.now})
        or (state = 'running' and (alive_until <= ${by.now}
          or (server = ${by.server} and process <> ${by.process})))
      limit 100 for update skip locked)
    returning *`.execute(tx);
  return rows.map(toRun);
}

/** When the next of these is due, as far as is known; null when nothing is open. */
export async function nextForgottenRunAt(db: Db): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(case state when 'waiting' then expires_at else alive_until end) as at
    from runbook_runs where state = 'waiting' or state = 'running'`.execute(db);
  return rows[0]?.at ?? null;
}
