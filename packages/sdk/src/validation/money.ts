import { z } from "zod";
import { knownOptions, type OptionNames } from "../known-options.ts";

/** An amount that adds up: whole minor units (cents) of a currency. */
export interface Money {
  /** ISO 4217, such as EUR. */
  readonly currency: string;
  /** 1234 for 12.34 EUR, and for 1234 JPY. A safe integer. */
  readonly minor: number;
}

export interface MoneyOptions {
  /** Currencies taken. Default: all that are in use. */
  readonly currencies?: readonly string[];
  /** Least amount, in minor units. Default: 0. */
  readonly min?: number;
  /** Most, in minor units. Default: 1000000000000. */
  readonly max?: number;
}

const known: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

/**
 * ISO 4217, list one: the currencies whose minor unit is not a hundredth. `Intl` knows how prices are
 * shown instead, and that is without the cents where nobody uses them (COP, HUF, IDR, IQD), and another
 * way with another Node; payment services count as the standard does.
 */
const minorDigits: ReadonlyMap<string, number> = new Map([
  ..."BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
    .split(" ")
    .map((currency) => [currency, 0] as const),
  ..."BHD IQD JOD KWD LYD OMR TND".split(" ").map((currency) => [currency, 3] as const),
  ..."CLF UYW".split(" ").map((currency) => [currency, 4] as const),
]);

const moneyOptionsNames: OptionNames<MoneyOptions> = {
  currencies: true,
  min: true,
  max: true,
};

/**
 * `{ amount: "12.34", currency: "EUR" }`: the amount as a decimal text, or a whole number of major
 * units, since a fraction in binary is not what was meant. More digits than the currency has are
 * refused, not rounded.
 */
export function money(options: MoneyOptions = {}) {
  knownOptions("money", options, moneyOptionsNames);
  const { currencies, min = 0, max = 1_000_000_000_000 } = options;
  return z
    .object({
      amount: z.union([z.string().regex(/^-?\d{1,15}(?:\.\d{1,6})?$/), z.int()]),
      currency: z.string().regex(/^[A-Za-z]{3}$/),
    })
    .transform(({ amount, currency: given }, context): Money => {
      const refuse = (field: "amount" | "currency", message: string): never => {
        context.addIssue({ code: "custom", message, path: [field] });
        return z.NEVER;
      };
      const currency = given.toUpperCase();
      if (!known.has(currency) || currencies?.includes(currency) === false)
        return refuse("currency", "must be a currency that is taken here");
      const digits = minorDigits.get(currency) ?? 2;
      const [, sign = "", whole = "", fraction = ""] =
        /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(amount)) ?? [];
      if (fraction.length > digits)
        return refuse("amount", `must have at most ${digits} digits behind the point`);
      const minor = Number(`${sign}${whole}${fraction.padEnd(digits, "0")}`);
      if (!Number.isSafeInteger(minor)) return refuse("amount", "is too large");
      if (minor < min) return refuse("amount", "is too small");
      if (minor > max) return refuse("amount", "is too large");
      // -0 is what "-0.00" says.
      return { currency, minor: minor === 0 ? 0 : minor };
    });
}
