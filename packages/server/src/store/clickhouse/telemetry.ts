import type { Logger } from "pino";
import { messageOf, systemClock } from "../../model/index.ts";
import type { Clock, LogSink, SampleSink, SpanSink } from "../../model/index.ts";
import { StoreError } from "../errors.ts";
import { deleteSeries, purgeDeleted } from "./delete-series.ts";
import type { SeriesOfFamily } from "./delete-series.ts";
import { Downsampler } from "./downsampling/downsampler.ts";
import type { DownsamplingState, KeptResolutions } from "./downsampling/downsampler.ts";
import { DISK_SIGNALS, DiskBudget } from "./disk-budget.ts";
import type { DiskUse, Signal } from "./disk-budget.ts";
import type { ClickHouse, StatementOptions } from "./engine.ts";
import { openEmbedded } from "./embedded.ts";
import { JournalledClickHouse } from "./journal/journalled.ts";
import { LogWriter } from "./logs/log-writer.ts";
import { defaultTelemetryLimits } from "./limits.ts";
import type { TelemetryLimits } from "./limits.ts";
import { migrate } from "./migrate.ts";
import type { Block } from "./native-format.ts";
import { OtherServers } from "./other-servers.ts";
import { fillRecent } from "./recent/fill.ts";
import { RecentSamples } from "./recent/recent-samples.ts";
import type { RecentReader } from "./recent/recent-samples.ts";
import { SampleWriter } from "./sample-writer.ts";
import { openServer } from "./server.ts";
import type { ServerAddress } from "./server-address.ts";
import type { Parameters } from "./statement.ts";
import { SpanWriter } from "./traces/span-writer.ts";

/** How long `close` lets writes finish before it stops them. */
const CLOSE_MS = 1500;

/** The store of telemetry: written by its sinks, read by SELECTs that query/ composes. */
export interface Telemetry {
  readonly samples: SampleSink;
  readonly logs: LogSink;
  readonly spans: SpanSink;
  /**
   * Runs one SELECT in ClickHouse's dialect, with `{name:Type}` placeholders and without a SETTINGS
   * clause. Throws StoreError; rejects with the signal's reason when it fires.
   */
  select(sql: string, parameters?: Parameters, options?: StatementOptions): Promise<Block[]>;
  /** The newest float samples, without a statement. */
  readonly recent: RecentReader;
  /**
   * A number that changes when a series of this family (`familyOf` a metric's name), or of any, is
   * written that this process has not written before: answers about which series exist hold while it
   * stands. What other servers of the platform wrote changes it within a second or so.
   */
  seriesVersion(family?: number): number;
  /** How many series are active, those written in the last one to two hours, and how many may be. */
  activeSeries(): SeriesUse;
  /**
   * Deletes what series have from startMs to endMs (ms since 1970, both inclusive). Resolves when no
   * query sees it any more.
   */
  remove(series: readonly SeriesOfFamily[], startMs: number, endMs: number): Promise<void>;
  /** Frees the disk space of what was deleted. */
  purge(): Promise<void>;
  /** What of the past is kept in which resolution. */
  kept(): KeptResolutions;
  /** Downsamples now what is due, instead of within minutes. */
  downsample(): Promise<void>;
  /** Tells whether the engine answers. */
  ping(): Promise<void>;
  /** Commits what waits, stops what runs, closes. Within 2 s. */
  close(): Promise<void>;
}

/** How near the limit of series is. */
export interface SeriesUse {
  readonly series: number;
  readonly limit: number;
}

export interface TelemetryOptions {
  /** The folder of the embedded engine. */
  readonly dir: string;
  /** A ClickHouse server to use instead. Other servers of the platform may use it, too. */
  readonly server?: ServerAddress | undefined;
  readonly limits?: Partial<TelemetryLimits>;
  readonly log: Logger;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Told every minute what a signal takes of the disk. */
  readonly diskUsed?: (signal: Signal, use: DiskUse) => void;
  /** Told how the downsampling of old samples stands, as it goes on. */
  readonly downsampled?: (state: DownsamplingState) => void;
  /** Told, as samples come, what the newest take of memory and from when on they are there (ms). */
  readonly remembered?: (use: { readonly bytes: number; readonly fromMs: number }) => void;
}

/**
 * Opens the metrics' store and brings its schema up to date. Throws StoreError
 * `data_folder_in_use`, `data_folder_unusable` or `store_unavailable`.
 */
export async function openTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const limits = { ...defaultTelemetryLimits, ...options.limits };
  const clock = options.clock ?? systemClock;
  const engine = await openEngine(options, limits);
  const logs = new LogWriter(engine, limits);
  const spans = new SpanWriter(engine, limits);
  const downsampler = new Downsampler(engine, {
    policy: {
      enabled: limits.downsampling,
      rawDays: limits.retentionDays,
      fiveMinutesAfterDays: limits.fiveMinutesAfterDays,
      fiveMinutesDays: limits.fiveMinutesDays,
      hourAfterDays: limits.hourAfterDays,
      hourDays: limits.hourDays,
      pieceSamples: limits.downsamplingPiece,
    },
    log: options.log,
    clock,
    told: options.downsampled ?? (() => {}),
  });
  let newest: number;
  try {
    await Promise.all([logs.open(), spans.open()]);
    newest = await newestSample(engine);
    await downsampler.start();
  } catch (error) {
    await engine.close();
    throw error;
  }
  const versions = new Map<number, number>();
  let version = 0;
  let changedByOthers = 0;
  const changed = (family: number) => {
    version += 1;
    versions.set(family, version);
  };
  // The newest sample is known to the second. What other servers write is not in this memory, so that
  // beside them it would never have everything.
  const recent = engine.isShared
    ? new RecentSamples(0, Number.POSITIVE_INFINITY)
    : new RecentSamples(limits.recentBytes, newest === 0 ? 0 : newest + 1000);
  const stopped = new AbortController();
  const fill = async () => {
    if (engine.isShared || limits.recentBytes === 0) return;
    try {
      await fillRecent(engine, recent, recent.next, stopped.signal);
    } catch (error) {
      options.log.warn(
        { reason: messageOf(error) },
        "the newest samples could not be read into memory; queries read them from the disk",
      );
    }
  };
  let filled = newest === 0 ? Promise.resolve() : fill();
  const writer = new SampleWriter(engine, limits, {
    clock,
    newest,
    recent,
    announced: changed,
    came: (oldestMs) => {
      downsampler.came(oldestMs);
      options.remembered?.({ bytes: recent.bytes, fromMs: recent.from });
    },
  });
  let closing: Promise<void> | undefined;
  const budgets = {
    metrics: limits.diskBudgetBytes,
    logs: limits.logDiskBudgetBytes,
    traces: limits.traceDiskBudgetBytes,
  };
  const kept = DISK_SIGNALS.map(
    (signal) =>
      new DiskBudget(engine, {
        signal,
        budgetBytes: budgets[signal],
        log: options.log,
        clock,
        told: (use) => options.diskUsed?.(signal, use),
      }),
  );
  for (const budget of kept) budget.start();
  const others = new OtherServers(engine, {
    clock,
    log: options.log,
    named: () => {
      version += 1;
      changedByOthers = version;
    },
    deleted: () => writer.forget(),
  });
  if (engine.isShared) others.start();
  const close = async () => {
    for (const budget of kept) budget.stop();
    others.stop();
    stopped.abort();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([
      Promise.all([writer.close(), logs.close(), spans.close(), downsampler.stop(), filled]),
      late,
    ]);
    clearTimeout(timer);
    await engine.close();
  };
  return {
    samples: writer,
    logs,
    spans,
    recent,
    select: (sql, parameters, selectOptions) => engine.select(sql, parameters, selectOptions),
    seriesVersion: (family) =>
      family === undefined ? version : Math.max(versions.get(family) ?? 0, changedByOthers),
    activeSeries: () => ({ series: writer.activeSeries, limit: limits.maxSeries }),
    async remove(series, startMs, endMs) {
      await deleteSeries(engine, series, startMs, endMs);
      downsampler.came(startMs);
      if (!engine.isShared) recent.restart(recent.next);
      filled = fill();
      // Those that come again must be named again.
      writer.forget();
      for (const { family } of series) changed(family);
    },
    purge: () => purgeDeleted(engine),
    kept: () => downsampler.kept(),
    downsample: () => downsampler.run(),
    async ping() {
      if (closing !== undefined) {
        throw new StoreError("store_unavailable", "the metrics store is closed");
      }
      await engine.ping();
    },
    close: () => (closing ??= close()),
  };
}

/** Opens the engine with its tables; one that is ours alone has a journal before it. */
async function openEngine(
  { dir, server, log }: TelemetryOptions,
  limits: TelemetryLimits,
): Promise<ClickHouse> {
  const engine =
    server === undefined ? await openEmbedded(dir, limits) : await openServer(server, limits, log);
  try {
    await migrate(engine, {
      samplesDays: limits.retentionDays,
      fiveMinutesDays: limits.downsampling ? limits.fiveMinutesDays : 0,
      hourDays: limits.downsampling ? limits.hourDays : 0,
      logsDays: limits.logRetentionDays,
      tracesDays: limits.traceRetentionDays,
    });
    return engine.isShared ? engine : await JournalledClickHouse.open(engine, { dir, log });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** The time of the newest sample to the second, ms; 0 when there is none. */
async function newestSample(engine: ClickHouse): Promise<number> {
  const [block] = await engine.select(
    `SELECT toUInt32(max(max_time)) AS newest FROM ${engine.system("parts")} WHERE active AND database = currentDatabase() AND table = '${engine.storedAs("samples")}'`,
  );
  const column = block?.columns.get("newest");
  return column?.kind === "numbers" ? Number(column.data[0] ?? 0) * 1000 : 0;
}
