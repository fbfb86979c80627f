import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Announce, Clock } from "../../model/index.ts";
import {
  addLogBurst,
  findIncident,
  incidentsToWatch,
  lockIncidents,
  logBurstsOf,
  updateLogBurst,
} from "../../store/index.ts";
import type { LogBurstRecord, Records, Tx, WatchedIncident } from "../../store/index.ts";
import { WorkLoop } from "../work-loop.ts";
import { BEFORE, burstInWords, burstsOf, CALM } from "./bursts.ts";

const MINUTE = 60_000;
/** Times in milliseconds. */
const LIMITS = {
  look: 30_000,
  /** Incidents that were triggered longer ago are not looked at. */
  oldest: 24 * 60 * MINUTE,
  incidents: 30,
  /** Of one incident. */
  services: 8,
  /** On one incident's timeline. */
  entries: 100,
  /** Bursts whose lines are looked at in one go. */
  shapes: 10,
  /** As much of a burst is looked at for what its lines look like. */
  shapeOf: 15 * MINUTE,
} as const;
/** What happened so long before an incident may be its cause. Milliseconds. */
const JUST_BEFORE = 15 * MINUTE;
/** A burst that still went on then is found with its beginning, if that was at most so long before. */
const BEGUN_BEFORE = 60 * MINUTE;
/** Around a burst, on the page that shows its lines. Milliseconds. */
const AROUND = 5 * MINUTE;

/** What is asked of the logs. Times are milliseconds since 1970, the end of a time exclusive. */
export interface ErrorLogs {
  /**
   * Error lines by service, in so many minutes from a whole one on; services without any may be missing.
   */
  perMinute(
    services: readonly string[],
    since: number,
    minutes: number,
  ): Promise<ReadonlyMap<string, readonly number[]>>;
  /** What the most frequent of a service's error lines look like. */
  mostFrequent(service: string, since: number, until: number): Promise<string | undefined>;
  /** The page that shows them, as a path. */
  page(service: string, since: number, until: number): string;
}

/** Puts bursts of error lines on the timelines of open incidents. */
export interface LogBursts {
  start(): void;
  stop(): Promise<void>;
  /** Looks now. */
  settle(): Promise<void>;
}

type Known = Awaited<ReturnType<typeof logBurstsOf>>[number];
/** A burst that was found: what is to stand on the timeline, but for its words. */
interface Found {
  readonly service: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly isOver: boolean;
  readonly wordsWith: (shape: string | null) => string;
}

/**
 * Looks every half minute for bursts of error lines of the services of open incidents, from 15 minutes before
 * each on: a burst is one entry, which is written anew while it goes on. Any number of servers may do so over
 * one PostgreSQL: all of them find the same, and whoever comes second finds it written.
 */
export function createLogBursts(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly announce: Announce;
  readonly errorLogs: ErrorLogs;
  /** The labels that name the service an alert is about. */
  readonly serviceLabels: readonly string[];
}): LogBursts {
  const { records, clock, log, announce, errorLogs, serviceLabels } = deps;

  async function look(goesOn: () => boolean): Promise<void> {
    const now = clock.now();
    const incidents = await incidentsToWatch(records.db, {
      ...LIMITS,
      since: new Date(now - LIMITS.oldest),
      serviceLabels,
    });
    const services = [...new Set(incidents.flatMap((one) => one.services))];
    if (services.length === 0) return;
    const since = Math.min(...incidents.map(beginOf));
    const minutes = Math.floor((now - since) / MINUTE) + 1;
    const counts = await errorLogs.perMinute(services, since, minutes);
    const written = await logBurstsOf(
      records.db,
      incidents.map(({ id }) => id),
    );
    const shapes = shapesUpTo(LIMITS.shapes);
    for (const incident of incidents) {
      if (!goesOn()) return;
      const known = written.filter(({ incidentId }) => incidentId === incident.id);
      const found = incident.services.flatMap((service) =>
        burstsOfIncident(incident, service, counts.get(service) ?? [], since, now),
      );
      const changed: LogBurstRecord[] = [];
      let room = LIMITS.entries - known.length;
      for (const burst of found) {
        const before = knownOf(known, burst);
        if (before === undefined && (room -= 1) < 0) continue;
        const after = await recordOf(burst, before, shapes);
        if (before === undefined || isChanged(before, after)) changed.push(after);
      }
      if (changed.length === 0) continue;
      try {
        await records.transaction((tx) => write(tx, incident.id, changed));
      } catch (error) {
        const reason = messageOf(error);
        log.error({ reason, incident: incident.id }, "a burst of log lines could not be written");
      }
    }
  }

  /** What the lines of a burst look like, asked for so many bursts at most; null where it is not known. */
  function shapesUpTo(most: number) {
    let asked = 0;
    return async ({ service, startedAt, endedAt }: Found): Promise<string | null> => {
      if ((asked += 1) > most) return null;
      const until = endedAt.getTime();
      const since = Math.max(startedAt.getTime(), until - LIMITS.shapeOf);
      try {
        return (await errorLogs.mostFrequent(service, since, until)) ?? null;
      } catch (error) {
        log.warn({ reason: messageOf(error), service }, "a burst's log lines could not be read");
        return null;
      }
    };
  }

  async function recordOf(
    { wordsWith, ...found }: Found,
    before: Known | undefined,
    shapeOf: (found: Found) => Promise<string | null>,
  ): Promise<LogBurstRecord> {
    const { service, startedAt, endedAt, isOver } = found;
    // At first, and once all of its lines are there.
    const isAsked = before === undefined || (isOver && !before.isOver);
    const seen = isAsked ? await shapeOf({ ...found, wordsWith }) : null;
    const shape = seen ?? before?.shape ?? null;
    const url = errorLogs.page(service, startedAt.getTime() - AROUND, endedAt.getTime() + AROUND);
    return { service, startedAt, endedAt, isOver, shape, url, text: wordsWith(shape) };
  }

  async function write(
    tx: Tx,
    incidentId: string,
    bursts: readonly LogBurstRecord[],
  ): Promise<void> {
    // One server at a time; and nothing is added to what a person has just closed.
    await lockIncidents(tx);
    const incident = await findIncident(tx, { id: incidentId });
    if (incident === undefined || incident.state === "resolved") return;
    const known = await logBurstsOf(tx, [incidentId]);
    let added = 0;
    for (const burst of bursts) {
      const before = knownOf(known, burst);
      if (before !== undefined) await updateLogBurst(tx, before.entryId, burst);
      else if (known.length + added < LIMITS.entries) {
        await addLogBurst(tx, incidentId, burst);
        added += 1;
      }
    }
    records.afterCommit(tx, () => announce({ topic: "incidents", id: incidentId }));
  }

  const loop = new WorkLoop({
    clock,
    log,
    look: LIMITS.look,
    failure: "bursts of log lines could not be looked for; trying again",
    work: async (goesOn) => {
      await look(goesOn);
      return null;
    },
  });
  return {
    start: () => loop.start(),
    stop: () => loop.stop(),
    settle: () => loop.settle(),
  };
}

const minuteOf = (at: number) => Math.floor(at / MINUTE) * MINUTE;

/** From when on lines are counted for an incident: always the same, so that always the same is found. */
function beginOf({ triggeredAt }: WatchedIncident): number {
  return minuteOf(triggeredAt.getTime() - JUST_BEFORE - BEGUN_BEFORE) - BEFORE * MINUTE;
}

function burstsOfIncident(
  incident: WatchedIncident,
  service: string,
  counts: readonly number[],
  since: number,
  now: number,
): readonly Found[] {
  const begin = beginOf(incident);
  const own = counts.slice((begin - since) / MINUTE);
  const whole = Math.floor((now - begin) / MINUTE);
  const early = incident.triggeredAt.getTime() - JUST_BEFORE;
  return burstsOf(own, whole).flatMap((burst): Found[] => {
    const endedAt = begin + (burst.last + 1) * MINUTE;
    if (endedAt <= early) return [];
    return [
      {
        service,
        startedAt: new Date(begin + burst.first * MINUTE),
        endedAt: new Date(endedAt),
        isOver: burst.isOver,
        wordsWith: (shape) => burstInWords(service, burst, shape),
      },
    ];
  });
}

/** The entry of the same burst: lines that came late may have changed when it began or ended. */
function knownOf(
  known: readonly Known[],
  burst: Pick<LogBurstRecord, "service" | "startedAt" | "endedAt">,
): Known | undefined {
  const same = known.filter(
    ({ service, startedAt, endedAt }) =>
      service === burst.service &&
      burst.startedAt.getTime() < endedAt.getTime() + CALM * MINUTE &&
      startedAt.getTime() < burst.endedAt.getTime() + CALM * MINUTE,
  );
  return same.find(({ startedAt }) => +startedAt === +burst.startedAt) ?? same[0];
}

const isChanged = (before: LogBurstRecord, after: LogBurstRecord) =>
  before.text !== after.text || before.url !== after.url || before.isOver !== after.isOver;
