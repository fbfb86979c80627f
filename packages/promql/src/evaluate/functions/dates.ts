const DAY_MS = 86_400_000;

const PARTS: Readonly<Record<string, (date: Date) => number>> = {
  day_of_month: (date) => date.getUTCDate(),
  day_of_week: (date) => date.getUTCDay(),
  day_of_year: (date) =>
    Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / DAY_MS) + 1,
  days_in_month: (date) =>
    new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  hour: (date) => date.getUTCHours(),
  minute: (date) => date.getUTCMinutes(),
  month: (date) => date.getUTCMonth() + 1,
  year: (date) => date.getUTCFullYear(),
};

/** A function from seconds since the epoch to a part of the date in UTC, by name. */
export function datePart(name: string): ((seconds: number) => number) | undefined {
  const part = PARTS[name];
  return part === undefined ? undefined : (seconds) => part(new Date(Math.trunc(seconds) * 1000));
}
