import { findSchedule } from "../../store/index.ts";
import type { Db, ScheduleRecord } from "../../store/index.ts";
import { OnCallError } from "./errors.ts";

/** Between the ends of one question: days. */
const LONGEST = 400;

/** The refusal of a schedule that is not there. */
export const noSchedule = (id: string) =>
  new OnCallError("schedule_not_found", `There is no schedule ${id}.`);

/** The schedule that is asked for. Throws `schedule_not_found`. */
export async function askedSchedule(db: Db, id: string): Promise<ScheduleRecord> {
  const found = await findSchedule(db, id);
  if (found === undefined) throw noSchedule(id);
  return found;
}

/** Throws `duties_span_invalid` for times, ms, of which the end is not after the beginning or too far from it. */
export function checkSpan(from: number, to: number): void {
  if (to > from && to - from <= LONGEST * 86_400_000) return;
  throw new OnCallError(
    "duties_span_invalid",
    `The end must be after the beginning, and at most ${LONGEST} days later.`,
  );
}
