import { z } from "zod";
import { knownOptions, type OptionNames } from "../known-options.ts";

export interface PaginationOptions {
  /** Default: 20. */
  readonly defaultLimit?: number;
  /** Default: 100. */
  readonly maxLimit?: number;
  /** Databases read and throw away what an offset skips; this bounds it. Default: 1000. */
  readonly maxPage?: number;
}

const digits = /^\d{1,9}$/;

/** Whole numbers as numbers, or as the texts that queries hold. Nothing else counts as a number. */
function wholeNumber(min: number, max: number) {
  return z
    .union([z.number(), z.string().regex(digits).transform(Number)])
    .pipe(z.int().min(min).max(max));
}

const paginationOptionsNames: OptionNames<PaginationOptions> = {
  defaultLimit: true,
  maxLimit: true,
  maxPage: true,
};

/**
 * `limit` with `page` (from 1), or with `cursor`, as queries hold them: gives `limit`, and `page` with
 * its `offset`, or `cursor`. Both at once are refused.
 */
export function pagination(options: PaginationOptions = {}) {
  knownOptions("pagination", options, paginationOptionsNames);
  const { defaultLimit = 20, maxLimit = 100, maxPage = 1_000 } = options;
  return z
    .object({
      limit: wholeNumber(1, maxLimit).default(Math.min(defaultLimit, maxLimit)),
      page: wholeNumber(1, maxPage).optional(),
      cursor: z
        .string()
        .max(512)
        .regex(/^[A-Za-z0-9_=.~-]+$/)
        .optional(),
    })
    .transform(({ limit, page, cursor }, context) => {
      if (cursor === undefined) {
        const current = page ?? 1;
        return { limit, page: current, offset: (current - 1) * limit };
      }
      if (page === undefined) return { limit, cursor };
      context.addIssue({ code: "custom", message: "give page or cursor", path: ["cursor"] });
      return z.NEVER;
    });
}
