const day = 86_400_000;

/** The two weeks that schedules show: from the midnight before `now`, so that it moves once a day. */
export function twoWeeks(now: number) {
  const start = new Date(now);
  start.setHours(0, 0, 0, 0);
  const from = start.getTime();
  const to = from + 14 * day;
  const asked = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  return { from, to, asked } as const;
}

/** The last days up to the end of today, so that the question changes once a day. */
export function lastDays(now: number, days: number) {
  const end = new Date(now);
  end.setHours(24, 0, 0, 0);
  const to = end.getTime();
  return { from: new Date(to - days * day).toISOString(), to: end.toISOString() } as const;
}

/** Eight weeks from now on: how far ahead turns are swapped. */
export function ahead(now: number) {
  return {
    from: new Date(now).toISOString(),
    to: new Date(now + 56 * day).toISOString(),
  } as const;
}

/** The name of this device's time zone. */
export const hereZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;
