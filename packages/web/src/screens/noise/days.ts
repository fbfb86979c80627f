/** What can be looked back on. */
export const lengths = [
  { value: "1", label: "Day" },
  { value: "7", label: "Week" },
  { value: "30", label: "Month" },
] as const;

/** How many days of the past the address asks for: a week, unless it says otherwise. */
export function daysInUrl(params: URLSearchParams): number {
  const days = params.get("days");
  return Number(lengths.find(({ value }) => value === days)?.value ?? 7);
}
