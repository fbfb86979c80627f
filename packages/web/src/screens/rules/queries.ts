import { previewRule } from "@seaworthy/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { call } from "../../api/call.ts";

/** As far back as a rule is tried. */
export const previewDays = 7;

/** When a rule would have fired lately; `for` and `keep_firing_for` in seconds. */
export function previewQuery(expression: string, forSeconds: number, keepFiringForSeconds: number) {
  return queryOptions({
    queryKey: ["rule-preview", expression, forSeconds, keepFiringForSeconds],
    queryFn: ({ signal }) =>
      call(
        previewRule,
        { body: { expression, forSeconds, keepFiringForSeconds, days: previewDays } },
        signal,
      ),
    placeholderData: keepPreviousData,
    // A week changes slowly, and asking costs the server a week's samples.
    staleTime: 5 * 60_000,
  });
}
