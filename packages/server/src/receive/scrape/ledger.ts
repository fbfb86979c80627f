import { labelsKey } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import type { BatchBuilder } from "./batch.ts";
import { withinBucketLimits } from "./bucket-limit.ts";
import { CustomBucketsParser } from "./format/custom-buckets.ts";
import { formatOf } from "./format/negotiation.ts";
import type { Format } from "./format/negotiation.ts";
import { OpenMetricsParser } from "./format/open-metrics.ts";
import type {
  ExposedExemplar,
  ExposedLabels,
  ExpositionLimits,
  Parser,
  Resolve,
} from "./format/parser.ts";
import { ProtobufParser } from "./format/protobuf.ts";
import { TextParser } from "./format/text.ts";
import type { HttpAnswer } from "./http-client.ts";
import { ScrapeFault } from "./fault.ts";
import type { ScrapeConfig } from "./job.ts";
import { DROPPED, SeriesBook } from "./series-book.ts";
import type { TargetSeries } from "./series-book.ts";
import type { Target } from "./target.ts";

/** How far ahead of the server's clock an explicit time may lie. */
const MAX_AHEAD = 10 * 60_000;
/** Bytes read between two turns of the event loop: some milliseconds when all of it is new. */
const SLICE = 128 * 1024;

/** OpenMetrics: names and values of an exemplar's labels together. */
const MAX_EXEMPLAR_CHARACTERS = 128;

/** What one body was found to hold. */
export interface Tally {
  /** Samples in the body. */
  readonly scraped: number;
  /** Samples that metric relabelling left. */
  readonly kept: number;
  /** Series that the scrape before did not have. */
  readonly added: number;
}

/**
 * Remembers what series a target has, from scrape to scrape, and turns bodies into samples and
 * staleness markers (Prometheus: "Staleness").
 */
export class Ledger {
  readonly #metrics: Pick<SelfMetrics, "dropped">;
  readonly #limits: ExpositionLimits;
  readonly #book: SeriesBook;
  #format: Format = "text";
  #parser: Parser<TargetSeries | typeof DROPPED>;
  #job: ScrapeConfig;
  #round = 1;
  /** Series whose last sample was not a staleness marker. */
  #alive: TargetSeries[] = [];
  #failedWhileReading: Tally = NOTHING;

  constructor(
    target: Target,
    job: ScrapeConfig,
    limits: ExpositionLimits,
    metrics: Pick<SelfMetrics, "dropped">,
  ) {
    this.#job = job;
    this.#limits = limits;
    this.#metrics = metrics;
    this.#book = new SeriesBook(target.labels, job);
    this.#parser = this.#newParser();
  }

  get parser(): Parser<TargetSeries | typeof DROPPED> {
    return this.#parser;
  }

  /** What had been read of the last body that failed. */
  get partial(): Tally {
    return this.#failedWhileReading;
  }

  /** Takes another version of the job into use. Series that are alive stay so. */
  reconfigure(job: ScrapeConfig): void {
    this.#job = job;
    this.#book.reconfigure(job);
    this.#parser = this.#newParser();
  }

  /** Takes over what another ledger for the same target labels knows to be alive. */
  inherit(other: Ledger): void {
    for (const { labels, time } of other.#alive) {
      const series = this.#book.intern(labels);
      series.time = time;
      series.round = this.#round;
      this.#alive.push(series);
    }
    other.#alive = [];
  }

  /**
   * Reads an answer and adds its samples, stamped `time` unless they bring their own, and markers for
   * series that the scrape before had and this one does not. Throws when the body or a limit is at
   * fault; then nothing was added.
   */
  async record(
    { body, contentType }: HttpAnswer,
    time: number,
    batch: BatchBuilder,
  ): Promise<Tally> {
    this.#failedWhileReading = NOTHING;
    // Nothing at all is nothing in any format.
    if (body.length > 0) this.#use(formatOf(contentType, this.#job.fallbackProtocol));
    else if (this.#format !== "text") this.#use("text");
    const parser = this.#parser;
    try {
      parser.begin(body);
      while (!parser.advance(SLICE)) await new Promise(setImmediate);
      return this.#add(time, batch);
    } catch (error) {
      this.#failedWhileReading = { scraped: parser.begun, kept: this.#countKept(), added: 0 };
      throw error;
    } finally {
      parser.release();
    }
  }

  #add(time: number, batch: BatchBuilder): Tally {
    const parser = this.#parser;
    const { honorTimestamps, trackTimestampsStaleness, startTimestamps, limits } = this.#job;
    if (limits.samples > 0 && this.#countKept() > limits.samples) {
      throw new ScrapeFault(
        `sample_limit exceeded: ${this.#countKept()} samples, the limit is ${limits.samples}`,
      );
    }
    const round = this.#round + 1;
    const before = this.#alive;
    const alive: TargetSeries[] = [];
    const { values, times, count, histograms, exemplars } = parser;
    const bounded = histograms.map(({ sample, histogram }) =>
      parser.seriesOf(sample) === DROPPED
        ? histogram
        : withinBucketLimits(histogram, this.#job.maxSchema, limits.nativeBuckets),
    );
    const lost = { duplicate: 0, order: 0, bounds: 0 };
    let kept = 0;
    let added = 0;
    let nextHistogram = 0;
    let nextExemplar = 0;
    for (let i = 0; i < count; i += 1) {
      const histogram =
        histograms[nextHistogram]?.sample === i ? bounded[nextHistogram] : undefined;
      if (histogram !== undefined) nextHistogram += 1;
      const firstExemplar = nextExemplar;
      while (exemplars[nextExemplar]?.sample === i) nextExemplar += 1;
      let series = parser.seriesOf(i);
      if (series === DROPPED) continue;
      kept += 1;
      if (!series.kept) series = this.#book.intern(series.labels);
      const given = times[i] as number;
      const explicit = honorTimestamps && !Number.isNaN(given);
      const at = explicit ? given : time;
      const again = series.round === round;
      if (!again) {
        if (series.round !== this.#round) added += 1;
        series.round = round;
        if (!explicit || trackTimestampsStaleness) alive.push(series);
      }
      if (explicit && at > time + MAX_AHEAD) lost.bounds += 1;
      else if (explicit && at < series.time) lost.order += 1;
      else if (at === series.time && (again || explicit)) {
        // An exposed time that stands still repeats a sample that is stored already: no loss.
        if (again) lost.duplicate += 1;
      } else {
        series.time = at;
        if (histogram === undefined) batch.add(series.labels, at, values[i] as number);
        else batch.addHistogram(series.labels, at, histogram);
        if (startTimestamps) {
          const start = parser.startOf(i);
          if (start < at) batch.startedAt(start);
        }
        for (let e = firstExemplar; e < nextExemplar; e += 1) {
          this.#addExemplar(series, exemplars[e] as ExposedExemplar, at, batch);
        }
      }
    }
    this.#round = round;
    this.#alive = alive;
    for (const series of before) {
      if (series.round !== round) batch.addStale(series.labels, time);
    }
    this.#book.prune(round, alive.length);
    this.#metrics.dropped("samples", "duplicate_sample", lost.duplicate);
    this.#metrics.dropped("samples", "out_of_order", lost.order);
    this.#metrics.dropped("samples", "out_of_bounds", lost.bounds);
    return { scraped: count, kept, added };
  }

  /** Adds an exemplar of the sample that was added last, unless it is the series' last one again. */
  #addExemplar(
    series: TargetSeries,
    { labels, value, time }: ExposedExemplar,
    at: number,
    batch: BatchBuilder,
  ): void {
    let characters = 0;
    for (const [name, text] of Object.entries(labels)) characters += name.length + text.length;
    if (characters > MAX_EXEMPLAR_CHARACTERS) {
      this.#metrics.dropped("exemplars", "invalid", 1);
      return;
    }
    const key = `${Number.isNaN(time) ? "" : time} ${value} ${labelsKey(labels)}`;
    if (series.exemplar === key) return;
    series.exemplar = key;
    batch.addExemplar(Number.isNaN(time) ? at : time, value, labels);
  }

  #countKept(): number {
    const parser = this.#parser;
    let kept = 0;
    for (let i = 0; i < parser.count; i += 1) if (parser.seriesOf(i) !== DROPPED) kept += 1;
    return kept;
  }

  /** Adds a marker for everything that is alive: the target failed or is gone. */
  end(time: number, batch: BatchBuilder): void {
    for (const { labels } of this.#alive) batch.addStale(labels, time);
    this.#alive = [];
  }

  /**
   * Told that a batch never reached the store: markers in it are owed still, and samples with times
   * of their own may come again. `ended` is what was alive before the batch was made.
   */
  restore(ended: readonly TargetSeries[]): void {
    const alive = new Set(this.#alive);
    for (const series of ended) {
      if (alive.has(series)) continue;
      this.#alive.push(series);
    }
    for (const series of this.#alive) series.time = Number.NEGATIVE_INFINITY;
  }

  /** What is alive now; for `restore`. */
  alive(): readonly TargetSeries[] {
    return this.#alive;
  }

  #use(format: Format): void {
    if (format === this.#format) return;
    this.#format = format;
    this.#parser = this.#newParser();
  }

  #newParser(): Parser<TargetSeries | typeof DROPPED> {
    const resolve = (labels: ExposedLabels) => this.#book.resolve(labels);
    const { customBuckets, classicHistograms } = this.#job;
    if (!customBuckets) return this.#formatParser(resolve);
    const make = <Series>(inner: Resolve<Series>) => this.#formatParser(inner);
    return new CustomBucketsParser(make, resolve, classicHistograms);
  }

  #formatParser<Series>(resolve: Resolve<Series>): Parser<Series> {
    const { nativeHistograms: native, classicHistograms: classic, startTimestamps } = this.#job;
    switch (this.#format) {
      case "text":
        return new TextParser(resolve, this.#limits);
      case "open-metrics":
        return new OpenMetricsParser(resolve, this.#limits, startTimestamps);
      case "protobuf":
        return new ProtobufParser(resolve, { native, classic }, this.#limits);
    }
  }
}

const NOTHING: Tally = { scraped: 0, kept: 0, added: 0 };
