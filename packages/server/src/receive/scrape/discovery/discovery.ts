import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import { messageOf } from "../../../model/index.ts";
import type { Clock, Timer } from "../../../model/index.ts";
import type { SelfMetrics } from "../../../self/index.ts";
import type { TargetGroup } from "../job.ts";

/** Where targets are looked up. It remembers nothing from one look to the next. */
export interface Source {
  /** Equal for sources that ask the same of the same, before and after a reload. */
  readonly key: string;
  readonly mechanism: "file" | "http" | "dns";
  /** Whether a look takes no longer than reading a file. */
  readonly isLocal: boolean;
  /**
   * Looks once. What cannot be looked up now is answered as it stands in `before`; throws when that
   * is all of it.
   */
  look(before: readonly TargetGroup[], signal: AbortSignal): Promise<readonly TargetGroup[]>;
  /** Calls `news` when something may have changed, until the answer is called. */
  watch?(news: () => void): () => void;
  close?(): Promise<void>;
}

interface DiscoveryDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<SelfMetrics, "discovered">;
}

/** How long a configuration waits for sources that have never answered before it goes on without. */
export const FIRST_LOOK = 5000;

/** Keeps what a source last said, and looks again every interval and whenever there is news. */
export class Discovery {
  readonly source: Source;
  readonly #interval: number;
  readonly #deps: DiscoveryDeps;
  readonly #abort = new AbortController();
  #groups: readonly TargetGroup[];
  #looking: Promise<void> | undefined;
  #again = false;
  #timer: Timer | undefined;
  #unwatch: (() => void) | undefined;
  #changed: (() => void) | undefined;

  /** `before` is what was known of the same source under another configuration. */
  constructor(
    source: Source,
    interval: number,
    before: readonly TargetGroup[] | undefined,
    deps: DiscoveryDeps,
  ) {
    this.source = source;
    this.#interval = interval;
    this.#groups = before ?? [];
    this.#deps = deps;
  }

  get groups(): readonly TargetGroup[] {
    return this.#groups;
  }

  /** Looks now, and once more if this is asked for meanwhile. Never fails: what was known stays. */
  refresh(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#again = true;
      return this.#looking;
    }
    this.#looking = this.#lookUntilQuiet().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Calls `changed` whenever other groups are known than before. */
  start(changed: () => void): void {
    this.#changed = changed;
    this.#unwatch = this.source.watch?.(() => void this.refresh());
    this.#plan();
  }

  stop(): void {
    this.#changed = undefined;
    this.#timer?.cancel();
    this.#unwatch?.();
    this.#abort.abort(new Error("the discovery has ended"));
    this.source.close?.().catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, "connections of a discovery were not closed");
    });
  }

  #plan(): void {
    this.#timer = this.#deps.clock.after(this.#interval, () => {
      void this.refresh();
      this.#plan();
    });
  }

  async #lookUntilQuiet(): Promise<void> {
    do {
      this.#again = false;
      await this.#look();
    } while (this.#again && !this.#abort.signal.aborted);
  }

  async #look(): Promise<void> {
    const { source } = this;
    // A look that takes longer than the interval is given up, as the next one is due.
    const timeout = new AbortController();
    const timer = this.#deps.clock.after(this.#interval, () =>
      timeout.abort(new Error("no answer within the refresh interval")),
    );
    try {
      const signal = AbortSignal.any([this.#abort.signal, timeout.signal]);
      const groups = await source.look(this.#groups, signal);
      this.#deps.metrics.discovered(source.mechanism, "ok");
      if (isDeepStrictEqual(groups, this.#groups)) return;
      this.#groups = groups;
      this.#changed?.();
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#deps.metrics.discovered(source.mechanism, "failed");
      this.#deps.log.error(
        { discovery: source.key, reason: messageOf(error) },
        "targets cannot be looked up; the last ones stay",
      );
    } finally {
      timer.cancel();
    }
  }
}
