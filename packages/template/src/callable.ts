import type { Callable, ParameterType, ParameterValues, Run, Value } from "./values.ts";

type Values<P extends readonly ParameterType[]> = {
  readonly [K in keyof P]: ParameterValues[P[K]];
};

/** A function with a fixed number of parameters. It reports wrong arguments by throwing FunctionError. */
export function fn<const P extends readonly ParameterType[]>(
  parameters: P,
  call: (args: Values<P>, run: Run) => Value,
): Callable {
  return {
    parameters,
    rest: undefined,
    // The executor has checked the arguments against `parameters`.
    call: (args, run) => call(args as Values<P>, run),
  };
}

/** A function whose last parameter may be given any number of times. */
export function variadic<const P extends readonly ParameterType[], R extends ParameterType>(
  parameters: P,
  rest: R,
  call: (args: Values<P>, more: readonly ParameterValues[R][], run: Run) => Value,
): Callable {
  return {
    parameters,
    rest,
    call: (args, run) =>
      call(
        args.slice(0, parameters.length) as readonly Value[] as Values<P>,
        args.slice(parameters.length) as readonly Value[] as ParameterValues[R][],
        run,
      ),
  };
}
