import type { Severity } from "../../model/index.ts";
import { measuredIncidents, postMortemOutcomes } from "../../store/index.ts";
import type { MeasuredIncident, PostMortemOutcome, Records } from "../../store/index.ts";

const DAY = 86_400_000;
/** So soon after an incident of the same service and title, one is the same again. Milliseconds. */
const REPEATS_WITHIN = 30 * DAY;
/** Within this time of an incident's end its post-mortem is due. Milliseconds. */
const POST_MORTEM_WITHIN = 48 * 3_600_000;
/** Incidents that figures are made of; beyond them the oldest are left out. */
const MOST = 20_000;

/** Times are means in milliseconds; null where there is nothing to make one of. */
export interface Figures {
  readonly incidents: number;
  /** From the beginning of the fault to its incident, */
  readonly detect: number | null;
  /** from there to the first answer, */
  readonly acknowledge: number | null;
  /** and to the end. */
  readonly resolve: number | null;
  /** Those that had been there before within 30 days: same service, same title. */
  readonly repeats: number;
}

/** A post-mortem counts once it is due or done. */
export interface FollowUp {
  readonly due: number;
  readonly inTime: number;
  readonly actions: number;
  readonly actionsDone: number;
}

/** All the figures of a time. */
export interface FigureReport {
  readonly all: Figures;
  readonly bySeverity: readonly (Figures & { readonly severity: string })[];
  readonly byService: readonly (Figures & { readonly service: string | null })[];
  /** `month`: `2026-03`, in UTC; every month of the time is there. */
  readonly byMonth: readonly (Figures & { readonly month: string })[];
  readonly followUp: FollowUp;
}

/**
 * Makes the figures of what happened between two times; pure. `asksFor` are the severities that ask for a
 * post-mortem. `now`: ms since 1970.
 */
export function figuresOf(
  incidents: readonly MeasuredIncident[],
  postMortems: readonly PostMortemOutcome[],
  asksFor: readonly Severity[],
  span: { readonly from: Date; readonly to: Date },
  now: number,
): FigureReport {
  const repeats = repeatsOf(incidents);
  const inSpan = incidents.filter(({ openedAt }) => openedAt >= span.from && openedAt < span.to);
  const summary = (some: readonly MeasuredIncident[]) => summarise(some, repeats);
  const services = groups(inSpan, ({ service }) => service);
  return {
    all: summary(inSpan),
    bySeverity: ["P1", "P2", "P3"].map((severity) => ({
      severity,
      ...summary(inSpan.filter((one) => one.severity === severity)),
    })),
    byService: [...services]
      .map(([service, some]) => ({ service, ...summary(some) }))
      .sort(
        (a, b) => b.incidents - a.incidents || (a.service ?? "").localeCompare(b.service ?? ""),
      ),
    byMonth: monthsOf(span).map((month) => ({
      month,
      ...summary(inSpan.filter(({ openedAt }) => monthOf(openedAt) === month)),
    })),
    followUp: followUpOf(inSpan, postMortems, asksFor, now),
  };
}

function summarise(incidents: readonly MeasuredIncident[], repeats: ReadonlySet<string>): Figures {
  const took = (from: Date, to: Date | null) =>
    to === null ? [] : [Math.max(0, to.getTime() - from.getTime())];
  return {
    incidents: incidents.length,
    detect: mean(incidents.flatMap(({ beganAt, openedAt }) => took(beganAt, openedAt))),
    acknowledge: mean(
      incidents.flatMap(({ openedAt, acknowledgedAt }) => took(openedAt, acknowledgedAt)),
    ),
    resolve: mean(incidents.flatMap(({ openedAt, resolvedAt }) => took(openedAt, resolvedAt))),
    repeats: incidents.filter(({ id }) => repeats.has(id)).length,
  };
}

const mean = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** The ids of incidents that had been there before. Oldest first. */
function repeatsOf(incidents: readonly MeasuredIncident[]): ReadonlySet<string> {
  const last = new Map<string, number>();
  const found = new Set<string>();
  for (const { id, service, title, openedAt } of incidents) {
    const key = JSON.stringify([service, title]);
    const at = openedAt.getTime();
    const before = last.get(key);
    if (before !== undefined && at - before <= REPEATS_WITHIN) found.add(id);
    last.set(key, at);
  }
  return found;
}

function groups<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const found = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const list = found.get(key);
    if (list === undefined) found.set(key, [item]);
    else list.push(item);
  }
  return found;
}

const monthOf = (at: Date) => at.toISOString().slice(0, 7);

function monthsOf({ from, to }: { readonly from: Date; readonly to: Date }): string[] {
  const months: string[] = [];
  const last = new Date(to.getTime() - 1);
  for (
    let month = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth()));
    month <= last;
    month = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1))
  )
    months.push(monthOf(month));
  return months;
}

/** Of the incidents that ended and ask for one, or for which somebody wrote one anyhow. */
function followUpOf(
  incidents: readonly MeasuredIncident[],
  postMortems: readonly PostMortemOutcome[],
  asksFor: readonly string[],
  now: number,
): FollowUp {
  const of = new Map(postMortems.map((one) => [one.incidentId, one]));
  const own = incidents.flatMap(({ id, severity, resolvedAt }) => {
    const record = of.get(id);
    if (resolvedAt === null || (record === undefined && !asksFor.includes(severity))) return [];
    const due = resolvedAt.getTime() + POST_MORTEM_WITHIN;
    const done = record?.completedAt?.getTime() ?? null;
    return done === null && now < due ? [] : [{ inTime: done !== null && done <= due }];
  });
  const kept = incidents.flatMap(({ id }) => of.get(id) ?? []);
  return {
    due: own.length,
    inTime: own.filter(({ inTime }) => inTime).length,
    actions: kept.reduce((sum, one) => sum + one.actions, 0),
    actionsDone: kept.reduce((sum, one) => sum + one.actionsDone, 0),
  };
}

/** How incidents went. */
export interface IncidentFigures {
  report(from: Date, to: Date): Promise<FigureReport>;
}

/** Makes the figures' service. */
export function createIncidentFigures(deps: {
  readonly records: Records;
  readonly now: () => number;
  /** Which incidents ask for a post-mortem. */
  readonly severities: readonly Severity[];
}): IncidentFigures {
  const { records, now, severities } = deps;
  return {
    async report(from, to) {
      // What was there in the month before makes the first ones repeats.
      const early = new Date(from.getTime() - REPEATS_WITHIN);
      const incidents = await measuredIncidents(records.db, early, to, MOST);
      const written = await postMortemOutcomes(
        records.db,
        incidents.map(({ id }) => id),
      );
      return figuresOf(incidents, written, severities, { from, to }, now());
    },
  };
}
