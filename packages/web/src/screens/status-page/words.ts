import type { ComponentState, PostState, StatusComponent, StatusPage } from "@seaworthy/contract";

export const COMPONENT_STATES: readonly {
  readonly value: ComponentState;
  readonly label: string;
}[] = [
  { value: "operational", label: "Operational" },
  { value: "degraded_performance", label: "Degraded performance" },
  { value: "partial_outage", label: "Partial outage" },
  { value: "major_outage", label: "Major outage" },
  { value: "under_maintenance", label: "Under maintenance" },
];

/** What may be said next, by the kind of announcement; the first is said at its beginning. */
export const POST_STATES = {
  incident: ["investigating", "identified", "monitoring", "resolved"],
  maintenance: ["scheduled", "in_progress", "verifying", "completed"],
} as const satisfies Readonly<Record<string, readonly PostState[]>>;

/** A state in words: `in_progress` is "In progress". */
export function inWords(state: string): string {
  const words = state.replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** By what a component's state is found, in words. */
export function sourceInWords({ source }: Pick<StatusComponent, "source">): string {
  if (source.kind === "manual") return "by hand";
  const matchers = source.matchers.join(", ");
  return source.kind === "alerts"
    ? `by alerts with ${matchers}`
    : `by ${source.metric} with ${matchers}`;
}

/** A component's past in words, honest about what is not known. */
export function uptimeInWords({ uptime, knownDays }: StatusComponent): string {
  if (uptime === null) return "no data yet";
  const share = uptime >= 1 ? "100" : (Math.floor(uptime * 10_000) / 100).toFixed(2);
  return `${share} % up${knownDays < 90 ? `, known for ${knownDays} of 90 days` : " in 90 days"}`;
}

/** How many are told, and how many have not confirmed yet. */
export function subscribersInWords(subscribers: StatusPage["subscribers"]): string {
  const sum = (state: "confirmed" | "pending") =>
    subscribers.filter((one) => one.state === state).reduce((all, { count }) => all + count, 0);
  const told = sum("confirmed");
  const pending = sum("pending");
  const words = `${told} ${told === 1 ? "subscriber" : "subscribers"}`;
  return pending === 0 ? words : `${words}, ${pending} not confirmed yet`;
}

/** The lines of a text that say something. */
export const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
