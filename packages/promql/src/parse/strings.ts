import { decodeBytes } from "../quote.ts";

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};
const ESCAPE = /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{3})|([\s\S]?))/gu;

/**
 * The text of a PromQL string literal: double or single quotes with Go's escapes, backquotes
 * without any. undefined when an escape is not a valid one.
 */
export function unquote(literal: string): string | undefined {
  const quote = literal[0] ?? "";
  const body = literal.slice(1, -1);
  if (quote === "`") return body;
  if (!body.includes("\\")) return body;
  return /\\(?:x[89A-Fa-f]|[23])/.test(body) ? unquoteBytes(body, quote) : unescape(body, quote);
}

function unescape(body: string, quote: string): string | undefined {
  let valid = true;
  const text = body.replace(
    ESCAPE,
    (_, hex?: string, short?: string, long?: string, octal?: string, simple?: string) => {
      const digits = hex ?? short ?? long;
      const code =
        digits === undefined ? Number.parseInt(octal ?? "", 8) : Number.parseInt(digits, 16);
      if (simple === undefined) {
        if (code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000))
          return String.fromCodePoint(code);
      } else if (!((simple === "'" || simple === '"') && simple !== quote)) {
        const plain = SIMPLE_ESCAPES[simple];
        if (plain !== undefined) return plain;
      }
      valid = false;
      return "";
    },
  );
  return valid ? text : undefined;
}

/** Escapes of bytes above 0x7f spell UTF-8 one byte at a time, so the bytes are gathered first. */
function unquoteBytes(body: string, quote: string): string | undefined {
  const bytes: number[] = [];
  let rest = 0;
  const encoder = new TextEncoder();
  for (const match of body.matchAll(/\\(?:x([0-9A-Fa-f]{2})|([0-7]{3}))/g)) {
    const between = unescape(body.slice(rest, match.index), quote);
    if (between === undefined) return undefined;
    bytes.push(...encoder.encode(between));
    const code =
      match[1] === undefined ? Number.parseInt(match[2] ?? "", 8) : Number.parseInt(match[1], 16);
    if (code > 255) return undefined;
    bytes.push(code);
    rest = match.index + match[0].length;
  }
  const tail = unescape(body.slice(rest), quote);
  if (tail === undefined) return undefined;
  bytes.push(...encoder.encode(tail));
  return decodeBytes(Uint8Array.from(bytes));
}
