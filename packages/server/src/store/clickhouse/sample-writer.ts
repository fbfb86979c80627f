import type { Clock, MetricMetadata, SampleBatch, SampleSink } from "../../model/index.ts";
import { StoreError } from "../errors.ts";
import { Admission } from "./admission.ts";
import {
  exemplarsBlock,
  histogramFamiliesBlock,
  histogramsBlock,
  metricsBlock,
  seriesBlock,
} from "./blocks.ts";
import { checkBatch } from "./check-batch.ts";
import type { ClickHouse } from "./engine.ts";
import type { TelemetryLimits } from "./limits.ts";
import type { RecentSamples } from "./recent-samples.ts";
import { CommitRows } from "./sample-rows.ts";
import type { HistogramRow, ResolvedBatch, Unannounced } from "./sample-rows.ts";
import { SeriesRegistry } from "./series-registry.ts";

const DAY_MS = 86_400_000;
/** Metrics whose description is remembered; beyond, all are forgotten and may be written again. */
const MAX_DESCRIBED = 50_000;

interface Waiting extends ResolvedBatch {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Scrapes that were due at the same moment arrive within this time. */
const GATHER_MS = 5;

/**
 * Commits samples in groups, because each commit makes a part that the engine must merge. The first
 * batch after a pause waits a moment for others of its time; what comes while a commit runs, or too
 * soon after one began, goes together in the next; so many that they are worth a part of their own wait
 * only for what is just coming. A batch is never divided between commits.
 */
export class SampleWriter implements SampleSink {
  readonly #engine: ClickHouse;
  readonly #limits: TelemetryLimits;
  readonly #series: SeriesRegistry;
  readonly #admission: Admission;
  readonly #clock: Clock;
  readonly #recent: RecentSamples;
  readonly #announced: (family: number) => void;
  #waiting: Waiting[] = [];
  #waitingSamples = 0;
  #described = new Map<string, MetricMetadata>();
  #newDescriptions: MetricMetadata[] = [];
  /** `family/day` of those whose row in `histogram_families` is there. */
  readonly #histogramFamilies = new Set<string>();
  #lastCommitAt = Number.NEGATIVE_INFINITY;
  /** The next commit, with the time since which it is planned. */
  #timer: { readonly since: number; readonly timeout: NodeJS.Timeout } | undefined;
  #committing: Promise<void> | undefined;
  #closed = false;

  /** `announced` is told the family of each series that the table did not have. */
  constructor(
    engine: ClickHouse,
    limits: TelemetryLimits,
    options: {
      readonly clock: Clock;
      /** The time of the newest sample in the table, ms; 0 when there is none. */
      readonly newest: number;
      readonly recent: RecentSamples;
      readonly announced: (family: number) => void;
    },
  ) {
    this.#engine = engine;
    this.#limits = limits;
    this.#announced = options.announced;
    this.#clock = options.clock;
    this.#recent = options.recent;
    this.#series = new SeriesRegistry(limits.maxSeries);
    this.#admission = new Admission(limits, this.#series, options.newest);
  }

  async write(given: SampleBatch): Promise<void> {
    checkBatch(given);
    const samples = sizeOf(given);
    if (samples + (given.metadata?.length ?? 0) === 0) return;
    if (this.#closed) throw new StoreError("store_unavailable", "the metrics store is closed");
    if (this.#waitingSamples + samples > this.#limits.maxWaitingSamples) {
      throw new StoreError(
        "store_overloaded",
        `${this.#waitingSamples} samples already wait to be stored (limit ${this.#limits.maxWaitingSamples}); send again later`,
      );
    }
    const { batch, known, refused } = this.#admission.admit(given, this.#clock.now());
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ batch, known, resolve, reject });
      this.#waitingSamples += sizeOf(batch);
      this.#schedule();
    });
    if (refused !== undefined) throw refused;
  }

  describe(metadata: readonly MetricMetadata[]): void {
    for (const entry of metadata) {
      const known = this.#described.get(entry.metric);
      const same =
        known?.type === entry.type && known.help === entry.help && known.unit === entry.unit;
      if (same) continue;
      if (this.#described.size >= MAX_DESCRIBED) this.#described = new Map();
      this.#described.set(entry.metric, entry);
      this.#newDescriptions.push(entry);
    }
  }

  /** Forgets which series the tables have; each is named again when it comes again. */
  forget(): void {
    this.#series.forgetDays();
    this.#histogramFamilies.clear();
  }

  /** Commits what waits, and refuses what comes. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer?.timeout);
    await this.#committing;
    while (this.#waiting.length > 0) await this.#commit();
  }

  #schedule(): void {
    if (this.#committing !== undefined || this.#closed) return;
    const now = performance.now();
    const { commitEveryMs, fullCommitSamples } = this.#limits;
    // Enough for a part of its own: more time would make its senders wait and the engine no less
    // work, but for what is just coming.
    const isFull = this.#waitingSamples >= fullCommitSamples;
    if (this.#timer !== undefined && !isFull) return;
    clearTimeout(this.#timer?.timeout);
    const since = this.#timer?.since ?? now;
    const due = isFull
      ? Math.min(now + GATHER_MS, since + commitEveryMs)
      : Math.max(now + GATHER_MS, this.#lastCommitAt + commitEveryMs);
    const start = () => {
      this.#timer = undefined;
      this.#start();
    };
    this.#timer = { since, timeout: setTimeout(start, due - now) };
  }

  #start(): void {
    this.#lastCommitAt = performance.now();
    this.#committing = this.#commit().finally(() => {
      this.#committing = undefined;
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  async #commit(): Promise<void> {
    const group = this.#takeGroup();
    try {
      const rows = new CommitRows(group);
      for (const { batch } of group) this.describe(batch.metadata ?? []);
      await this.#insert(rows);
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const { resolve } of group) resolve();
  }

  /** Series come before their samples: a sample whose series is unknown could never be found. */
  async #insert(rows: CommitRows): Promise<void> {
    await this.#announce(rows.unannounced);
    if (rows.histograms.length > 0) {
      await this.#announceHistograms(rows.histograms);
      await this.#engine.insert("histograms", histogramsBlock(rows.histograms));
    }
    if (rows.exemplars.length > 0) {
      await this.#engine.insert("exemplars", exemplarsBlock(rows.exemplars));
      for (const { known, exemplar } of rows.exemplars) known.lastExemplar = exemplar;
    }
    if (rows.floats > 0) {
      await this.#engine.insert("samples", rows.encodeFloats());
      rows.remember(this.#recent);
    }
    await this.#writeDescriptions();
  }

  #takeGroup(): Waiting[] {
    let samples = 0;
    let count = 0;
    for (const { batch } of this.#waiting) {
      if (count > 0 && samples + sizeOf(batch) > this.#limits.maxCommitSamples) break;
      samples += sizeOf(batch);
      count += 1;
    }
    this.#waitingSamples -= samples;
    const group = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return group;
  }

  async #announce(unannounced: readonly Unannounced[]): Promise<void> {
    if (unannounced.length === 0) return;
    await this.#engine.insert("series", seriesBlock(unannounced));
    for (const { known, day } of unannounced) {
      known.nameOn(day);
      this.#announced(known.family);
    }
  }

  /** Which metrics have histograms comes before the histograms, for the same reason. */
  async #announceHistograms(rows: readonly HistogramRow[]): Promise<void> {
    const fresh = new Map<string, { readonly family: number; readonly day: number }>();
    for (const { known, time } of rows) {
      const day = Math.floor(time / DAY_MS);
      const key = `${known.family}/${day}`;
      if (!this.#histogramFamilies.has(key)) fresh.set(key, { family: known.family, day });
    }
    if (fresh.size === 0) return;
    await this.#engine.insert("histogram_families", histogramFamiliesBlock([...fresh.values()]));
    if (this.#histogramFamilies.size > MAX_DESCRIBED) this.#histogramFamilies.clear();
    for (const [key, { family }] of fresh) {
      this.#histogramFamilies.add(key);
      this.#announced(family);
    }
  }

  async #writeDescriptions(): Promise<void> {
    const rows = this.#newDescriptions.splice(0);
    if (rows.length === 0) return;
    try {
      await this.#engine.insert("metrics", metricsBlock(rows));
    } catch (error) {
      // Whoever describes a metric does it again, with each scrape or each minute.
      for (const { metric } of rows) this.#described.delete(metric);
      throw error;
    }
  }
}

/** What a batch counts against the limits: its samples and exemplars. */
function sizeOf({ times, exemplars }: SampleBatch): number {
  return times.length + (exemplars?.length ?? 0);
}
