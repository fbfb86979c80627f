/** When an action is due, or that it is late or done; `now` in milliseconds. */
export function dueInWords(
  { dueOn, doneAt }: { readonly dueOn: string | null; readonly doneAt: string | null },
  now: number,
): string {
  if (doneAt !== null) return "done";
  if (dueOn === null) return "no date";
  return dueOn < new Date(now).toISOString().slice(0, 10)
    ? `overdue since ${dueOn}`
    : `due ${dueOn}`;
}
