import { Temporal } from "temporal-polyfill";
import { localOf } from "../../model/index.ts";
import type { Duty } from "../../model/index.ts";
import type { Interruption } from "../../store/index.ts";

/** A night, local: between these hours people sleep. */
const NIGHT = { from: 22, to: 7 } as const;

/** What being on call cost a person. */
export interface PersonLoad {
  readonly personId: string;
  /** The zone in which their nights are counted. */
  readonly timeZone: string;
  /** Time on duty, by whichever schedules; two at a time count once. */
  readonly onDutySeconds: number;
  /** Steps of escalations that reached them. */
  readonly interruptions: number;
  /** Nights (22:00 to 07:00) in which they were interrupted at least once. */
  readonly nights: number;
  /** Days of a weekend on which they were interrupted outside of nights. */
  readonly weekendDays: number;
  readonly incidents: number;
  /** Interruptions that they answered. */
  readonly answered: number;
  /** Half of their answers took no longer; null without any. */
  readonly medianAnswerSeconds: number | null;
}

/**
 * The load by person: everybody who was on duty or interrupted, the most interrupted first.
 * `zoneOf` is where somebody lives, as far as schedules tell.
 */
export function loadByPerson(
  duties: readonly Pick<Duty, "personId" | "from" | "to">[],
  interruptions: readonly Interruption[],
  zoneOf: (personId: string) => string,
): readonly PersonLoad[] {
  const people = new Set([...duties, ...interruptions].map(({ personId }) => personId));
  return [...people]
    .map((personId): PersonLoad => {
      const timeZone = zoneOf(personId);
      const own = interruptions.filter((one) => one.personId === personId);
      const times = own.map(({ at }) => localOf(at.getTime(), timeZone));
      const answers = own.flatMap(({ at, answeredAt }) =>
        answeredAt === null ? [] : [(answeredAt.getTime() - at.getTime()) / 1000],
      );
      return {
        personId,
        timeZone,
        onDutySeconds: covered(duties.filter((duty) => duty.personId === personId)) / 1000,
        interruptions: own.length,
        nights: new Set(times.filter(isNight).map(nightOf)).size,
        weekendDays: new Set(
          times
            .filter((time) => !isNight(time) && time.dayOfWeek > 5)
            .map((time) => time.toPlainDate().toString()),
        ).size,
        incidents: new Set(own.map(({ incidentId }) => incidentId)).size,
        answered: answers.length,
        medianAnswerSeconds: median(answers),
      };
    })
    .toSorted((a, b) => b.interruptions - a.interruptions || b.onDutySeconds - a.onDutySeconds);
}

const isNight = ({ hour }: Temporal.PlainDateTime) => hour >= NIGHT.from || hour < NIGHT.to;

/** The date of the evening on which a night began. */
const nightOf = (time: Temporal.PlainDateTime) =>
  time.subtract({ hours: NIGHT.to }).toPlainDate().toString();

/** How long at least one of the times lasted, ms. */
function covered(times: readonly { readonly from: number; readonly to: number }[]): number {
  let total = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const { from, to } of times.toSorted((a, b) => a.from - b.from)) {
    total += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return total;
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
