import { z } from "zod";

/** `runbooks` in seaworthy.yml: the user's own. */
export const runbooksSchema = z
  .strictObject({
    folder: z.string().min(1).optional(),
  })
  .prefault({});

/** Where runbooks are read from. */
export interface RunbooksConfig {
  /** Those that are shipped. */
  readonly defaults: string;
  readonly folder: string | undefined;
}

/** The settings with the folder made absolute by `beside`. */
export function readRunbooks(
  { folder }: z.output<typeof runbooksSchema>,
  defaults: string,
  beside: (path: string) => string,
): RunbooksConfig {
  return { defaults, folder: folder === undefined ? undefined : beside(folder) };
}
