import type { Logger } from "pino";
import { messageOf } from "../../../model/index.ts";
import type { Clock, Timer } from "../../../model/index.ts";
import type { ClickHouse } from "../engine.ts";
import type { Block } from "../native-format.ts";
import type { Parameters } from "../statement.ts";
import { histogramsStatement, windowsStatement } from "./statements.ts";
import { RESOLUTIONS } from "./tables.ts";

const DAY_MS = 86_400_000;
const FIRST_RUN_MS = 10_000;
const EVERY_MS = 300_000;
/** The time of one statement's work, at which it is given up and tried again later. */
const PIECE_MS = 300_000;
const LAST_FAMILY = 0xffff_ffff;
const LAST_SERIES = 0xffff_ffff_ffff_ffffn;

/** What is kept how long, days; see the settings `telemetry.downsampling`. */
export interface DownsamplingPolicy {
  readonly enabled: boolean;
  /** Raw samples. */
  readonly rawDays: number;
  /** Windows are made of days that are older than this, and preferred where they are exact. */
  readonly fiveMinutesAfterDays: number;
  readonly fiveMinutesDays: number;
  /** From this age on windows of an hour are preferred to those of five minutes. */
  readonly hourAfterDays: number;
  readonly hourDays: number;
  /** Samples that one statement works on. */
  readonly pieceSamples: number;
}

/** What of the past is kept in which resolution now; ms since 1970. */
export interface KeptResolutions {
  /** Windows of all resolutions are there for all that was stored before. */
  readonly windowsUntilMs: number;
  /** Raw samples are there from here on. */
  readonly rawFromMs: number;
  /** Windows of five minutes are there from here on. */
  readonly fiveMinutesFromMs: number;
  /** Before it windows of an hour are preferred. */
  readonly hoursUntilMs: number;
}

/** How the work stands, for the server's own metrics. */
export interface DownsamplingState {
  /** Days that are old enough and not done, or to be done again. */
  readonly pendingDays: number;
  /** Days that were done since the start. */
  readonly daysDone: number;
  readonly failures: number;
  /** ms since 1970 of the last run that left nothing to do; 0 when there was none. */
  readonly lastDoneMs: number;
}

/** A day whose windows are missing or older than its samples. */
interface PendingDay {
  readonly day: number;
  /** The state of its samples; see `downsampled_days`. */
  readonly source: bigint;
}

/**
 * Turns old samples into windows, a day at a time and each day in bounded pieces. Killed anywhere, it
 * does the day again: a window that is written twice is one window, and a day counts as done only
 * when all of it is written.
 */
export class Downsampler {
  readonly #engine: ClickHouse;
  readonly #policy: DownsamplingPolicy;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #told: (state: DownsamplingState) => void;
  readonly #stopping = new AbortController();
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  /** Before the first look at the tables nothing is known to be there. */
  #untilMs = 0;
  /** The oldest sample that came since the day's state was read, ms. */
  #lateMs = Number.POSITIVE_INFINITY;
  #lastVersion = 0;
  #state: DownsamplingState = { pendingDays: 0, daysDone: 0, failures: 0, lastDoneMs: 0 };

  constructor(
    engine: ClickHouse,
    options: {
      readonly policy: DownsamplingPolicy;
      readonly log: Logger;
      readonly clock: Clock;
      /** Told after each day and each run. */
      readonly told: (state: DownsamplingState) => void;
    },
  ) {
    this.#engine = engine;
    this.#policy = options.policy;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#told = options.told;
  }

  /** Looks at what is there, and works from soon on. */
  async start(): Promise<void> {
    if (!this.#policy.enabled) return;
    await this.#look();
    this.#schedule(FIRST_RUN_MS);
  }

  /** Stops the statement under way. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#stopping.abort(new Error("the store is closing"));
    await this.#running;
  }

  /** Samples as old as this were stored: windows that lie after it may lack them. */
  came(oldestMs: number): void {
    // Of what is no longer kept raw nothing is made again.
    const late = Math.max(oldestMs, this.#keptFrom(this.#policy.rawDays) * DAY_MS);
    this.#lateMs = Math.min(this.#lateMs, late);
    // At midnight sharp a sample is in the last window of the day that ends.
    this.#untilMs = Math.min(this.#untilMs, Math.floor((late - 1) / DAY_MS) * DAY_MS);
  }

  /** What is kept now. */
  kept(): KeptResolutions {
    const { rawDays, fiveMinutesDays, hourAfterDays } = this.#policy;
    return {
      windowsUntilMs: this.#untilMs,
      rawFromMs: this.#keptFrom(rawDays) * DAY_MS,
      fiveMinutesFromMs: this.#keptFrom(fiveMinutesDays) * DAY_MS,
      hoursUntilMs: this.#clock.now() - hourAfterDays * DAY_MS,
    };
  }

  /** Does what is to be done, the oldest day first. Throws what the engine throws. */
  run(): Promise<void> {
    const turn = this.#running.then(() => this.#catchUp());
    this.#running = turn.catch(() => {});
    return turn;
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      const [next] = await this.#look();
      if (next === undefined || this.#stopping.signal.aborted) break;
      await this.#work(next);
      this.#tell({ daysDone: this.#state.daysDone + 1 });
    }
    this.#tell({ lastDoneMs: this.#clock.now() });
  }

  #schedule(ms: number): void {
    this.#timer = this.#clock.after(ms, () => {
      void this.run()
        .catch((error: unknown) => {
          if (this.#stopping.signal.aborted) return;
          this.#tell({ failures: this.#state.failures + 1 });
          this.#log.warn(
            { reason: messageOf(error) },
            "old samples could not be downsampled; this is tried again in five minutes",
          );
        })
        .finally(() => {
          if (!this.#stopping.signal.aborted) this.#schedule(EVERY_MS);
        });
    });
  }

  #tell(change: Partial<DownsamplingState>): void {
    this.#state = { ...this.#state, ...change };
    this.#told(this.#state);
  }

  /** The first UTC day (since 1970) that a table which is kept for so many days still has. */
  #keptFrom(days: number): number {
    return Math.floor(this.#clock.now() / DAY_MS) - days + 1;
  }

  /** The days that are to be done, the oldest first. */
  async #look(): Promise<PendingDay[]> {
    this.#lateMs = Number.POSITIVE_INFINITY;
    const [sources, done] = await Promise.all([this.#sources(), this.#done()]);
    const { rawDays, fiveMinutesAfterDays } = this.#policy;
    // Raw samples must not go before their windows are made.
    const age = Math.min(fiveMinutesAfterDays, Math.max(0, rawDays - 2)) * DAY_MS;
    const end = Math.floor((this.#clock.now() - age) / DAY_MS);
    const rawFrom = this.#keptFrom(rawDays);
    const pending: PendingDay[] = [];
    // The last window of a day ends in the first instant of the next.
    const days = new Set([...sources.keys()].flatMap((day) => [day - 1, day]));
    for (const day of [...days].sort((a, b) => a - b)) {
      if (day >= end) break;
      const source = (sources.get(day) ?? 0n) * 0x1_0000_0000n + (sources.get(day + 1) ?? 0n);
      const before = done.get(day);
      // Of a day that is being dropped a part may be left: its windows are better than it.
      if (before !== undefined && (before === source || day < rawFrom)) continue;
      pending.push({ day, source });
    }
    const until = (pending[0]?.day ?? end) * DAY_MS;
    this.#untilMs = Math.min(until, Math.floor((this.#lateMs - 1) / DAY_MS) * DAY_MS);
    this.#tell({ pendingDays: pending.length });
    return pending;
  }

  /**
   * By day the numbers of the newest blocks or changes of its samples. Merges leave them as they are; what
   * comes late, or is deleted, raises them.
   */
  async #sources(): Promise<Map<number, bigint>> {
    const tables = ["samples", "histograms"].map((table) => `'${this.#engine.storedAs(table)}'`);
    // Replicas of one part of a cluster say the same, and count once.
    const blocks = await this.#engine.select(
      `SELECT day, toFloat64(sum(newest)) AS source FROM (
        SELECT DISTINCT day, table, newest FROM (
          SELECT toUInt16(toDate(parseDateTime(partition_id, '%Y%m%d', 'UTC'))) AS day, table,
            max(greatest(max_block_number, data_version)) AS newest
          FROM ${this.#engine.system("parts")}
          WHERE active AND database = currentDatabase() AND table IN (${tables.join(", ")})
          GROUP BY day, table, hostName()
        )
      ) GROUP BY day`,
    );
    return new Map(rowsOf(blocks, "day", "source").map(([day, source]) => [day, BigInt(source)]));
  }

  async #done(): Promise<Map<number, bigint>> {
    const blocks = await this.#engine.select(
      "SELECT day, argMax(source, version) AS state FROM downsampled_days GROUP BY day",
    );
    return new Map(
      blocks.flatMap(({ rows, columns }) => {
        const [day, state] = [columns.get("day"), columns.get("state")];
        if (day?.kind !== "numbers" || state?.kind !== "numbers") return [];
        return Array.from(
          { length: rows },
          (_, row) => [Number(day.data[row]), BigInt(state.data[row] ?? 0)] as const,
        );
      }),
    );
  }

  async #work({ day, source }: PendingDay): Promise<void> {
    const range = { after: day * DAY_MS, through: (day + 1) * DAY_MS };
    // Later than all that this process wrote, whatever happens to the clock meanwhile.
    const version = Math.max(this.#clock.now(), this.#lastVersion + 1);
    this.#lastVersion = version;
    const options = {
      signal: this.#stopping.signal,
      timeoutMs: PIECE_MS,
      settings: { max_threads: 1 },
    };
    for (const table of ["samples", "histograms"] as const) {
      // A histogram is as large as many floats.
      const size = this.#policy.pieceSamples / (table === "samples" ? 1 : 50);
      for (const piece of await this.#pieces(table, range, size)) {
        for (const resolution of RESOLUTIONS) {
          const statement =
            table === "samples" ? windowsStatement(resolution) : histogramsStatement(resolution);
          await this.#engine.execute(statement, { ...range, version, ...piece }, options);
        }
      }
    }
    await this.#engine.execute(
      "INSERT INTO downsampled_days SELECT toDate({day:UInt16}), {version:UInt64}, {source:UInt64}",
      { day, version, source },
    );
  }

  /** Cuts a day of a table into parts of about `size` rows, in the order in which they are stored. */
  async #pieces(table: string, range: Parameters, size: number): Promise<Parameters[]> {
    const blocks = await this.#engine.select(
      `SELECT toFloat64(family) AS family, toFloat64(count()) AS rows FROM ${table}
      WHERE time > fromUnixTimestamp64Milli({after:Int64}, 'UTC')
        AND time <= fromUnixTimestamp64Milli({through:Int64}, 'UTC')
      GROUP BY family ORDER BY family`,
      range,
      { signal: this.#stopping.signal, timeoutMs: PIECE_MS, settings: { max_threads: 1 } },
    );
    const families = rowsOf(blocks, "family", "rows");
    const pieces: Parameters[] = [];
    let first = 0;
    let gathered = 0;
    const close = (lastFamily: number) => {
      if (gathered > 0) {
        pieces.push({ firstFamily: first, lastFamily, firstSeries: 0n, lastSeries: LAST_SERIES });
      }
      [first, gathered] = [lastFamily + 1, 0];
    };
    for (const [family, rows] of families) {
      if (gathered + rows > size) close(family - 1);
      if (rows <= size) {
        gathered += rows;
        continue;
      }
      for (const [firstSeries, lastSeries] of idRanges(Math.ceil(rows / size))) {
        pieces.push({ firstFamily: family, lastFamily: family, firstSeries, lastSeries });
      }
      first = family + 1;
    }
    close(LAST_FAMILY);
    return pieces;
  }
}

/** Ranges of ids that have about as many series each: ids are hashes. */
function idRanges(count: number): [first: bigint, last: bigint][] {
  const width = LAST_SERIES / BigInt(count);
  return Array.from({ length: count }, (_, i) => [
    BigInt(i) * width,
    i === count - 1 ? LAST_SERIES : BigInt(i + 1) * width - 1n,
  ]);
}

/** Two number columns of an answer, row by row. */
function rowsOf(blocks: readonly Block[], left: string, right: string): [number, number][] {
  return blocks.flatMap(({ rows, columns }) => {
    const [a, b] = [columns.get(left), columns.get(right)];
    if (a?.kind !== "numbers" || b?.kind !== "numbers") return [];
    return Array.from({ length: rows }, (_, row): [number, number] => [
      Number(a.data[row]),
      Number(b.data[row]),
    ]);
  });
}
