import { parseError } from "../errors.ts";
import type { LogqlError } from "../errors.ts";
import { parseDuration } from "../units.ts";
import { lex } from "./lex.ts";
import type { Token } from "./lex.ts";

/** Nothing written by hand nests deeper. */
const MAX_DEPTH = 100;

/** Where the parser is in a query. */
export class Cursor {
  readonly query: string;
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;

  constructor(query: string) {
    this.query = query;
    this.#tokens = lex(query);
  }

  /** The token `ahead` of the next. */
  peek(ahead = 0): Token {
    const last = this.#tokens.length - 1;
    return this.#tokens[Math.min(this.#index + ahead, last)] ?? { kind: "end", text: "", at: 0 };
  }

  next(): Token {
    const token = this.peek();
    this.#index += 1;
    return token;
  }

  /** Whether an operator or a word is next. */
  is(...texts: readonly string[]): boolean {
    const { kind, text } = this.peek();
    return (kind === "operator" || kind === "word" || kind === "flag") && texts.includes(text);
  }

  /** Passes over it if it is next. */
  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.#index += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected(`expecting ${text}`);
  }

  word(what: string): string {
    if (this.peek().kind !== "word") throw this.unexpected(`expecting ${what}`);
    return this.next().text;
  }

  string(what: string): string {
    if (this.peek().kind !== "string") throw this.unexpected(`expecting ${what} in quotes`);
    return this.next().text;
  }

  /** A number with its sign. */
  number(): number {
    const negative = this.accept("-");
    if (!negative) this.accept("+");
    if (this.peek().kind !== "number") throw this.unexpected("expecting a number");
    const value = Number(this.next().text);
    return negative ? -value : value;
  }

  /** A duration in ms. */
  duration(): number {
    const negative = this.accept("-");
    const token = this.peek();
    const seconds = token.kind === "duration" ? parseDuration(token.text) : undefined;
    if (seconds === undefined) throw this.unexpected("expecting a duration such as 5m");
    this.next();
    return Math.round(seconds * 1e6) / (negative ? -1e3 : 1e3);
  }

  /** `(a, b)`: names in parentheses. */
  names(): string[] {
    this.expect("(");
    const names: string[] = [];
    while (!this.is(")")) {
      names.push(this.word("a label"));
      if (!this.accept(",")) break;
    }
    this.expect(")");
    return names;
  }

  /** Parses something that may contain its like. */
  nested<T>(work: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) {
      throw this.fault(this.peek().at, `it nests deeper than ${MAX_DEPTH}`);
    }
    const result = work();
    this.#depth -= 1;
    return result;
  }

  unexpected(hint: string): LogqlError {
    const { kind, text, at } = this.peek();
    const what = kind === "end" ? "the end" : kind === "string" ? "a text" : text;
    return this.fault(at, `syntax error: unexpected ${what}, ${hint}`);
  }

  fault(at: number, reason: string): LogqlError {
    return parseError(this.query, at, reason);
  }
}
