import type { DutyOverride, ScheduleLayer } from "../src/model/index.ts";
import { Random } from "./alert-stream/random.ts";

/** The year over which schedules are counted out: it holds both changes of each zone's clock. */
export const YEAR = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2027, 0, 1) } as const;

const MINUTE = 60_000;
const MINUTES = (YEAR.to - YEAR.from) / MINUTE;
/** Clocks are read from here on, so that the year does not begin in the middle of a change. */
const LEAD = 7 * 1440;
const WEEK = 10_080;
/** 1970-01-05 was a Monday. */
const FIRST_MONDAY = 4 * 1440;

export const ZONES = [
  "America/New_York",
  "Europe/Berlin",
  "Australia/Lord_Howe",
  "Pacific/Auckland",
  "Asia/Kolkata",
] as const;

export interface GeneratedSchedule {
  readonly layers: readonly ScheduleLayer[];
  readonly overrides: readonly DutyOverride[];
}

const clocks = new Map<string, Float64Array>();

/**
 * For each minute of the year, the latest local time (in minutes since 1970) that the zone's clock has
 * shown so far: a clock that is set back shows nothing new until it has caught up.
 */
function latestLocalTimes(timeZone: string): Float64Array {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const times = new Float64Array(MINUTES);
  let latest = 0;
  let shift = 0;
  for (let minute = -LEAD; minute < MINUTES; minute += 1) {
    const utc = YEAR.from / MINUTE + minute;
    // Clocks change on a quarter of an hour everywhere.
    if (minute % 15 === 0) {
      const part = new Map(
        format.formatToParts(utc * MINUTE).map(({ type, value }) => [type, Number(value)]),
      );
      const field = (type: Intl.DateTimeFormatPartTypes) => part.get(type) ?? Number.NaN;
      shift =
        Date.UTC(field("year"), field("month") - 1, field("day"), field("hour"), field("minute")) /
          MINUTE -
        utc;
    }
    latest = Math.max(latest, utc + shift);
    if (minute >= 0) times[minute] = latest;
  }
  clocks.set(timeZone, times);
  return times;
}

const minutesOf = (local: string) => Date.parse(`${local}:00Z`) / MINUTE;
const timeOfDay = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** The minutes of a week, from Monday on, at which a layer is on duty. */
function dutyWeek(layer: ScheduleLayer): Uint8Array {
  const week = new Uint8Array(WEEK).fill(layer.windows.length === 0 ? 1 : 0);
  for (const { days, from, to } of layer.windows) {
    const length = (timeOfDay(to) - timeOfDay(from) + 1440) % 1440 || 1440;
    for (const day of days) {
      for (let minute = 0; minute < length; minute += 1) {
        week[((day - 1) * 1440 + timeOfDay(from) + minute) % WEEK] = 1;
      }
    }
  }
  return week;
}

/** Who is on duty, found by asking for every minute of the year. */
export function referenceDuties({
  layers,
  overrides,
}: GeneratedSchedule): { from: number; to: number; personId: string }[] {
  const people: string[] = [];
  const numberOf = (person: string) => {
    if (!people.includes(person)) people.push(person);
    return people.indexOf(person) + 1;
  };
  const onDuty = new Uint8Array(MINUTES);
  for (const layer of layers) {
    const times = latestLocalTimes(layer.timeZone);
    const week = dutyWeek(layer);
    const start = minutesOf(layer.startsAt);
    const end = layer.endsAt === null ? Number.POSITIVE_INFINITY : minutesOf(layer.endsAt);
    const turn = layer.turn.length * (layer.turn.unit === "week" ? WEEK : 1440);
    const numbers = layer.people.map(numberOf);
    for (let minute = 0; minute < MINUTES; minute += 1) {
      const local = times[minute] ?? 0;
      if (local < start || local >= end || week[(local - FIRST_MONDAY) % WEEK] === 0) continue;
      onDuty[minute] = numbers[Math.floor((local - start) / turn) % numbers.length] ?? 0;
    }
  }
  for (const { personId, from, to } of overrides) {
    const number = numberOf(personId);
    for (let minute = 0; minute < MINUTES; minute += 1) {
      const instant = YEAR.from + minute * MINUTE;
      if (instant >= from && instant < to) onDuty[minute] = number;
    }
  }
  const duties: { from: number; to: number; personId: string }[] = [];
  for (let minute = 0; minute < MINUTES; minute += 1) {
    const number = onDuty[minute] ?? 0;
    if (number === 0) continue;
    const last = duties.at(-1);
    const from = YEAR.from + minute * MINUTE;
    const personId = people[number - 1] ?? "";
    if (last?.to === from && last.personId === personId) last.to = from + MINUTE;
    else duties.push({ from, to: from + MINUTE, personId });
  }
  return duties;
}

/** Schedules of one to four layers with any turns, windows and overrides; the same for the same seed. */
export function* randomSchedules(seed: number, count: number): Generator<GeneratedSchedule> {
  const random = new Random(seed);
  const two = (value: number) => String(value).padStart(2, "0");
  // Often in the small hours, where clocks change.
  const time = () =>
    random.chance(0.3)
      ? `0${random.below(4)}:${random.pick(["00", "15", "30", "45", "59"])}`
      : `${two(random.below(24))}:${two(random.below(60))}`;
  const local = (year: number) =>
    `${year}-${two(1 + random.below(12))}-${two(1 + random.below(28))}T${time()}`;
  for (let made = 0; made < count; made += 1) {
    const layers = Array.from({ length: 1 + random.below(4) }, (_, index): ScheduleLayer => {
      const startsAt = local(random.chance(0.5) ? 2025 : 2026);
      const endsAt = random.chance(0.2) ? local(2026) : null;
      return {
        name: `Layer ${index}`,
        timeZone: random.pick(ZONES),
        people: Array.from({ length: 1 + random.below(5) }, () => `person ${random.below(8)}`),
        startsAt,
        endsAt: endsAt !== null && endsAt > startsAt ? endsAt : null,
        turn: {
          unit: random.pick(["day", "week"]),
          length: 1 + random.below(random.chance(0.8) ? 2 : 9),
        },
        windows: Array.from({ length: random.chance(0.5) ? 0 : 1 + random.below(3) }, () => ({
          days: [1, 2, 3, 4, 5, 6, 7].filter(() => random.chance(0.7)),
          from: time(),
          to: time(),
        })).filter(({ days }) => days.length > 0),
      };
    });
    const overrides = Array.from({ length: random.below(4) }, (_, index): DutyOverride => {
      const from = YEAR.from + random.below(MINUTES) * MINUTE;
      const to = from + (1 + random.below(20_000)) * MINUTE;
      return { id: `override ${index}`, personId: `person ${random.below(9)}`, from, to };
    });
    yield { layers, overrides };
  }
}
