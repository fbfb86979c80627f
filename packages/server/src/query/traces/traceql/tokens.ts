import { TraceqlError } from "./ast.ts";

export type Token =
  | { readonly kind: "text"; readonly value: string; readonly at: number }
  | { readonly kind: "number" | "duration"; readonly value: number; readonly at: number }
  /** A word, or a name with its scope: `name`, `span.http.route`, `.http.route`, `trace:id`. */
  | { readonly kind: "word"; readonly value: string; readonly at: number }
  | { readonly kind: "sign"; readonly value: string; readonly at: number }
  | { readonly kind: "end"; readonly value: ""; readonly at: number };

const SPACE = /\s+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const RAW = /`([^`]*)`/y;
const DURATION = /(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d))+(?![\w.])/y;
const NUMBER = /-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w])/y;
const WORD = /[A-Za-z_.](?:[^\s{}()=!<>~|&,;"`^*+/%[\]]|(?<=\.)"(?:[^"\\]|\\.)*")*/y;
const SIGN = /&&|\|\||=~|!~|!=|<=|>=|>>|<<|[{}()=<>!|,~+\-*/%^[\]&]/y;

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
};

/** Cuts a query into its tokens; the last is the end. Throws TraceqlError. */
export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(query)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  while (at < query.length) {
    if (take(SPACE) !== undefined) continue;
    const start = at;
    const text = take(QUOTED) ?? take(RAW);
    if (text !== undefined) {
      tokens.push({ kind: "text", value: unquoted(text, start), at: start });
      continue;
    }
    const duration = take(DURATION);
    if (duration !== undefined) {
      tokens.push({ kind: "duration", value: nanoseconds(duration), at: start });
      continue;
    }
    const number = take(NUMBER);
    if (number !== undefined) {
      tokens.push({ kind: "number", value: Number(number), at: start });
      continue;
    }
    const word = take(WORD);
    if (word !== undefined) {
      tokens.push({ kind: "word", value: word, at: start });
      continue;
    }
    const sign = take(SIGN);
    if (sign === undefined) {
      const rest = query.slice(at, at + 20);
      throw new TraceqlError(
        rest.startsWith('"') || rest.startsWith("`")
          ? "a text that begins here has no end"
          : `${JSON.stringify(rest[0])} means nothing here`,
        at,
      );
    }
    tokens.push({ kind: "sign", value: sign, at: start });
  }
  tokens.push({ kind: "end", value: "", at: query.length });
  return tokens;
}

function nanoseconds(text: string): number {
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/g)) {
    sum += Number(amount) * (UNITS[unit ?? ""] ?? 0);
  }
  return Math.round(sum);
}

/** The text of a literal in quotes of either kind. */
export function unquoted(literal: string, at: number): string {
  if (literal.startsWith("`")) return literal.slice(1, -1);
  try {
    // Go's escapes that JSON does not have are few and not used in practice but for the backslash.
    return JSON.parse(
      literal.replace(/[\n\r\t]/g, (c) => JSON.stringify(c).slice(1, -1)),
    ) as string;
  } catch {
    throw new TraceqlError("this text has an escape that is not known", at);
  }
}
