import { compareLabels, PromqlError } from "@seaworthy/promql";
import type { Labels, Matcher } from "@seaworthy/promql";
import type { MetricMetadata } from "../../model/index.ts";
import type { Block, Telemetry } from "../../store/index.ts";
import { dayOf } from "./series-index.ts";
import type { SeriesIndex } from "./series-index.ts";

/** Which series: all that match any of the selectors, all series without one. */
export interface SeriesRequest {
  readonly selectors: readonly (readonly Matcher[])[];
  /** ms since 1970, both inclusive; whole UTC days count. */
  readonly startMs: number;
  readonly endMs: number;
  /** The most entries to answer. */
  readonly limit?: number | undefined;
}

/** An answer that may have been cut at the request's limit. */
export interface Limited<T> {
  readonly items: T[];
  readonly truncated: boolean;
}

/** What series, labels and metrics there are. */
export class Catalogue {
  readonly #telemetry: Telemetry;
  readonly #index: SeriesIndex;
  readonly #maxSeries: number;

  constructor(telemetry: Telemetry, index: SeriesIndex, maxSeries: number) {
    this.#telemetry = telemetry;
    this.#index = index;
    this.#maxSeries = maxSeries;
  }

  async series(request: SeriesRequest, signal: AbortSignal): Promise<Limited<Labels>> {
    return limited((await this.#matching(request, signal)).sort(compareLabels), request.limit);
  }

  async labelNames(request: SeriesRequest, signal: AbortSignal): Promise<Limited<string>> {
    const names =
      request.selectors.length === 0
        ? await this.#distinct("arrayJoin(mapKeys(labels))", {}, request, signal)
        : (await this.#matching(request, signal)).flatMap((labels) => labels.names());
    return limited([...new Set(names)].sort(), request.limit);
  }

  async labelValues(
    name: string,
    request: SeriesRequest,
    signal: AbortSignal,
  ): Promise<Limited<string>> {
    const values =
      request.selectors.length === 0
        ? await this.#distinct("labels[{name:String}]", { name }, request, signal)
        : (await this.#matching(request, signal)).map((labels) => labels.get(name));
    return limited([...new Set(values)].filter((value) => value !== "").sort(), request.limit);
  }

  /** What metrics are, by name; a metric may have been described in several ways. */
  async metadata(
    metric: string | undefined,
    signal: AbortSignal,
  ): Promise<Map<string, MetricMetadata[]>> {
    const blocks = await this.#telemetry.select(
      `SELECT DISTINCT metric, type, help, unit FROM metrics
      WHERE {all:UInt8} OR metric = {metric:String} ORDER BY metric, type, help, unit`,
      { all: metric === undefined ? 1 : 0, metric: metric ?? "" },
      { signal },
    );
    const byMetric = new Map<string, MetricMetadata[]>();
    for (const block of blocks) {
      const [names, types, helps, units] = ["metric", "type", "help", "unit"].map((name) =>
        strings(block, name),
      );
      for (let row = 0; row < block.rows; row += 1) {
        const name = names?.[row] ?? "";
        const known = byMetric.get(name) ?? [];
        byMetric.set(name, known);
        known.push({
          metric: name,
          type: (types?.[row] ?? "unknown") as MetricMetadata["type"],
          help: helps?.[row] ?? "",
          unit: units?.[row] ?? "",
        });
      }
    }
    return byMetric;
  }

  async #matching(request: SeriesRequest, signal: AbortSignal): Promise<Labels[]> {
    const byKey = new Map<string, Labels>();
    const selectors = request.selectors.length === 0 ? [[]] : request.selectors;
    for (const matchers of selectors) {
      const families = await this.#index.match(matchers, request.startMs, request.endMs, signal);
      for (const { series } of families) {
        for (const { labels } of series) byKey.set(labels.key, labels);
      }
      if (byKey.size > this.#maxSeries) {
        const message = `the selectors match more than ${this.#maxSeries} series; narrow them`;
        throw new PromqlError("limit", message);
      }
    }
    return [...byKey.values()];
  }

  async #distinct(
    expression: string,
    parameters: Record<string, string>,
    { startMs, endMs }: SeriesRequest,
    signal: AbortSignal,
  ): Promise<string[]> {
    const blocks = await this.#telemetry.select(
      `SELECT DISTINCT ${expression} AS text FROM series
      WHERE day >= toDate({first:UInt16}) AND day <= toDate({last:UInt16})`,
      { ...parameters, first: dayOf(startMs), last: dayOf(endMs) },
      { signal },
    );
    return blocks.flatMap((block) => strings(block, "text"));
  }
}

function limited<T>(items: T[], limit: number | undefined): Limited<T> {
  if (limit === undefined || items.length <= limit) return { items, truncated: false };
  return { items: items.slice(0, limit), truncated: true };
}

function strings(block: Block, name: string): readonly string[] {
  const column = block.columns.get(name);
  return column?.kind === "strings" ? column.data : [];
}
