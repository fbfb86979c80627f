import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock, Timer } from "../../model/index.ts";
import type { ClickHouse } from "./engine.ts";

/** How often the tables are looked at, ms: a series of another server is found at most so much later. */
const LOOK_EVERY_MS = 1000;

/**
 * Notices what other servers did to the tables of series: that they named some, upon which answers
 * that are kept here do not hold any more, or deleted some, which must be named again when they come
 * again. Both show in what the engine keeps of its parts.
 */
export class OtherServers {
  readonly #engine: ClickHouse;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #named: () => void;
  readonly #deleted: () => void;
  #seen: ReadonlyMap<string, string> | undefined;
  #timer: Timer | undefined;
  #stopped = false;
  #failing = false;

  constructor(
    engine: ClickHouse,
    options: {
      readonly clock: Clock;
      readonly log: Logger;
      /** Told after series were named, by whatever server. */
      readonly named: () => void;
      /** Told after series were deleted, by whatever server. */
      readonly deleted: () => void;
    },
  ) {
    this.#engine = engine;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#named = options.named;
    this.#deleted = options.deleted;
  }

  start(): void {
    if (this.#stopped) return;
    this.#timer = this.#clock.after(LOOK_EVERY_MS, () => {
      void this.look().finally(() => this.start());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Looks once. */
  async look(): Promise<void> {
    let marks: ReadonlyMap<string, string>;
    try {
      marks = await this.#marks();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing && !this.#stopped) {
        this.#log.warn({ reason: messageOf(error) }, "what other servers wrote cannot be seen");
      }
      this.#failing = true;
      return;
    }
    const before = this.#seen;
    this.#seen = marks;
    // The first look does not know what was there when the store was opened.
    const changed = (what: string) => before === undefined || marks.get(what) !== before.get(what);
    if (changed("deleted")) this.#deleted();
    if (changed("named") || changed("deleted")) this.#named();
  }

  /** The numbers that inserts give to parts only grow with inserts, merges keep them. */
  async #marks(): Promise<ReadonlyMap<string, string>> {
    const engine = this.#engine;
    const tables = ["series", "histogram_families"].map((table) => `'${engine.storedAs(table)}'`);
    const blocks = await engine.select(
      `SELECT 'named' AS what, toString(sum(newest)) AS mark FROM (
        SELECT max(max_block_number) AS newest FROM ${engine.system("parts")}
        WHERE active AND database = currentDatabase() AND table IN (${tables.join(", ")})
        GROUP BY hostName(), table, partition_id)
      UNION ALL
      SELECT 'deleted', toString(groupBitXor(sipHash64(mutation_id))) FROM ${engine.system("mutations")}
      WHERE database = currentDatabase() AND table = '${engine.storedAs("series")}'`,
    );
    const marks = new Map<string, string>();
    for (const { rows, columns } of blocks) {
      const [what, mark] = [columns.get("what"), columns.get("mark")];
      if (what?.kind !== "strings" || mark?.kind !== "strings") continue;
      for (let row = 0; row < rows; row += 1) marks.set(what.data[row] ?? "", mark.data[row] ?? "");
    }
    return marks;
  }
}
