import { RE2JS } from "re2js";
import type { Matcher, MatchOperator } from "../../model/index.ts";

/** A matcher expression that cannot be read; the message says where and why. */
export class MatcherSyntaxError extends Error {}

/** A longer expression is a mistake; the bound keeps a hostile API request cheap. */
const MAX_LENGTH = 16_384;
const RESERVED = /[\p{White_Space}{}!=~,\\"'`]/u;

/** What was read, and whether the two syntaxes of Alertmanager disagree about it. */
export interface ParsedMatchers {
  readonly matchers: readonly Matcher[];
  /** Set when the expression is only valid, or means something else, in the classic syntax. */
  readonly warning?: string;
}

/**
 * Reads matchers as Alertmanager does by default: the UTF-8 syntax (names and values quoted or not,
 * optional braces) and the classic one, which wins when both read the text but differently. Throws
 * MatcherSyntaxError when neither can.
 */
export function parseMatchers(text: string): ParsedMatchers {
  if (text.length > MAX_LENGTH)
    throw new MatcherSyntaxError(`matcher is longer than ${MAX_LENGTH} characters`);
  const modern = attempt(() => parseModern(text));
  const classic = attempt(() => parseClassic(text));
  if (modern.matchers === undefined) {
    if (classic.matchers === undefined) throw modern.error;
    return {
      matchers: classic.matchers,
      warning: `matcher ${JSON.stringify(text)} is only valid in the classic syntax; quote its value`,
    };
  }
  if (classic.matchers !== undefined && !sameMatchers(modern.matchers, classic.matchers)) {
    return {
      matchers: classic.matchers,
      warning: `matcher ${JSON.stringify(text)} means something else in the UTF-8 syntax; quote its value`,
    };
  }
  return { matchers: modern.matchers };
}

/** Reads exactly one matcher, as the filters of the API are written. */
export function parseMatcher(text: string): Matcher {
  if (text.startsWith("{") || text.endsWith("}"))
    throw new MatcherSyntaxError(`unexpected brace in matcher ${JSON.stringify(text)}`);
  const { matchers } = parseMatchers(text);
  const [first] = matchers;
  if (first === undefined || matchers.length > 1)
    throw new MatcherSyntaxError(`expected one matcher, found ${matchers.length}`);
  return first;
}

/** Alertmanager's order of matchers, which its group keys depend on: by name, value, operator. */
export function sortMatchers(matchers: readonly Matcher[]): Matcher[] {
  const rank: Record<MatchOperator, number> = { "=": 0, "!=": 1, "=~": 2, "!~": 3 };
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...matchers].sort(
    (a, b) =>
      compare(a.name, b.name) || compare(a.value, b.value) || rank[a.operator] - rank[b.operator],
  );
}

/** A list of matchers in Alertmanager's notation, e.g. `{service="shop",severity=~"P1|P2"}`. */
export function formatMatchers(matchers: readonly Matcher[]): string {
  const one = ({ name, operator, value }: Matcher) =>
    RESERVED.test(name)
      ? `${JSON.stringify(name)}${operator}${JSON.stringify(value)}`
      : `${name}${operator}"${value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')}"`;
  return `{${matchers.map(one).join(",")}}`;
}

type Attempt =
  | { readonly matchers: readonly Matcher[]; readonly error?: undefined }
  | { readonly matchers?: undefined; readonly error: MatcherSyntaxError };

function attempt(parse: () => readonly Matcher[]): Attempt {
  try {
    return { matchers: parse() };
  } catch (error) {
    if (error instanceof MatcherSyntaxError) return { error };
    throw error;
  }
}

function sameMatchers(a: readonly Matcher[], b: readonly Matcher[]): boolean {
  const key = (m: Matcher) => JSON.stringify([m.name, m.operator, m.value]);
  return a.length === b.length && a.every((m, i) => key(m) === key(b[i] as Matcher));
}

function newMatcher(name: string, operator: MatchOperator, value: string): Matcher {
  if (operator === "=~" || operator === "!~") {
    try {
      RE2JS.compile(value);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new MatcherSyntaxError(`bad regular expression ${JSON.stringify(value)}: ${reason}`);
    }
  }
  return { name, operator, value };
}

type Token =
  | { readonly kind: "{" | "}" | "," | "end"; readonly at: number }
  | { readonly kind: "operator"; readonly at: number; readonly operator: MatchOperator }
  | { readonly kind: "word"; readonly at: number; readonly text: string };

/** The UTF-8 syntax: `{name="value", "other name"!~unquoted}`; braces and a last comma are optional. */
function parseModern(input: string): Matcher[] {
  const tokens = tokenize(input);
  let next = 0;
  const peek = () => tokens[next] as Token;
  const take = () => tokens[next++] as Token;
  const matchers: Matcher[] = [];
  const fail = (token: Token, wanted: string): never => {
    throw new MatcherSyntaxError(
      `at ${token.at + 1}: expected ${wanted} in ${JSON.stringify(input)}`,
    );
  };

  const open = peek().kind === "{";
  if (open) take();
  if (peek().kind !== "end" || open) {
    while (peek().kind !== "}" && peek().kind !== "end") {
      const name = take();
      if (name.kind !== "word") return fail(name, "a label name");
      const operator = take();
      if (operator.kind !== "operator") return fail(operator, "one of = != =~ !~");
      const value = take();
      if (value.kind !== "word") return fail(value, "a label value");
      matchers.push(newMatcher(name.text, operator.operator, value.text));
      if (peek().kind !== ",") break;
      take();
    }
    if (open && take().kind !== "}") {
      next -= 1;
      fail(peek(), "a closing brace");
    }
  }
  if (peek().kind !== "end") fail(peek(), open ? "the end" : "a comma or the end");
  return matchers;
}

function tokenize(input: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < input.length) {
    const char = String.fromCodePoint(input.codePointAt(at) as number);
    if (/\p{White_Space}/u.test(char)) {
      at += char.length;
    } else if (char === "{" || char === "}" || char === ",") {
      tokens.push({ kind: char, at });
      at += 1;
    } else if (char === "=" || char === "!") {
      const operator = /^(?:=~|=|!=|!~)/.exec(input.slice(at, at + 2))?.[0] as
        | MatchOperator
        | undefined;
      if (operator === undefined)
        throw new MatcherSyntaxError(`at ${at + 1}: expected = or ~ after !`);
      tokens.push({ kind: "operator", at, operator });
      at += operator.length;
    } else if (char === '"') {
      const quoted = /^"(?:[^"\\]|\\.)*"/s.exec(input.slice(at))?.[0];
      if (quoted === undefined) throw new MatcherSyntaxError(`at ${at + 1}: missing end quote`);
      tokens.push({ kind: "word", at, text: unquote(quoted, at) });
      at += quoted.length;
    } else if (!RESERVED.test(char)) {
      const word = /^[^\p{White_Space}{}!=~,\\"'`]+/u.exec(input.slice(at))?.[0] as string;
      tokens.push({ kind: "word", at, text: word });
      at += word.length;
    } else {
      throw new MatcherSyntaxError(`at ${at + 1}: ${JSON.stringify(char)} must be quoted`);
    }
  }
  tokens.push({ kind: "end", at: input.length });
  return tokens;
}

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  '"': 34,
};

/** Undoes Go's double-quoted string syntax, byte escapes included. */
function unquote(quoted: string, at: number): string {
  const bytes: Buffer[] = [];
  const pattern =
    /\\x([\da-fA-F]{2})|\\([0-7]{3})|\\u([\da-fA-F]{4})|\\U([\da-fA-F]{8})|\\([abfnrtv\\"])|([^\\\n]+)/gy;
  const body = quoted.slice(1, -1);
  let end = 0;
  for (let m = pattern.exec(body); m !== null; m = pattern.exec(body)) {
    const [, hex, octal, short, long, escape, plain] = m;
    const byte = hex ?? octal;
    const code = Number.parseInt(short ?? long ?? "0", 16);
    if (plain !== undefined) bytes.push(Buffer.from(plain));
    else if (escape !== undefined) bytes.push(Buffer.from([ESCAPES[escape] as number]));
    else if (byte !== undefined) {
      const value = Number.parseInt(byte, hex === undefined ? 8 : 16);
      if (value > 255) break;
      bytes.push(Buffer.from([value]));
    } else if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) break;
    else bytes.push(Buffer.from(String.fromCodePoint(code)));
    end = pattern.lastIndex;
  }
  if (end !== body.length) throw new MatcherSyntaxError(`at ${at + 1}: ${quoted} has a bad escape`);
  return Buffer.concat(bytes).toString("utf8");
}

/** The classic syntax: Prometheus label names, values quoted or not, `\"`, `\\` and `\n` escapes. */
function parseClassic(input: string): Matcher[] {
  const text = input.replace(/^\{/, "").replace(/\}$/, "");
  const parts: string[] = [];
  let part = "";
  let quoted = false;
  let escaped = false;
  for (const char of text) {
    if (char === "," && !quoted) {
      parts.push(part);
      part = "";
      continue;
    }
    if (char === '"') {
      if (escaped) escaped = false;
      else quoted = !quoted;
    } else escaped = char === "\\" && !escaped;
    part += char;
  }
  if (part.trim() !== "") parts.push(part.trim());
  return parts.map(parseClassicOne);
}

const CLASSIC = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*(.*?)\s*$/s;

function parseClassicOne(text: string): Matcher {
  const match = CLASSIC.exec(text);
  if (match === null) throw new MatcherSyntaxError(`bad matcher ${JSON.stringify(text)}`);
  const [, name, operator, raw] = match as unknown as [string, string, MatchOperator, string];
  const opened = raw.startsWith('"');
  const body = opened ? raw.slice(1) : raw;
  let value = "";
  let closed = false;
  for (let i = 0; i < body.length; i += 1) {
    const char = body[i] as string;
    if (char === "\\" && i < body.length - 1) {
      const next = body[(i += 1)] as string;
      if (next === "n") value += "\n";
      else value += next === '"' || next === "\\" ? next : `\\${next}`;
    } else if (char === '"') {
      if (!opened || i < body.length - 1)
        throw new MatcherSyntaxError(`unescaped quote in ${JSON.stringify(text)}`);
      closed = true;
    } else value += char;
  }
  if (opened && !closed)
    throw new MatcherSyntaxError(`missing end quote in ${JSON.stringify(text)}`);
  return newMatcher(name, operator, value);
}
