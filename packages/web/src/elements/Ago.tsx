import { useTimeRange } from "../time/use-time-range.ts";
import { useNow } from "../time/use-now.ts";
import { formatAge, formatInstant, formatRelative } from "../values/instant.ts";

interface AgoProps {
  /** RFC 3339. */
  readonly at: string;
  /** `age` is `4 min`, `relative` is `4 min ago`. */
  readonly form?: "age" | "relative";
}

/** When something was, relative to now; the instant itself on hover. */
export function Ago({ at, form = "relative" }: AgoProps) {
  const then = Date.parse(at);
  const now = useNow();
  const { zone } = useTimeRange();
  return (
    <time dateTime={at} title={formatInstant(then, zone)} className="nowrap">
      {form === "age" ? formatAge(now - then) : formatRelative(then, now)}
    </time>
  );
}
