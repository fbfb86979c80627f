/** How far back a screen can look, and how far it does unless its address says otherwise. */
export interface LookBackChoice {
  readonly lengths: readonly { readonly days: number; readonly label: string }[];
  readonly usual: number;
}

/** How many days of the past the address asks for by its `days`. */
export function daysInUrl(params: URLSearchParams, { lengths, usual }: LookBackChoice): number {
  const asked = params.get("days");
  return lengths.find(({ days }) => String(days) === asked)?.days ?? usual;
}
