import { z } from "zod";

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

/** How many digits a currency's amounts have behind the point. */
function minorDigits(currency: string): number {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.resolvedOptions().maximumFractionDigits ?? 2;
}

/**
 * `{ amount: "12.34", currency: "EUR" }`: the amount as a decimal text, or a whole number of major
 * units, since a fraction in binary is not what was meant. More digits than the currency has are
 * refused, not rounded.
 */
export function money(options: MoneyOptions = {}) {
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
      const digits = minorDigits(currency);
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
