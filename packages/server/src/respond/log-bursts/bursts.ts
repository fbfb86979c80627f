/** Minutes before one in which what is usual is looked for. */
export const BEFORE = 60;
/** As many lines in a minute may be the beginning of a burst. */
const LEAST = 20;
/** So many times what is usual is a burst. */
const RISE = 5;
/** Minutes without a rise after which a burst is over. */
export const CALM = 3;

/** A time in which a service wrote far more error lines than it usually does; minutes by their index. */
export interface Burst {
  readonly first: number;
  readonly last: number;
  readonly lines: number;
  /** Lines a minute in the hour before. */
  readonly usual: number;
  /** Whether it has been calm since. */
  readonly isOver: boolean;
}

/**
 * The bursts in error lines that are counted by the minute, from minute `BEFORE` on: a burst begins with a
 * minute of 20 lines that are 5 times the mean of the hour before, and ends with the last such minute that
 * 3 others follow. Minutes of earlier bursts are no part of what is usual.
 * Minutes from `whole` on are not complete yet: what is missing in them is no calm.
 */
export function burstsOf(counts: readonly number[], whole: number): readonly Burst[] {
  const found: Burst[] = [];
  const isLoud = (count: number, usual: number) => count >= LEAST && count >= RISE * usual;

  function usualBefore(minute: number): number {
    let [lines, minutes] = [0, 0];
    for (let i = minute - BEFORE; i < minute; i += 1) {
      if (found.some(({ first, last }) => i >= first && i <= last)) continue;
      lines += counts[i] ?? 0;
      minutes += 1;
    }
    // There is always one: a burst begins after minutes of calm.
    return lines / minutes;
  }

  let minute = BEFORE;
  while (minute < counts.length) {
    if ((counts[minute] ?? 0) < LEAST) {
      minute += 1;
      continue;
    }
    const usual = usualBefore(minute);
    if (!isLoud(counts[minute] ?? 0, usual)) {
      minute += 1;
      continue;
    }
    const first = minute;
    let last = minute;
    while (minute < counts.length && minute - last <= CALM) {
      if (isLoud(counts[minute] ?? 0, usual)) last = minute;
      minute += 1;
    }
    const lines = counts.slice(first, last + 1).reduce((sum, count) => sum + count, 0);
    found.push({ first, last, lines, usual, isOver: last + CALM < whole });
  }
  return found;
}

const exact = new Intl.NumberFormat("en-US");
const about = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 2 });
/** Of a line's shape, characters. */
const SHAPE = 200;

/** A burst in a sentence. `shape`: what its lines look like, where that is known. */
export function burstInWords(
  service: string,
  { first, last, lines, usual }: Burst,
  shape: string | null,
): string {
  const minutes = last - first + 1;
  const span = minutes === 1 ? "a minute" : `${minutes} minutes`;
  const times = about.format(lines / minutes / usual);
  const compared =
    usual === 0
      ? "usually there are none"
      : `${times} times the usual ${about.format(usual)} a minute`;
  const told = shape === null ? "" : `; most often “${cut(shape)}”`;
  return `Burst of error lines of ${service}: ${exact.format(lines)} in ${span}, ${compared}${told}`;
}

function cut(shape: string): string {
  const characters = Array.from(shape.replaceAll(/\s+/g, " ").trim());
  return characters.length <= SHAPE
    ? characters.join("")
    : `${characters.slice(0, SHAPE - 1).join("")}…`;
}
