/** The most queries that one page shows at once. */
export const mostQueries = 6;

/** What the explorer shows, as it stands in the URL. */
export interface Exploration {
  /** At least one; empty text is a query not yet written. */
  readonly queries: readonly string[];
  readonly tab: "graph" | "table";
  /** The isolated line. */
  readonly only: string | null;
}

export function readExploration(params: URLSearchParams): Exploration {
  const queries = params.getAll("q").slice(0, mostQueries);
  return {
    queries: queries.length === 0 ? [""] : queries,
    tab: params.get("tab") === "table" ? "table" : "graph",
    only: params.get("only"),
  };
}

/** The parameters with an exploration written into them; all others are kept. */
export function writeExploration(
  params: URLSearchParams,
  next: Partial<Exploration>,
): URLSearchParams {
  const changed = new URLSearchParams(params);
  if (next.queries !== undefined) {
    changed.delete("q");
    const written = next.queries.length > 1 ? next.queries : next.queries.filter((q) => q !== "");
    for (const query of written) changed.append("q", query);
    changed.delete("only");
  }
  if (next.tab === "graph") changed.delete("tab");
  else if (next.tab === "table") changed.set("tab", "table");
  if (next.only === null) changed.delete("only");
  else if (next.only !== undefined) changed.set("only", next.only);
  return changed;
}
