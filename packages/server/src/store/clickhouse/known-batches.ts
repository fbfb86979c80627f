import type { ClickHouse } from "./engine.ts";
import type { Parameters } from "./statement.ts";

/**
 * Remembers which batches are stored, by their fingerprints, so that one that is sent again is not
 * stored twice. By day too: the rows of one day are committed together or not at all, those of two
 * days can be torn apart by a kill. Bounded: the oldest are forgotten.
 */
export class KnownBatches {
  readonly #table: "logs" | "spans";
  readonly #max: number;
  readonly #known = new Set<string>();

  /** `table`: where the batches are; `max`: how many are remembered. */
  constructor(table: "logs" | "spans", max: number) {
    this.#table = table;
    this.#max = max;
  }

  has(fingerprint: bigint, day: number): boolean {
    return this.#known.has(`${fingerprint}/${day}`);
  }

  add(fingerprint: bigint, day: number): void {
    this.#known.add(`${fingerprint}/${day}`);
    if (this.#known.size <= this.#max) return;
    for (const oldest of this.#known) {
      this.#known.delete(oldest);
      return;
    }
  }

  /** Learns what was committed in the last `seconds`, by whatever process. */
  load(engine: ClickHouse, seconds: number): Promise<void> {
    return this.#learn(engine, "batch != 0", { seconds, max: this.#max });
  }

  /** Learns which of these were committed in the last `seconds`, by whatever process. */
  async ask(
    engine: ClickHouse,
    batches: readonly { readonly fingerprint?: bigint }[],
    seconds: number,
  ): Promise<void> {
    const fingerprints = [...new Set(batches.flatMap(({ fingerprint }) => fingerprint ?? []))];
    if (fingerprints.length === 0) return;
    await this.#learn(engine, "batch IN {batches:Array(UInt64)}", {
      seconds,
      max: this.#max,
      batches: fingerprints,
    });
  }

  async #learn(engine: ClickHouse, condition: string, parameters: Parameters): Promise<void> {
    const blocks = await engine.select(
      `SELECT batch, toUInt32(toDate(time)) AS day, max(received) AS latest FROM ${this.#table}
      WHERE received >= now() - {seconds:UInt32} AND ${condition}
      GROUP BY batch, day ORDER BY latest DESC LIMIT {max:UInt32}`,
      parameters,
    );
    for (const { rows, columns } of blocks.reverse()) {
      const batch = columns.get("batch");
      const day = columns.get("day");
      if (batch?.kind !== "numbers" || day?.kind !== "numbers") continue;
      for (let i = rows - 1; i >= 0; i -= 1) {
        this.add(BigInt(batch.data[i] ?? 0), Number(day.data[i]));
      }
    }
  }
}
