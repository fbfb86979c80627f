import { useMemo, useState } from "react";
import { resolveRange, type Span } from "../../time/time-range.ts";
import { useTimeRange } from "../../time/use-time-range.ts";

/** The span of time that the URL's range means, as of when the screen was opened. */
export function useAskedSpan(): Span {
  const { range } = useTimeRange();
  const [asked] = useState(Date.now);
  return useMemo(() => resolveRange(range, asked), [range, asked]);
}
