/** What of the series is asked for. */
export interface SeriesQuestion {
  readonly metric: string | undefined;
  readonly label: string | undefined;
  /** UTC days, today among them. */
  readonly days: number;
}

export const lengths = [
  { value: "1", label: "Today" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
] as const;

/** Today, unless the address says otherwise. */
export function readQuestion(params: URLSearchParams): SeriesQuestion {
  const days = params.get("days");
  return {
    metric: params.get("metric") || undefined,
    label: params.get("label") || undefined,
    days: Number(lengths.find(({ value }) => value === days)?.value ?? 1),
  };
}
