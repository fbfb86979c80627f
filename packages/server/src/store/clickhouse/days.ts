const DAY_NS = 86_400_000_000_000n;

/** The year 2100 in ns: later times are a sender's mistake of unit. */
export const MAX_TIME_NS = 4_102_444_800_000_000_000n;

/** The UTC day of a time in ns, as days since 1970. */
export function dayOfNs(time: bigint): number {
  return Number(time / DAY_NS);
}
