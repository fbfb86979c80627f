/** How far back a rule can be tried. */
export const previewSpans = [
  { value: "1h", label: "Hour", words: "the last hour", days: 1 / 24 },
  { value: "1d", label: "Day", words: "the last day", days: 1 },
  { value: "7d", label: "Week", words: "the last 7 days", days: 7 },
  { value: "30d", label: "Month", words: "the last 30 days", days: 30 },
] as const;

/** How far back a rule is tried. */
export type PreviewSpan = (typeof previewSpans)[number];

/** What the address asks for: a week, unless it says otherwise. */
export function spanInUrl(params: URLSearchParams): PreviewSpan {
  const wanted = params.get("past") ?? "7d";
  return previewSpans.find(({ value }) => value === wanted) ?? previewSpans[2];
}
