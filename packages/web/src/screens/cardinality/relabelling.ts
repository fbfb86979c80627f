/** A piece of configuration under the name that it has where samples are scraped. */
const KEY = "metric_relabel_configs";

/** Relabelling that keeps a metric, a label of all metrics, or a label of one metric from being stored. */
export function relabelling(drop: {
  readonly metric?: string | undefined;
  readonly label?: string | undefined;
}): string {
  const { metric, label } = drop;
  const rule: readonly string[] =
    label === undefined
      ? ["source_labels: [__name__]", `regex: ${exactly(metric ?? "")}`, "action: drop"]
      : metric === undefined
        ? [`regex: ${exactly(label)}`, "action: labeldrop"]
        : [
            "source_labels: [__name__]",
            `regex: ${exactly(metric)}`,
            `target_label: ${JSON.stringify(label)}`,
            'replacement: ""',
          ];
  return [
    `${KEY}:`,
    ...rule.map((line, place) => `  ${place === 0 ? "- " : "  "}${line}`),
    "",
  ].join("\n");
}

/** A regular expression that matches this text alone, as YAML. JSON's texts are YAML's. */
function exactly(text: string): string {
  return JSON.stringify(text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
}
