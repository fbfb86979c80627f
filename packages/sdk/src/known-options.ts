/** The names of all options, which the compiler keeps complete. */
export type OptionNames<Options> = { readonly [name in keyof Required<Options>]: true };

/**
 * Refuses options that there are none of: a misspelt one would be ignored, and what it was to forbid
 * allowed. For what is made when an application starts, and throws when it is made wrongly.
 *
 * @throws an Error that names the option, and those that there are.
 */
export function knownOptions<Options extends object>(
  what: string,
  options: Options,
  names: OptionNames<Options>,
): void {
  if (typeof options !== "object" || options === null)
    throw new Error(`${what}: the options must be an object`);
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !Object.hasOwn(names, name))
      throw new Error(
        `${what}: there is no option ${JSON.stringify(name)}; there are ${Object.keys(names).join(", ")}`,
      );
}

/** {@link knownOptions} for what must not throw: the error's message is told. */
export function tellUnknownOptions<Options extends object>(
  what: string,
  options: Options,
  names: OptionNames<Options>,
  tell: (problem: string) => void,
): void {
  try {
    knownOptions(what, options, names);
  } catch (error) {
    tell((error as Error).message);
  }
}

/** Reads an option, or takes its default for one that does not fit, of which `wrong` is told. */
export function optionReader<Options extends object>(
  options: Options,
  wrong: (name: keyof Options, otherwise: unknown) => void,
) {
  return <T>(name: keyof Options, fits: (value: unknown) => boolean, otherwise: T): T => {
    const value: unknown = options[name];
    if (value === undefined || fits(value)) return (value ?? otherwise) as T;
    wrong(name, otherwise);
    return otherwise;
  };
}
