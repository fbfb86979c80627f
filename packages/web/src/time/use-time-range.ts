import { useCallback, useMemo } from "react";
import type { Zone } from "../values/instant.ts";
import { defaultRange, resolveEnd, type TimeRange } from "./time-range.ts";
import { useAddress } from "../app/use-address.ts";

const zoneKey = "seaworthy.zone";

interface TimeRangeInUrl {
  /** The range shared by all screens. */
  readonly range: TimeRange;
  /** Whether the URL names it; otherwise it is the default. */
  readonly isChosen: boolean;
  readonly zone: Zone;
  /** Puts the range in the URL as a new entry of the history, so that Back zooms back. */
  readonly setRange: (range: TimeRange | null) => void;
  readonly setZone: (zone: Zone) => void;
}

/** The time range and zone, which stand in the URL as `from`, `to` and `tz`. */
export function useTimeRange(): TimeRangeInUrl {
  const [params, setParams] = useAddress();
  const from = params.get("from");
  const to = params.get("to");
  const readable =
    from !== null && to !== null && resolveEnd(from, 0) !== null && resolveEnd(to, 0) !== null;
  const range = useMemo(() => (readable ? { from, to } : defaultRange), [readable, from, to]);
  const named = params.get("tz");
  const zone: Zone =
    named === "utc" || named === "local"
      ? named
      : localStorage.getItem(zoneKey) === "utc"
        ? "utc"
        : "local";

  const setRange = useCallback(
    (next: TimeRange | null) =>
      setParams(
        next === null ? { from: null, to: null } : { from: next.from, to: next.to },
        "push",
      ),
    [setParams],
  );

  const setZone = useCallback(
    (next: Zone) => {
      localStorage.setItem(zoneKey, next);
      setParams({ tz: next });
    },
    [setParams],
  );

  return { range, isChosen: readable, zone, setRange, setZone };
}
