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
import { GroupCommit } from "./group-commit.ts";
import type { TelemetryLimits } from "./limits.ts";
import type { RecentSamples } from "./recent/recent-samples.ts";
import { CommitRows } from "./sample-rows.ts";
import type { HistogramRow, ResolvedBatch, Unannounced } from "./sample-rows.ts";
import { SeriesRegistry } from "./series-registry.ts";
import { StartZeros } from "./start-zeros.ts";

const DAY_MS = 86_400_000;
/** Metrics whose description is remembered; beyond, all are forgotten and may be written again. */
const MAX_DESCRIBED = 50_000;

/** Commits samples in groups, and what they need to be found and understood before them. */
export class SampleWriter implements SampleSink {
  readonly #engine: ClickHouse;
  readonly #limits: TelemetryLimits;
  readonly #series: SeriesRegistry;
  readonly #admission: Admission;
  readonly #zeros: StartZeros | undefined;
  readonly #queue: GroupCommit<ResolvedBatch>;
  readonly #clock: Clock;
  readonly #recent: RecentSamples;
  readonly #announced: (family: number) => void;
  readonly #came: (oldestMs: number) => void;
  #described = new Map<string, MetricMetadata>();
  #newDescriptions: MetricMetadata[] = [];
  /** `family/day` of those whose row in `histogram_families` is there. */
  readonly #histogramFamilies = new Set<string>();

  /**
   * `announced` is told the family of each series that the table did not have, `came` the time of the
   * oldest sample of each commit.
   */
  constructor(
    engine: ClickHouse,
    limits: TelemetryLimits,
    options: {
      readonly clock: Clock;
      /** The time of the newest sample in the table, ms; 0 when there is none. */
      readonly newest: number;
      readonly recent: RecentSamples;
      readonly announced: (family: number) => void;
      readonly came: (oldestMs: number) => void;
    },
  ) {
    this.#engine = engine;
    this.#limits = limits;
    this.#announced = options.announced;
    this.#came = options.came;
    this.#clock = options.clock;
    this.#recent = options.recent;
    this.#series = new SeriesRegistry(limits.maxSeries);
    this.#admission = new Admission(limits, this.#series, options.newest);
    this.#zeros = limits.startZeros ? new StartZeros(options.newest) : undefined;
    const queue = {
      everyMs: limits.commitEveryMs,
      maxSize: limits.maxCommitSamples,
      fullSize: limits.fullCommitSamples,
    };
    this.#queue = new GroupCommit(queue, (group) => this.#commit(group));
  }

  async write(given: SampleBatch): Promise<void> {
    checkBatch(given);
    const samples = sizeOf(given);
    if (samples + (given.metadata?.length ?? 0) === 0) return;
    if (this.#queue.closed)
      throw new StoreError("store_unavailable", "the metrics store is closed");
    const waiting = this.#queue.waitingSize;
    if (waiting + samples > this.#limits.maxWaitingSamples) {
      throw new StoreError(
        "store_overloaded",
        `${waiting} samples already wait to be stored (limit ${this.#limits.maxWaitingSamples}); send again later`,
      );
    }
    const { batch, known, refused } = this.#admission.admit(given, this.#clock.now());
    const begun = this.#zeros?.begin(batch, known, this.#admission.newest);
    const stored = begun?.batch ?? batch;
    try {
      await this.#queue.add({ batch: stored, known }, sizeOf(stored));
    } catch (error) {
      begun?.undo();
      throw error;
    }
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

  /** How many series were written in the last one to two hours. */
  get activeSeries(): number {
    this.#series.age(this.#clock.now());
    return this.#series.active;
  }

  /** Forgets which series the tables have; each is named again when it comes again. */
  forget(): void {
    this.#series.forgetDays();
    this.#histogramFamilies.clear();
  }

  /** Commits what waits, and refuses what comes. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  async #commit(group: readonly ResolvedBatch[]): Promise<void> {
    const rows = new CommitRows(group);
    for (const { batch } of group) this.describe(batch.metadata ?? []);
    try {
      await this.#insert(rows);
    } finally {
      // Also when it failed: a part of it may be there.
      this.#came(oldestOf(group));
    }
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

/** The time of the oldest sample, ms. */
function oldestOf(group: readonly ResolvedBatch[]): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { batch } of group) {
    for (const time of batch.times) if (time < oldest) oldest = time;
  }
  return oldest;
}

/** What a batch counts against the limits: its samples and exemplars. */
function sizeOf({ times, exemplars }: SampleBatch): number {
  return times.length + (exemplars?.length ?? 0);
}
