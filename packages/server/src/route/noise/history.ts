import type { Labels } from "../../model/index.ts";
import { firingsSince, listFirings, listLastFirings } from "../../store/index.ts";
import type { FiringFilter, FiringRecord, Records } from "../../store/index.ts";
import type { RouteConfig } from "../config/route-config.ts";
import type { FlappingPolicy } from "../stages/flap.ts";
import type { Silences } from "../stages/silence.ts";
import { dependencySuggestions } from "./dependencies.ts";
import type { DependencySuggestion, ServiceCall } from "./dependencies.ts";
import { readNoise } from "./noise.ts";
import type { NoiseReport } from "./noise.ts";
import { readSuggestions } from "./suggestions.ts";
import type { InhibitionSuggestion } from "./suggestions.ts";

/** What the router remembers of alerts, and what can be learned from it. Times are ms since 1970. */
export class AlertHistory {
  readonly #records: Records;
  readonly #silences: Silences;
  readonly #config: () => RouteConfig;
  /** When an alert that comes and goes is told of once; undefined for never. */
  readonly flapping: FlappingPolicy | undefined;

  constructor(
    records: Records,
    silences: Silences,
    config: () => RouteConfig,
    flapping: FlappingPolicy | undefined,
  ) {
    this.flapping = flapping;
    this.#records = records;
    this.#silences = silences;
    this.#config = config;
  }

  /** Since when firings have been noted. */
  begins(): Promise<number> {
    return firingsSince(this.#records.db);
  }

  /** Firings, the newest first. */
  firings(filter: FiringFilter): Promise<readonly FiringRecord[]> {
    return listFirings(this.#records.db, filter);
  }

  /** When each label set fired last. */
  lastFirings(): Promise<readonly { readonly labels: Labels; readonly startedAt: number }[]> {
    return listLastFirings(this.#records.db);
  }

  /** What alerts have cost in a window. */
  async noise(window: { readonly since: number; readonly now: number }): Promise<NoiseReport> {
    await this.#silences.refresh();
    return readNoise(this.#records, this.#silences.list(), window);
  }

  /** Inhibition rules that calls between services speak for. */
  dependencies(
    calls: readonly ServiceCall[],
    known: Omit<Parameters<typeof dependencySuggestions>[1], "rules">,
  ): readonly DependencySuggestion[] {
    return dependencySuggestions(calls, { ...known, rules: this.#config().inhibitRules });
  }

  /** Inhibition rules that the firings since `since` speak for. */
  suggestions(since: number): Promise<{
    readonly since: number;
    readonly suggestions: readonly InhibitionSuggestion[];
  }> {
    return readSuggestions(this.#records, this.#config().inhibitRules, since);
  }
}
