/** `@seaworthy/sdk/validation/phone`: phone numbers of all countries; wants `libphonenumber-js`. */
import { parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/max";
import { z } from "zod";
import { knownOptions, type OptionNames } from "../known-options.ts";

export interface PhoneOptions {
  /** The country that a number without +… is of. Default: none, numbers must begin with +. */
  readonly country?: CountryCode;
  /** Countries taken. Default: all. */
  readonly countries?: readonly CountryCode[];
  /** Whether only numbers that can be mobile are taken. Default: false. */
  readonly mobile?: boolean;
}

const maxLength = 40;

const phoneOptionsNames: OptionNames<PhoneOptions> = {
  country: true,
  countries: true,
  mobile: true,
};

/**
 * A phone number as people write it, given back in E.164 (`+5491123456789`). It is checked against the
 * country's numbering plan, not dialled.
 */
export function phone(options: PhoneOptions = {}) {
  knownOptions("phone", options, phoneOptionsNames);
  const { country, countries, mobile = false } = options;
  return z.string().transform((text, context): string => {
    const refuse = (message: string) => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    const number =
      text.length > maxLength
        ? undefined
        : parsePhoneNumberFromString(text.trim(), {
            extract: false,
            ...(country === undefined ? {} : { defaultCountry: country }),
          });
    if (number?.isValid() !== true || number.ext !== undefined)
      return refuse("must be a phone number");
    if (countries !== undefined && !countries.some((each) => each === number.country))
      return refuse("must be of a country that is taken here");
    const type = number.getType();
    if (mobile && type !== "MOBILE" && type !== "FIXED_LINE_OR_MOBILE")
      return refuse("must be a mobile number");
    return number.number;
  });
}
