/** What is asked of: each has a history of its own. */
export type HistoryOf = "explore" | "logs";

const keyOf = (of: HistoryOf) => `seaworthy.${of}.history`;
const most = 40;

/** The queries that were run on this device, latest first. */
export function readHistory(of: HistoryOf): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(of)) ?? "[]");
    return Array.isArray(stored)
      ? stored.filter((each): each is string => typeof each === "string")
      : [];
  } catch {
    return [];
  }
}

/** Puts a query at the head of the history. */
export function remember(of: HistoryOf, query: string): void {
  const text = query.trim();
  if (text === "") return;
  const next = [text, ...readHistory(of).filter((each) => each !== text)].slice(0, most);
  localStorage.setItem(keyOf(of), JSON.stringify(next));
}
