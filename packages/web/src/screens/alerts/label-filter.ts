import type { ActiveAlert } from "@seaworthy/contract";

/** The filter's words: `name=value`, `name!=value`, or any text found in name, labels or summary. */
export function matchesFilter(
  alert: Pick<ActiveAlert, "name" | "labels" | "annotations" | "state">,
  filter: string,
): boolean {
  return filter
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "")
    .every((word) => matchesWord(alert, word));
}

function matchesWord(
  {
    name,
    labels,
    annotations,
    state,
  }: Pick<ActiveAlert, "name" | "labels" | "annotations" | "state">,
  word: string,
): boolean {
  const pair = /^([a-zA-Z_]\w*)(!?=)"?(.*?)"?$/.exec(word);
  if (pair !== null) {
    const [, label = "", operator, value = ""] = pair;
    const own = label === "state" ? state : (labels[label] ?? "");
    return operator === "=" ? own === value : own !== value;
  }
  const wanted = word.toLowerCase();
  const texts = [name, state, ...Object.values(labels), ...Object.values(annotations)];
  return texts.some((text) => text.toLowerCase().includes(wanted));
}
