import type { ActiveAlert } from "@seaworthy/contract";

type Texts = Readonly<Record<string, string>>;

/** What an alert says of itself in one sentence, if it does. */
export function headlineOf(annotations: Texts): string | null {
  return annotations["summary"] ?? annotations["description"] ?? annotations["message"] ?? null;
}

/** The longer text, where there is one besides the headline. */
export function descriptionOf(annotations: Texts): string | null {
  const text = annotations["description"] ?? annotations["message"] ?? null;
  return text === headlineOf(annotations) ? null : text;
}

/** Where to read what to do; only links that lead somewhere safe. */
export function runbookOf(annotations: Texts): string | null {
  const url = annotations["runbook_url"] ?? annotations["runbook"] ?? "";
  return /^https?:\/\//.test(url) ? url : null;
}

export function nameOf(labels: Texts): string {
  return labels["alertname"] ?? "Alert without a name";
}

/** One line for a list: what the alert says, else the labels that tell it apart. */
export function sentenceOf(alert: Pick<ActiveAlert, "annotations" | "labels">): string {
  return (
    headlineOf(alert.annotations) ??
    Object.entries(alert.labels)
      .filter(([name]) => name !== "alertname" && name !== "severity")
      .map(([name, value]) => `${name}=${value}`)
      .join(" ")
  );
}
