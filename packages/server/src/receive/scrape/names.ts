/**
 * Which names are names (`metric_name_validation_scheme`): any UTF-8 text, or as before Prometheus 3
 * only letters, digits and underscores, with colons in names of metrics.
 */
export type NameScheme = "utf8" | "legacy";

const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Half of a pair: no UTF-8 can hold it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether a text is the name of a label. */
export function isName(text: string, scheme: NameScheme): boolean {
  return scheme === "legacy" ? LEGACY_LABEL.test(text) : text !== "" && !LONE_SURROGATE.test(text);
}

/** Whether a text is the name of a metric in the legacy scheme. */
export function isLegacyMetric(text: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(text);
}
