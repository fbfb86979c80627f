import { previewRule, type RuleLanguage } from "@seaworthy/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { call } from "../../api/call.ts";

/** When a rule would have fired during the last days; `for` and `keep_firing_for` in seconds. */
export function previewQuery(
  expression: string,
  forSeconds: number,
  keepFiringForSeconds: number,
  days: number,
  language: RuleLanguage,
) {
  return queryOptions({
    queryKey: ["rule-preview", language, expression, forSeconds, keepFiringForSeconds, days],
    queryFn: ({ signal }) =>
      call(
        previewRule,
        { body: { expression, language, forSeconds, keepFiringForSeconds, days } },
        signal,
      ),
    placeholderData: keepPreviousData,
    // A week changes slowly, and asking costs the server a week's samples.
    staleTime: 5 * 60_000,
  });
}
