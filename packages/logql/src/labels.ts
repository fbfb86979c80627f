/** A label set. Absent and empty are the same. */
export type Labels = Readonly<Record<string, string>>;

export const ERROR = "__error__";
export const ERROR_DETAILS = "__error_details__";

/** A canonical text for a label set, equal for equal sets. */
export function labelsKey(labels: Labels): string {
  let key = "";
  for (const name of Object.keys(labels).sort()) key += `${name}\u0001${labels[name]}\u0002`;
  return key;
}

/** Labels as LogQL writes them. */
export function formatLabels(labels: Labels): string {
  const inner = Object.keys(labels)
    .sort()
    .map((name) => `${name}=${JSON.stringify(labels[name])}`);
  return `{${inner.join(", ")}}`;
}

/** A label name of any text: what is neither letter, digit nor underscore becomes an underscore. */
export function sanitize(name: string): string {
  const clean = sanitizePart(name);
  return /^\d/.test(clean) ? `_${clean}` : clean;
}

/** The same for what stands behind another part of a name. */
export function sanitizePart(key: string): string {
  return /^\w+$/.test(key) ? key : key.replace(/[^A-Za-z0-9_]/g, "_");
}
