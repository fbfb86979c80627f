/**
 * The text as PostgreSQL can store it: NUL and lone surrogates become U+FFFD. Labels and annotations
 * from outside may carry them, and an alert must not be lost over one byte.
 */
export function storableText(text: string): string {
  return Buffer.from(text.replaceAll("\0", "\uFFFD"), "utf8").toString("utf8");
}

/** A value as JSON for a jsonb column, its texts and names made storable. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "string") return storableText(inner);
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    const entries = Object.entries(inner);
    return entries.every(([name]) => storableText(name) === name)
      ? inner
      : Object.fromEntries(entries.map(([name, kept]) => [storableText(name), kept]));
  });
}
