import { Labels, pinnedMetricName, selectorTest } from "@seaworthy/promql";
import type { Matcher } from "@seaworthy/promql";
import { familyOf } from "../../store/index.ts";
import type { Block, Telemetry } from "../../store/index.ts";

const DAY_MS = 86_400_000;

/** A series as the tables know it. */
export interface IndexedSeries {
  readonly id: bigint;
  readonly labels: Labels;
}

/** What a selector matches within one family (the series that are stored beside each other). */
export interface MatchedFamily {
  readonly family: number;
  /** Ascending by id. */
  readonly series: readonly IndexedSeries[];
  /** How many series the family has on those days: what else a scan of it would meet. */
  readonly total: number;
  /** Whether any series of it has native histograms on those days. */
  readonly histograms: boolean;
}

interface Cached {
  readonly version: number;
  readonly families: readonly MatchedFamily[];
  /** What selectors match of them, in the order of their last use. */
  readonly matched: Map<string, readonly MatchedFamily[]>;
  readonly size: number;
}

/** Selectors of one metric whose matches are kept; each takes 8 bytes a series. */
const MAX_SELECTORS = 32;

/**
 * Finds series by their labels. The series of one metric are read once and kept until the store has
 * written a new one of them; matchers are then tried here, so that a rule which asks each second
 * costs no statement, and what a selector matched is kept as well. Selectors that pin no metric are narrowed by the engine and not kept.
 */
export class SeriesIndex {
  readonly #telemetry: Telemetry;
  readonly #maxCached: number;
  /** In the order of their last use. */
  readonly #cache = new Map<string, Cached>();
  #cachedSeries = 0;

  /** `maxCached`: the series to keep, of all metrics together. */
  constructor(telemetry: Telemetry, maxCached: number) {
    this.#telemetry = telemetry;
    this.#maxCached = maxCached;
  }

  /** The series that match and were written on the days of the time range (ms, both inclusive). */
  async match(
    matchers: readonly Matcher[],
    startMs: number,
    endMs: number,
    signal?: AbortSignal,
  ): Promise<readonly MatchedFamily[]> {
    const metric = pinnedMetricName(matchers);
    const days = { first: dayOf(startMs), last: dayOf(endMs) };
    if (metric === undefined) {
      return matching(await this.#everywhere(matchers, days, signal), matchers);
    }
    const { families, matched } = await this.#family(familyOf(metric), days, signal);
    const key = keyOf(matchers);
    const found = matched.get(key) ?? matching(families, matchers);
    matched.delete(key);
    matched.set(key, found);
    const [oldest] = matched.keys();
    if (matched.size > MAX_SELECTORS && oldest !== undefined) matched.delete(oldest);
    return found;
  }

  /** All families; how many series they have besides is not known. */
  async #everywhere(matchers: readonly Matcher[], days: Days, signal?: AbortSignal) {
    const families = await this.#read(conditionsOf(matchers), days, signal);
    return families.map((family) => ({ ...family, total: Number.POSITIVE_INFINITY }));
  }

  async #family(family: number, days: Days, signal?: AbortSignal): Promise<Cached> {
    const key = `${family}/${days.first}/${days.last}`;
    const version = this.#telemetry.seriesVersion(family);
    const cached = this.#cache.get(key);
    if (cached !== undefined) this.#forget(key, cached);
    if (cached?.version === version) {
      this.#remember(key, cached);
      return cached;
    }
    const condition = { sql: "family = {family:UInt32}", parameters: { family } };
    const families = await this.#read(condition, days, signal);
    const size = families.reduce((sum, { series }) => sum + series.length, 0);
    const read = { version, families, matched: new Map<string, MatchedFamily[]>(), size };
    this.#remember(key, read);
    return read;
  }

  #forget(key: string, cached: Cached): void {
    this.#cache.delete(key);
    this.#cachedSeries -= cached.size;
  }

  #remember(key: string, cached: Cached): void {
    const present = this.#cache.get(key);
    if (present !== undefined) this.#forget(key, present);
    if (cached.size > this.#maxCached) return;
    this.#cache.set(key, cached);
    this.#cachedSeries += cached.size;
    for (const [oldest, entry] of this.#cache) {
      if (this.#cachedSeries <= this.#maxCached) break;
      this.#forget(oldest, entry);
    }
  }

  async #read(condition: Condition, days: Days, signal?: AbortSignal): Promise<MatchedFamily[]> {
    const sql = `SELECT family, series, labels, family IN (
        SELECT family FROM histogram_families
        WHERE day >= toDate({first:UInt16}) AND day <= toDate({last:UInt16})
      ) AS histograms FROM series
      WHERE ${condition.sql} AND day >= toDate({first:UInt16}) AND day <= toDate({last:UInt16})
      ORDER BY family, series LIMIT 1 BY series`;
    const parameters = { ...condition.parameters, ...days };
    const options = signal === undefined ? {} : { signal };
    return familiesOf(await this.#telemetry.select(sql, parameters, options));
  }
}

function matching(families: readonly MatchedFamily[], matchers: readonly Matcher[]) {
  const test = selectorTest(matchers);
  return families.flatMap((family) => {
    const series = family.series.filter(({ labels }) => test(labels));
    return series.length === 0 ? [] : [{ ...family, series }];
  });
}

/** Selectors of the same key match the same. */
function keyOf(matchers: readonly Matcher[]): string {
  return JSON.stringify(matchers.map(({ name, operator, value }) => [name, operator, value]));
}

interface Days {
  readonly first: number;
  readonly last: number;
}

/** Days since 1970, within what a Date can hold. */
export function dayOf(ms: number): number {
  return Math.min(65_535, Math.max(0, Math.floor(ms / DAY_MS)));
}

interface Condition {
  readonly sql: string;
  readonly parameters: Record<string, string | number>;
}

/** What the engine can narrow without knowing PromQL's regular expressions: equality. */
function conditionsOf(matchers: readonly Matcher[]): Condition {
  const parameters: Record<string, string> = {};
  const sql = ["true"];
  matchers.forEach(({ name, operator, value }, i) => {
    if (operator !== "=" && operator !== "!=") return;
    sql.push(`labels[{name${i}:String}] ${operator} {value${i}:String}`);
    parameters[`name${i}`] = name;
    parameters[`value${i}`] = value;
  });
  return { sql: sql.join(" AND "), parameters };
}

function familiesOf(blocks: readonly Block[]): MatchedFamily[] {
  const families = new Map<number, IndexedSeries[]>();
  const withHistograms = new Set<number>();
  for (const { rows, columns } of blocks) {
    const family = columns.get("family");
    const ids = columns.get("series");
    const labels = columns.get("labels");
    const histograms = columns.get("histograms");
    if (family?.kind !== "numbers" || ids?.kind !== "numbers" || labels?.kind !== "map") continue;
    const { keys, values, ends } = labels;
    if (keys.kind !== "strings" || values.kind !== "strings") continue;
    for (let row = 0; row < rows; row += 1) {
      const pairs: [string, string][] = [];
      for (let i = ends[row - 1] ?? 0; i < (ends[row] ?? 0); i += 1) {
        pairs.push([keys.data[i] ?? "", values.data[i] ?? ""]);
      }
      const series = { id: BigInt(ids.data[row] ?? 0), labels: Labels.of(pairs) };
      const number = Number(family.data[row]);
      const known = families.get(number);
      if (known === undefined) families.set(number, [series]);
      else known.push(series);
      if (histograms?.kind === "numbers" && histograms.data[row] === 1) withHistograms.add(number);
    }
  }
  return [...families].map(([family, series]) => ({
    family,
    series,
    total: series.length,
    histograms: withHistograms.has(family),
  }));
}
