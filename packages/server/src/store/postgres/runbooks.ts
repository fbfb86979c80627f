import type { Db, Tx } from "./records.ts";

/** A step of a runbook that has been done for an incident. */
export interface DoneStepRecord {
  readonly incidentId: string;
  readonly runbook: string;
  readonly step: string;
  readonly doneAt: Date;
  readonly doneBy: string;
}

/** The steps that are done for an incident. */
export async function doneSteps(db: Db, incidentId: string): Promise<readonly DoneStepRecord[]> {
  const rows = await db
    .selectFrom("runbook_steps")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .orderBy("done_at")
    .execute();
  return rows.map((row) => ({
    incidentId: row.incident_id,
    runbook: row.runbook,
    step: row.step,
    doneAt: row.done_at,
    doneBy: row.done_by,
  }));
}

/** Ticks a step off; false when it was. */
export async function tickStep(tx: Tx, done: DoneStepRecord): Promise<boolean> {
  const rows = await tx
    .insertInto("runbook_steps")
    .values({
      incident_id: done.incidentId,
      runbook: done.runbook,
      step: done.step,
      done_at: done.doneAt,
      done_by: done.doneBy,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("step")
    .execute();
  return rows.length > 0;
}

/** Takes a tick back; false when there was none. */
export async function untickStep(
  tx: Tx,
  { incidentId, runbook, step }: Pick<DoneStepRecord, "incidentId" | "runbook" | "step">,
): Promise<boolean> {
  const rows = await tx
    .deleteFrom("runbook_steps")
    .where("incident_id", "=", incidentId)
    .where("runbook", "=", runbook)
    .where("step", "=", step)
    .returning("step")
    .execute();
  return rows.length > 0;
}
