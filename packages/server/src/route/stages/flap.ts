/** When an alert that comes and goes is told of once. Times are milliseconds. */
export interface FlappingPolicy {
  /** So many firings … */
  readonly firings: number;
  /** … that began within so long are flapping. */
  readonly within: number;
  /** It is over once the alert has been quiet, or has gone on firing, for so long. */
  readonly quiet: number;
}

/** How far back firings are looked at: what flaps for longer is found again in what is left of it. */
export const FLAPPING_HORIZON = 24 * 3_600_000;

/** One time that an alert fired; ended ahead of now while it fires. */
export interface Firing {
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * How often an alert that flaps at `now` began to fire within the policy's time; undefined when it does
 * not flap. Made from its firings alone, oldest first, so that every server and every process after a
 * restart finds the same.
 */
export function flaps(
  firings: readonly Firing[],
  policy: FlappingPolicy,
  now: number,
): number | undefined {
  let flapping = false;
  for (const [place, firing] of firings.entries()) {
    const before = firings[place - 1];
    if (before !== undefined && isCalm(before, firing.startedAt, policy)) flapping = false;
    if (recent(firings.slice(0, place + 1), firing.startedAt, policy) >= policy.firings)
      flapping = true;
  }
  const last = firings.at(-1);
  if (!flapping || last === undefined || isCalm(last, now, policy)) return undefined;
  return recent(firings, last.startedAt, policy);
}

/** Whether an alert has gone on firing, or been quiet since, for long enough. */
function isCalm({ startedAt, endedAt }: Firing, until: number, { quiet }: FlappingPolicy): boolean {
  const over = Math.min(endedAt, until);
  return over - startedAt >= quiet || until - over >= quiet;
}

function recent(firings: readonly Firing[], at: number, { within }: FlappingPolicy): number {
  return firings.filter(({ startedAt }) => startedAt > at - within).length;
}

const MARK = "~flapping";

/** How the log names an alert of which it was told that it flaps. */
export function flappingId(fingerprint: string): string {
  return `${fingerprint}${MARK}`;
}

/** The fingerprint that stands in the log, with or without a mark. */
export function withoutMark(id: string): string {
  return id.endsWith(MARK) ? id.slice(0, -MARK.length) : id;
}
