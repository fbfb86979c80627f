/**
 * `@seaworthy/sdk/validation/password`: how long a password withstands guessing; wants `@zxcvbn-ts/core`,
 * `-language-common` and `-language-en`.
 */
import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import * as common from "@zxcvbn-ts/language-common";
import * as english from "@zxcvbn-ts/language-en";
import { z } from "zod";
import { knownOptions, type OptionNames } from "../known-options.ts";
import { timesBreached, type BreachListOptions } from "./breach-list.ts";

export { timesBreached, type BreachListOptions } from "./breach-list.ts";

/** Dictionaries of more languages: `{ ...spanish.dictionary }` of `@zxcvbn-ts/language-es-es`, say. */
export type Dictionaries = NonNullable<
  NonNullable<ConstructorParameters<typeof ZxcvbnFactory>[0]>["dictionary"]
>;

export interface PasswordOptions {
  /** Fewest characters. Default: 8. */
  readonly min?: number;
  /** Most bytes in UTF-8. Default: 128; bcrypt takes no more than 72. */
  readonly maxBytes?: number;
  /** zxcvbn's score that is needed, 0 to 4. Default: 3, safe from guessing at 10000 a second. */
  readonly minScore?: 0 | 1 | 2 | 3 | 4;
  /** Words that make it weaker: the product's and the company's names, and the user's own. */
  readonly words?: readonly string[];
  readonly dictionaries?: Dictionaries;
  /** Asks a breach list as well; parse with `parseAsync` then. Default: false. */
  readonly breachList?: boolean | BreachListOptions;
  /** What happens when the breach list does not answer. Default: "accept". */
  readonly onBreachListFailure?: "accept" | "refuse";
}

/**
 * The estimator's time grows steeply with the length and with the ways to read digits as letters: it
 * took 1.2 s for 128 characters made for it, and takes 40 ms with these bounds at the same scores. What
 * 32 characters withstand is beyond every limit; the rest is not looked at.
 */
const maxScored = 32;
const maxSubstitutions = 4;

/** Estimates 0 (guessed at once) to 4. The first call reads the dictionaries, about 0.3 s. */
export type Estimate = (password: string, words: readonly string[]) => number;

let shared: Estimate | undefined;

/** An estimator with English and common passwords, and more dictionaries where given. */
export function estimator(dictionaries?: Dictionaries): Estimate {
  if (dictionaries === undefined && shared !== undefined) return shared;
  const zxcvbn = new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary, ...dictionaries },
    graphs: common.adjacencyGraphs,
    l33tMaxSubstitutions: maxSubstitutions,
  });
  const estimate: Estimate = (password, words) =>
    zxcvbn.check(
      password.slice(0, maxScored),
      words.slice(0, 50).map((word) => word.slice(0, 64)),
    ).score;
  if (dictionaries === undefined) shared = estimate;
  return estimate;
}

const passwordOptionsNames: OptionNames<PasswordOptions> = {
  min: true,
  maxBytes: true,
  minScore: true,
  words: true,
  dictionaries: true,
  breachList: true,
  onBreachListFailure: true,
};

/**
 * A password, as NIST SP 800-63B advises: long enough, not guessable, not known from breaches, and
 * without rules about kinds of characters. Given back in Unicode's composed form, which is what must be
 * hashed. Messages never hold any of it.
 */
export function password(options: PasswordOptions = {}) {
  knownOptions("password", options, passwordOptionsNames);
  const { min = 8, maxBytes = 128, minScore = 3, words = [], breachList = false } = options;
  if (typeof breachList !== "boolean" && (typeof breachList !== "object" || breachList === null))
    throw new Error("password: breachList must be true, false or its options");
  if (typeof breachList === "object")
    knownOptions("password: breachList", breachList, { endpoint: true, timeoutMs: true });
  const accepts = options.onBreachListFailure !== "refuse";
  let estimate: Estimate | undefined;
  const strong = z.string().transform((text, context) => {
    const refuse = (message: string) => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes)
      return refuse(`must have at most ${maxBytes} bytes`);
    const composed = text.normalize("NFC");
    if (Array.from(composed).length < min) return refuse(`must have at least ${min} characters`);
    estimate ??= estimator(options.dictionaries);
    return estimate(composed, words) < minScore ? refuse("is too easy to guess") : composed;
  });
  if (breachList === false) return strong;
  const list = breachList === true ? {} : breachList;
  return strong.refine(
    async (text) => {
      try {
        return (await timesBreached(text, list)) === 0;
      } catch {
        return accepts;
      }
    },
    { message: "is known from a breach" },
  );
}
