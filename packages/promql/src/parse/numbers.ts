import { parseDuration } from "../duration.ts";
import { parseError } from "../errors.ts";
import { parseNumber } from "../number.ts";
import type { TokenStream } from "./stream.ts";
import type { Token } from "./token.ts";

/** A number, possibly signed, as modifiers take it. */
export function signedNumber(stream: TokenStream, context: string, expected: string): number {
  const sign = stream.current;
  const signed = sign.kind === "operator" && (sign.id === "-" || sign.id === "+");
  if (signed) stream.advance();
  const token = stream.current;
  if (token.kind !== "number" && token.kind !== "duration") {
    throw stream.unexpected(context, expected);
  }
  stream.advance();
  const value = numberValue(stream, token);
  return signed && sign.id === "-" ? -value : value;
}

/** The value of a number or duration token; a duration counts in seconds. */
export function numberValue(stream: TokenStream, token: Token): number {
  if (token.kind === "duration") {
    try {
      return parseDuration(token.text) / 1000;
    } catch (error) {
      throw parseError(stream.query, token, error instanceof Error ? error.message : String(error));
    }
  }
  const value = parseNumber(token.text);
  if (value === undefined) {
    throw parseError(stream.query, token, `error parsing number: ${JSON.stringify(token.text)}`);
  }
  return value;
}
