import { parseError, type PromqlError } from "../errors.ts";
import { type Token, type TokenKind, wordKind } from "./token.ts";

const OPERATORS = ["==", "=~", "!=", "!~", ">=", "<=", "</", ">/", "+", "-", "*", "/", "%", "^"];
const SINGLE_OPERATORS = [...OPERATORS, ">", "<", "="];
const WORD = /[A-Za-z_:][A-Za-z0-9_:]*/y;
const LABEL = /[A-Za-z_][A-Za-z0-9_]*/y;
const DURATION = /(?:\d+(?:ms|[smhdwy]))+(?![A-Za-z0-9_])/y;
const NUMBER = /(?:0[xX][0-9a-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?[\d_]+)?)/y;
const SPACE = /[ \t\n\r]+/y;
const NUMERIC_TAIL = /[A-Za-z0-9_.]*/y;

/**
 * Splits a query into tokens, the last of kind "end". Knows three states, as PromQL does: inside
 * braces words are label names, inside brackets a colon parts a subquery's range from its step,
 * elsewhere a colon belongs to metric names. Throws PromqlError("parse").
 */
export function tokenize(query: string): Token[] {
  return new Lexer(query).run();
}

class Lexer {
  readonly #query: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #parens = 0;
  #braces = false;
  #brackets = false;

  constructor(query: string) {
    this.#query = query;
  }

  run(): Token[] {
    for (;;) {
      this.#skipBlank();
      if (this.#at >= this.#query.length) break;
      if (this.#braces) this.#insideBraces();
      else this.#statement();
    }
    if (this.#braces) throw this.#error("unexpected end of input inside braces");
    if (this.#brackets) throw this.#error("unclosed left bracket");
    if (this.#parens > 0) throw this.#error("unclosed left parenthesis");
    this.#push("end", 0);
    return this.#tokens;
  }

  #skipBlank(): void {
    for (;;) {
      const space = this.#match(SPACE);
      if (space !== undefined) this.#at += space.length;
      else if (this.#query[this.#at] === "#") {
        const end = this.#query.indexOf("\n", this.#at);
        this.#at = end === -1 ? this.#query.length : end;
      } else return;
    }
  }

  #statement(): void {
    const character = this.#query[this.#at] ?? "";
    if (character === '"' || character === "'" || character === "`") return this.#string(character);
    if (/[0-9.]/.test(character)) return this.#number();
    if (this.#punctuation(character)) return undefined;
    const word = this.#match(this.#brackets ? LABEL : WORD);
    if (word !== undefined) return this.#push(wordKind(word), word.length);
    const operator = SINGLE_OPERATORS.find((symbol) => this.#query.startsWith(symbol, this.#at));
    if (operator === undefined || operator === "!~") {
      throw this.#error(`unexpected character: '${this.#codePoint()}'`);
    }
    return this.#push("operator", operator.length);
  }

  /** Takes brackets, commas and the like; false when the character is something else. */
  #punctuation(character: string): boolean {
    switch (character) {
      case "(":
        this.#parens += 1;
        break;
      case ")":
        this.#parens -= 1;
        if (this.#parens < 0) throw this.#error("unexpected right parenthesis ')'");
        break;
      case "{":
        this.#braces = true;
        break;
      case "}":
        throw this.#error("unexpected right brace '}'");
      case "[":
        if (this.#brackets) throw this.#error("unexpected left bracket '['");
        this.#brackets = true;
        break;
      case "]":
        if (!this.#brackets) throw this.#error("unexpected right bracket ']'");
        this.#brackets = false;
        break;
      case ":":
        if (!this.#brackets) return false;
        break;
      case ",":
      case "@":
        break;
      default:
        return false;
    }
    this.#push("punctuation", 1);
    return true;
  }

  #insideBraces(): void {
    const character = this.#query[this.#at] ?? "";
    if (character === '"' || character === "'" || character === "`") return this.#string(character);
    if (character === "{") throw this.#error("unexpected left brace '{'");
    if (character === ",") return this.#push("punctuation", 1);
    if (character === "}") {
      this.#braces = false;
      return this.#push("punctuation", 1);
    }
    const label = this.#match(LABEL);
    if (label !== undefined) return this.#push("identifier", label.length);
    const operator = ["=~", "!=", "!~", "="].find((o) => this.#query.startsWith(o, this.#at));
    if (operator !== undefined) return this.#push("operator", operator.length);
    throw this.#error(`unexpected character inside braces: '${this.#codePoint()}'`);
  }

  #string(quote: string): void {
    let end = this.#at + 1;
    for (;;) {
      const character = this.#query[end];
      if (character === undefined || (character === "\n" && quote !== "`")) {
        const kind = quote === "`" ? "raw string" : "quoted string";
        throw this.#error(`unterminated ${kind}`);
      }
      if (character === quote) break;
      end += character === "\\" && quote !== "`" ? 2 : 1;
    }
    this.#push("string", end + 1 - this.#at);
  }

  #number(): void {
    const duration = this.#match(DURATION);
    if (duration !== undefined) return this.#push("duration", duration.length);
    const number = this.#match(NUMBER) ?? "";
    const tail = this.#match(NUMERIC_TAIL, this.#at + number.length) ?? "";
    if (number === "" || tail !== "") {
      throw this.#error(`bad number or duration syntax: ${JSON.stringify(number + tail)}`);
    }
    return this.#push("number", number.length);
  }

  #push(kind: TokenKind, length: number): void {
    const start = this.#at;
    const end = start + length;
    const text = this.#query.slice(start, end);
    this.#tokens.push({ kind, text, id: text.toLowerCase(), start, end });
    this.#at = end;
  }

  #match(pattern: RegExp, at = this.#at): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.#query)?.[0];
  }

  #codePoint(): string {
    return String.fromCodePoint(this.#query.codePointAt(this.#at) ?? 0);
  }

  #error(message: string): PromqlError {
    return parseError(this.#query, { start: this.#at, end: this.#at + 1 }, message);
  }
}
