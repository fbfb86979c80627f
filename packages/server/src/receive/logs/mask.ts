import { RE2JS } from "re2js";

/** One kind of secret or personal data, and how it is found. */
interface Rule {
  readonly name: string;
  /** A cheap look: whether the text can hold any. */
  readonly suspects: (text: string) => boolean;
  /** Replaces every find by what `put` answers for it. */
  readonly replace: (text: string, put: () => string) => string;
}

const CARD = /(?<![\d.])[3-6]\d{3}(?:[ -]?\d){9,15}(?![\d.]*\d)/g;
const EMAIL = /[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}\b/g;
const AUTHORIZATION =
  /\b((?:proxy-)?authorization\\?["']?\s*[:=]\s*\\?["']?)(?:(?:Bearer|Basic|Digest|Token|ApiKey|AWS4-HMAC-SHA256)\s+)?[^\s"',;\\][^"'\r\n\\,;]{0,4000}/gi;
const BEARER = /\b(Bearer\s+)[A-Za-z0-9._~+/-]{12,}=*/g;
const TOKEN =
  /\b(?:eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|[srp]k_(?:live|test)_[A-Za-z0-9]{10,}|sk-[A-Za-z0-9_-]{20,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[A-Za-z0-9_-]{30,}|npm_[A-Za-z0-9]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?)/g;
const TOKEN_SIGN =
  /eyJ|gh[pousr]_|github_pat_|glpat-|xox|[srp]k_|sk-|AKIA|ASIA|AIza|npm_|SG\.|PRIVATE KEY/;
const SECRET =
  /((?:password|passwd|pwd|secret|client_secret|api[_-]?key|access[_-]?token|refresh[_-]?token|private[_-]?key)\\?["']?\s*[:=]\s*)(?:\\?"(?:[^"\\]|\\[^"])*\\?"|'[^']*'|[^\s"',;&})\]]+)/gi;
const SECRET_SIGN = /passw|pwd|secret|api[_-]?key|_token|-token|Token|private[_-]?key/i;

const BUILT_IN: readonly Rule[] = [
  {
    name: "authorization",
    suspects: (text) => /uthorization|UTHORIZATION|Bearer /.test(text),
    replace: (text, put) =>
      text
        .replace(AUTHORIZATION, (_, before: string) => before + put())
        .replace(BEARER, (_, before: string) => before + put()),
  },
  {
    name: "token",
    suspects: (text) => TOKEN_SIGN.test(text),
    replace: (text, put) => text.replace(TOKEN, () => put()),
  },
  {
    name: "secret",
    suspects: (text) => SECRET_SIGN.test(text),
    replace: (text, put) =>
      text.replace(SECRET, (whole, before: string) => {
        const quote = /^(?:\\?"|')/.exec(whole.slice(before.length))?.[0] ?? "";
        return before + quote + put() + quote;
      }),
  },
  {
    name: "card",
    suspects: (text) => /\d(?:[ -]?\d){12}/.test(text),
    replace: (text, put) => text.replace(CARD, (found) => (isCard(found) ? put() : found)),
  },
  {
    name: "email",
    suspects: (text) => text.includes("@"),
    replace: (text, put) => text.replace(EMAIL, () => put()),
  },
];

/** Names of the rules that are built in. */
export const MASK_RULES: readonly string[] = BUILT_IN.map(({ name }) => name);

export interface MaskOptions {
  /** Built-in rules that are not wanted. */
  readonly without?: readonly string[];
  /** Further rules: RE2 expressions by name; whatever matches is masked. */
  readonly patterns?: Readonly<Record<string, string>>;
  /** Told how many finds of a rule were masked. */
  readonly masked: (rule: string, count: number) => void;
}

/**
 * Makes the function that takes secrets and personal data out of texts. Each find becomes
 * `<masked:RULE>`. Masking errs on the side of taking too much: what was stored cannot be taken back.
 * Throws RE2JS's syntax error for a pattern that is none.
 */
export function createMask({ without = [], patterns = {}, masked }: MaskOptions) {
  const rules = BUILT_IN.filter(({ name }) => !without.includes(name));
  for (const [name, source] of Object.entries(patterns)) {
    const pattern = RE2JS.compile(source);
    rules.push({
      name,
      suspects: (text) => pattern.matcher(text).find(),
      replace: (text, put) => replaceAll(pattern, text, put),
    });
  }
  return (text: string): string => {
    let result = text;
    for (const { name, suspects, replace } of rules) {
      if (!suspects(result)) continue;
      let count = 0;
      result = replace(result, () => {
        count += 1;
        return `<masked:${name}>`;
      });
      if (count > 0) masked(name, count);
    }
    return result;
  };
}

export type Mask = ReturnType<typeof createMask>;

function replaceAll(pattern: RE2JS, text: string, put: () => string): string {
  const matcher = pattern.matcher(text);
  let result = "";
  let at = 0;
  while (matcher.find()) {
    if (matcher.end() === matcher.start()) continue;
    result += text.slice(at, matcher.start()) + put();
    at = matcher.end();
  }
  return result + text.slice(at);
}

/** The lengths that the large networks issue, by their first digits (ISO/IEC 7812). */
const ISSUERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^5[1-5]/, [16]],
  [/^3[47]/, [15]],
  [/^3(?:0[0-5]|[689])/, [14, 16]],
  [/^35/, [16]],
  [/^6(?:011|4[4-9]|5)/, [16, 19]],
  [/^(?:50|5[6-9]|6)/, [13, 15, 16, 18, 19]],
];

function isCard(found: string): boolean {
  const digits = found.replace(/\D/g, "");
  const issued = ISSUERS.some(
    ([front, lengths]) => front.test(digits) && lengths.includes(digits.length),
  );
  return issued && luhn(digits);
}

/** The check digit of ISO/IEC 7812-1. */
function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    let digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    if (i % 2 === 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0;
}
