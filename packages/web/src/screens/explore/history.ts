const key = "seaworthy.explore.history";
const most = 40;

/** The queries that were run on this device, latest first. */
export function readHistory(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(stored)
      ? stored.filter((each): each is string => typeof each === "string")
      : [];
  } catch {
    return [];
  }
}

/** Puts a query at the head of the history. */
export function remember(query: string): void {
  const text = query.trim();
  if (text === "") return;
  const next = [text, ...readHistory().filter((each) => each !== text)].slice(0, most);
  localStorage.setItem(key, JSON.stringify(next));
}
