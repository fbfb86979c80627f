const said = new Set<string>();

/** Says something to the developer, each text once. */
export function warn(message: string): void {
  if (said.has(message) || said.size >= 50) return;
  said.add(message);
  try {
    console.warn(`@seaworthy/browser: ${message}`);
  } catch {
    // Then there is nobody to say it to.
  }
}

/** Runs what must not throw into the page. */
export function quietly<T>(action: () => T, otherwise: T): T {
  try {
    return action();
  } catch (error) {
    warn(`failed inside, and went on: ${textOf(error)}`);
    return otherwise;
  }
}

/** What was thrown, which may be anything, as a text. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "what cannot be told";
  }
}
