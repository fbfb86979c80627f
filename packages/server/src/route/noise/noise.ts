import { compileMatchers } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import { firingsSince, listFirings, listPages } from "../../store/index.ts";
import type { FiringRecord, PageRecord, Records, SilenceRecord } from "../../store/index.ts";
import { WATCHDOG } from "../heartbeat.ts";

/** The newest firings and pages that a report reads. */
const MAX_FIRINGS = 20_000;
const MAX_PAGES = 20_000;
/** A silence this long after a page was made because of it. */
const SILENCED_WITHIN = 24 * 3_600_000;

/** What the alerts of one name have cost; the contract says what counts. */
export interface NoisyAlert {
  readonly name: string;
  readonly labelSets: number;
  readonly firings: number;
  /** Milliseconds, within the window. */
  readonly firingFor: number;
  readonly pages: number;
  readonly actedOn: number;
  readonly receivers: readonly string[];
}

/** The alerts of a window that fired, the one with most pages first. */
export interface NoiseReport {
  /** Where the window or the history begins, ms since 1970. */
  readonly since: number;
  readonly pages: number;
  readonly actedOn: number;
  readonly alerts: readonly NoisyAlert[];
}

/** Reads what alerts have cost since `since`. */
export async function readNoise(
  records: Records,
  silences: readonly SilenceRecord[],
  window: { readonly since: number; readonly now: number },
): Promise<NoiseReport> {
  const { since } = window;
  const [begins, firings, pages] = await Promise.all([
    firingsSince(records.db),
    listFirings(records.db, { since, limit: MAX_FIRINGS }),
    listPages(records.db, since, MAX_PAGES),
  ]);
  return { since: Math.max(since, begins), ...noiseOf(firings, pages, silences, window) };
}

/** Adds up what alerts have cost. */
export function noiseOf(
  firings: readonly FiringRecord[],
  pages: readonly PageRecord[],
  silences: readonly SilenceRecord[],
  { since, now }: { readonly since: number; readonly now: number },
): Omit<NoiseReport, "since"> {
  const labelsOf = new Map(firings.map(({ fingerprint, labels }) => [fingerprint, labels]));
  const tallies = new Map<string, Tally>();
  for (const { fingerprint, labels, startedAt, endedAt } of firings) {
    const name = labels["alertname"] ?? "";
    if (name === WATCHDOG) continue;
    const tally = tallies.get(name) ?? new Tally(name);
    tallies.set(name, tally);
    tally.labelSets.add(fingerprint);
    tally.firings += 1;
    tally.firingFor += Math.max(0, Math.min(endedAt, now) - Math.max(startedAt, since));
  }
  const wasSilenced = silencedAfter(silences);
  let [paged, actedOn] = [0, 0];
  for (const { fingerprints, receiver, decidedAt, handled } of pages) {
    const sets = fingerprints
      .map((id) => labelsOf.get(id))
      .filter((labels) => labels !== undefined);
    const acted = handled || sets.some((labels) => wasSilenced(labels, decidedAt));
    const named = new Set(sets.map((labels) => labels["alertname"] ?? ""));
    const told = [...named].flatMap((name) => tallies.get(name) ?? []);
    if (told.length === 0) continue;
    paged += 1;
    if (acted) actedOn += 1;
    for (const tally of told) {
      tally.pages += 1;
      if (acted) tally.actedOn += 1;
      tally.told.add(receiver);
    }
  }
  const alerts = [...tallies.values()].map((tally) => tally.view());
  alerts.sort((a, b) => b.pages - a.pages || b.firings - a.firings || (a.name < b.name ? -1 : 1));
  return { pages: paged, actedOn, alerts };
}

class Tally {
  readonly #name: string;
  readonly labelSets = new Set<string>();
  readonly told = new Set<string>();
  firings = 0;
  firingFor = 0;
  pages = 0;
  actedOn = 0;

  constructor(name: string) {
    this.#name = name;
  }

  view(): NoisyAlert {
    const { labelSets, told, firings, firingFor, pages, actedOn } = this;
    return {
      name: this.#name,
      labelSets: labelSets.size,
      firings,
      firingFor,
      pages,
      actedOn,
      receivers: [...told].sort(),
    };
  }
}

/** Whether somebody silenced labels soon after a moment. */
function silencedAfter(silences: readonly SilenceRecord[]) {
  const compiled = silences.map((silence) => ({
    silence,
    matches: compileMatchers(silence.matchers),
  }));
  return (labels: Labels, at: number) =>
    compiled.some(
      ({ silence: { startsAt }, matches }) =>
        startsAt >= at && startsAt < at + SILENCED_WITHIN && matches(labels),
    );
}
