import fc from "fast-check";

/** A parser of outside bytes with what to throw at it. */
export interface FuzzTarget {
  /** Runs for so many milliseconds; throws with the input that broke it. */
  run(ms: number): Promise<void>;
}

/** A target that checks one input after the other. */
export function target<T>(
  arbitrary: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
): FuzzTarget {
  return {
    run: async (ms) => {
      await fc.assert(fc.asyncProperty(arbitrary, check), {
        numRuns: 2 ** 31 - 1,
        interruptAfterTimeLimit: ms,
        // Interrupted before the first input is interrupted, too.
        markInterruptAsFailure: false,
      });
    },
  };
}
