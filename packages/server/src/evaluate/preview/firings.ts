/** When an alert would have fired, in steps of a grid: fires from step `from`, no longer at `to`. */
export interface FiringSteps {
  readonly from: number;
  /** Undefined while it fires still. */
  readonly to: number | undefined;
}

/** What the steps of one alert come to. */
export interface SteppedAlert {
  readonly firings: readonly FiringSteps[];
  /** How often the expression was true, and not for long enough. */
  readonly tooShort: number;
}

/**
 * Goes through an alert's evaluations, `stepMs` apart, as its rule would: pending for `holdFor`, kept for
 * `keepFiringFor`. One pass without making states, since a week has ten thousand steps; the test holds it
 * against the rules' own state machine.
 */
export function firingsOf(
  isTrue: (step: number) => boolean,
  grid: { readonly steps: number; readonly stepMs: number },
  rule: { readonly holdFor: number; readonly keepFiringFor: number },
): SteppedAlert {
  const firings: FiringSteps[] = [];
  let tooShort = 0;
  let activeSince: number | undefined;
  let firingSince: number | undefined;
  let untrueSince: number | undefined;
  for (let step = 0; step < grid.steps; step += 1) {
    if (isTrue(step)) {
      activeSince ??= step;
      untrueSince = undefined;
      if ((step - activeSince) * grid.stepMs >= rule.holdFor) firingSince ??= step;
    } else if (firingSince !== undefined) {
      untrueSince ??= step;
      if ((step - untrueSince) * grid.stepMs < rule.keepFiringFor) continue;
      firings.push({ from: firingSince, to: step });
      activeSince = firingSince = untrueSince = undefined;
    } else if (activeSince !== undefined) {
      tooShort += 1;
      activeSince = undefined;
    }
  }
  if (firingSince !== undefined) firings.push({ from: firingSince, to: undefined });
  return { firings, tooShort };
}
