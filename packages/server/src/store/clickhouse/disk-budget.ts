import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock, Timer } from "../../model/index.ts";
import type { ClickHouse } from "./engine.ts";

/** The tables of each signal, which all have a partition for each UTC day, and the setting of its budget. */
const SIGNALS = {
  metrics: {
    tables: [
      "samples",
      "histograms",
      "exemplars",
      "series",
      "histogram_families",
      "windows_5m",
      "histograms_5m",
      "windows_1h",
      "histograms_1h",
      "downsampled_days",
    ],
    setting: "telemetry.disk_budget",
  },
  logs: { tables: ["logs", "log_streams"], setting: "logs.disk_budget" },
  traces: { tables: ["spans", "trace_times"], setting: "traces.disk_budget" },
} as const;

/** What has a share of the disk of its own. */
export type Signal = keyof typeof SIGNALS;
export const DISK_SIGNALS: readonly Signal[] = ["metrics", "logs", "traces"];

const CHECK_EVERY_MS = 60_000;
/** The share of the budget from which on every check that finds more used says so. */
const WARN_AT = 0.8;

/** What a signal takes of the disk; bytes. */
export interface DiskUse {
  readonly usedBytes: number;
  /** undefined: there is no budget. */
  readonly budgetBytes: number | undefined;
}

/** One UTC day of the tables. */
interface Day {
  /** As the engine names it: `20261121`. */
  readonly id: string;
  readonly bytes: number;
}

/**
 * Keeps a signal within its share of the disk: the oldest day goes first, today never. Warns
 * before it comes to that, while there is time to give it more or to keep less.
 */
export class DiskBudget {
  readonly #engine: ClickHouse;
  readonly #signal: Signal;
  readonly #budget: number | undefined;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #told: (use: DiskUse) => void;
  #timer: Timer | undefined;
  #warned = false;
  #stopped = false;

  constructor(
    engine: ClickHouse,
    options: {
      readonly signal: Signal;
      readonly budgetBytes: number | undefined;
      readonly log: Logger;
      readonly clock: Clock;
      /** Told after each check. */
      readonly told: (use: DiskUse) => void;
    },
  ) {
    this.#engine = engine;
    this.#signal = options.signal;
    this.#budget = options.budgetBytes;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#told = options.told;
  }

  /** Checks from now on every minute. */
  start(): void {
    if (this.#stopped) return;
    this.#timer = this.#clock.after(CHECK_EVERY_MS, () => {
      this.check()
        .catch((error: unknown) =>
          this.#log.warn({ reason: messageOf(error) }, "the disk budget could not be checked"),
        )
        .finally(() => this.start());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Drops the oldest days until the rest is within the budget. */
  async check(): Promise<DiskUse> {
    const days = await this.#days();
    let used = days.reduce((sum, { bytes }) => sum + bytes, 0);
    const budget = this.#budget;
    const { tables, setting } = SIGNALS[this.#signal];
    if (budget !== undefined) {
      for (const { id, bytes } of days.slice(0, -1)) {
        if (used <= budget) break;
        for (const table of tables) {
          await this.#engine.execute(`ALTER TABLE ${table} DROP PARTITION ID '${id}'`);
        }
        used -= bytes;
        this.#log.warn(
          { day: id, bytes, budget },
          `the ${this.#signal} of a day were dropped: they were over their disk budget (${setting})`,
        );
      }
      this.#warn(used, budget);
    }
    const use = { usedBytes: used, budgetBytes: budget };
    this.#told(use);
    return use;
  }

  #warn(used: number, budget: number): void {
    const near = used > budget * WARN_AT;
    if (near && !this.#warned) {
      this.#log.warn(
        { used, budget },
        `the ${this.#signal} have used most of their disk budget; beyond it the oldest day is dropped`,
      );
    }
    this.#warned = near;
  }

  /** The days that have something, the oldest first. */
  async #days(): Promise<Day[]> {
    const names = SIGNALS[this.#signal].tables.map((table) => `'${this.#engine.storedAs(table)}'`);
    const blocks = await this.#engine.select(
      `SELECT partition_id AS id, toFloat64(sum(bytes_on_disk)) AS bytes FROM ${this.#engine.system("parts")}
      WHERE active AND database = currentDatabase() AND table IN (${names.join(", ")})
      GROUP BY id ORDER BY id`,
    );
    return blocks.flatMap(({ rows, columns }) => {
      const [ids, bytes] = [columns.get("id"), columns.get("bytes")];
      if (ids?.kind !== "strings" || bytes?.kind !== "numbers") return [];
      return Array.from({ length: rows }, (_, row) => ({
        id: ids.data[row] ?? "",
        bytes: Number(bytes.data[row]),
      }));
    });
  }
}
