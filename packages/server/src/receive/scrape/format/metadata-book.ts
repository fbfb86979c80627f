import type { MetricMetadata } from "../../../model/index.ts";

type Known = { -readonly [Field in keyof Omit<MetricMetadata, "metric">]: MetricMetadata[Field] };

/** What a target says its metrics are, and what of that is news. */
export class MetadataBook {
  #known = new Map<string, Known>();
  readonly #changed = new Set<string>();

  /** Notes one field; the text of `type` is one of MetricMetadata's. */
  add(metric: string, kind: "help" | "type" | "unit", text: string): void {
    const known = this.#known.get(metric) ?? { type: "unknown", help: "", unit: "" };
    const before = known[kind];
    if (kind === "type") known.type = text as MetricMetadata["type"];
    else known[kind] = text;
    if (before !== text || !this.#known.has(metric)) this.#changed.add(metric);
    this.#known.set(metric, known);
  }

  /** What is new or changed. Forgets metrics that are not `live` once there are many more than `size`. */
  takeChanged(size: number, live: () => ReadonlySet<string>): MetricMetadata[] {
    const changed = [...this.#changed].map((metric): MetricMetadata => {
      const known = this.#known.get(metric) ?? { type: "unknown", help: "", unit: "" };
      return { metric, ...known };
    });
    this.#changed.clear();
    if (this.#known.size > size + 256) {
      const kept = live();
      this.#known = new Map([...this.#known].filter(([metric]) => kept.has(metric)));
    }
    return changed;
  }
}
