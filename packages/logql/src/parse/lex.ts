import { parseError } from "../errors.ts";

export interface Token {
  readonly kind: "string" | "number" | "duration" | "bytes" | "word" | "flag" | "operator" | "end";
  /** The text; of a string, what it means. */
  readonly text: string;
  readonly at: number;
}

const SPACE = /(?:\s+|#[^\n]*)+/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const FLAG = /--[a-z][a-z-]*/y;
const DURATION = /(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h|d|w|y))+(?![A-Za-z0-9_])/y;
const BYTES = /(?:\d+\.?\d*|\.\d+)(?:[kKmMgGtTpP]i?)?[bB](?![A-Za-z0-9_])/y;
const NUMBER = /(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![A-Za-z0-9_])/y;
const OPERATOR = /\|=|\|~|\|>|!=|!~|!>|=~|==|>=|<=|[{}()[\],|=<>+\-*/%^.]/y;

/** A query longer than this was not written by anybody. */
const MAX_LENGTH = 128 * 1024;

/** Cuts a query into tokens, the last of which is the end. Throws LogqlError. */
export function lex(query: string): Token[] {
  if (query.length > MAX_LENGTH) {
    throw parseError(query, 0, `the query is longer than ${MAX_LENGTH} characters`);
  }
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(query)?.[0];
  };
  while (at < query.length) {
    const space = take(SPACE);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const first = query[at] ?? "";
    if (first === '"' || first === "`") {
      const end = stringEnd(query, at);
      tokens.push({ kind: "string", text: unquote(query, at, end), at });
      at = end;
      continue;
    }
    const found = (
      [
        ["flag", FLAG],
        ["duration", DURATION],
        ["bytes", BYTES],
        ["number", NUMBER],
        ["word", WORD],
        ["operator", OPERATOR],
      ] as const
    ).find(([, pattern]) => take(pattern) !== undefined);
    if (found === undefined) {
      throw parseError(query, at, `syntax error: unexpected ${JSON.stringify(first)}`);
    }
    const text = take(found[1]) ?? "";
    tokens.push({ kind: found[0], text, at });
    at += text.length;
  }
  tokens.push({ kind: "end", text: "", at });
  return tokens;
}

function stringEnd(query: string, start: number): number {
  const quote = query[start];
  for (let at = start + 1; at < query.length; at += 1) {
    const char = query[at];
    if (char === quote) return at + 1;
    if (quote === '"' && char === "\\") at += 1;
    else if (quote === '"' && char === "\n") break;
  }
  throw parseError(query, start, "literal not terminated");
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\u000b",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

/** The text of a Go string literal. */
function unquote(query: string, start: number, end: number): string {
  const inner = query.slice(start + 1, end - 1);
  if (query[start] === "`" || !inner.includes("\\")) return inner;
  return inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs,
    (_, x?: string, u?: string, U?: string, octal?: string, one?: string) => {
      if (one !== undefined) {
        const char = ESCAPES[one];
        if (char !== undefined) return char;
        throw parseError(query, start, `invalid char escape \\${one}`);
      }
      const code = Number.parseInt(octal ?? x ?? u ?? U ?? "", octal === undefined ? 16 : 8);
      if (code <= 0x10_ff_ff) return String.fromCodePoint(code);
      throw parseError(query, start, "invalid char escape");
    },
  );
}
