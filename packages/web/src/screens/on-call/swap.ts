import type { Duty } from "@seaworthy/contract";

/** The turns that begin after `at`, neighbours of one person as one, in order. */
export function turnsAfter(duties: readonly Duty[], at: number): Duty[] {
  const turns: Duty[] = [];
  for (const duty of duties) {
    const last = turns.at(-1);
    if (last?.personId === duty.personId && last.to === duty.from)
      turns[turns.length - 1] = { ...last, to: duty.to };
    else turns.push(duty);
  }
  return turns.filter(({ from }) => Date.parse(from) > at);
}

/** The overrides by which two people exchange their turns. */
export function swapOf(first: Duty, second: Duty) {
  return [
    { personId: second.personId, from: first.from, to: first.to },
    { personId: first.personId, from: second.from, to: second.to },
  ];
}
