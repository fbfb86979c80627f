/** The kinds of token inside and outside of actions (text/template/parse). */
export type TokenKind =
  | "error"
  | "bool"
  | "char"
  | "character constant"
  | "assign"
  | "declare"
  | "eof"
  | "field"
  | "identifier"
  | "left delimiter"
  | "left paren"
  | "number"
  | "pipe"
  | "raw string"
  | "right delimiter"
  | "right paren"
  | "space"
  | "string"
  | "text"
  | "variable"
  | "dot"
  | Keyword;

export type Keyword =
  | "block"
  | "break"
  | "continue"
  | "define"
  | "else"
  | "end"
  | "if"
  | "nil"
  | "range"
  | "template"
  | "with";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offset into the source, in UTF-16 units. */
  readonly at: number;
  /** The line on which the token starts, from 1. */
  readonly line: number;
}

const KEYWORDS: ReadonlySet<string> = new Set<Keyword>([
  "block",
  "break",
  "continue",
  "define",
  "else",
  "end",
  "if",
  "nil",
  "range",
  "template",
  "with",
]);

const LEFT = "{{";
const RIGHT = "}}";
/** A trim marker is a minus and one white space. */
const MARKER = 2;

/** Cuts a template's text into tokens. After an error token no more tokens follow. */
export function lex(source: string): Token[] {
  return new Lexer(source).run();
}

export function isKeyword(kind: TokenKind): kind is Keyword {
  return KEYWORDS.has(kind);
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #start = 0;
  #line = 1;
  #startLine = 1;
  #parens = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Token[] {
    try {
      for (;;) {
        const found = this.#text();
        if (found === "end") break;
        if (found === "action") while (this.#action());
      }
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      this.#tokens.push({
        kind: "error",
        text: error.reason,
        at: this.#start,
        line: this.#startLine,
      });
    }
    return this.#tokens;
  }

  /** Text up to the next action or comment; answers what follows. A comment is consumed as well. */
  #text(): "end" | "action" | "comment" {
    const source = this.#source;
    const open = source.indexOf(LEFT, this.#at);
    if (open < 0) {
      this.#at = source.length;
      if (this.#at > this.#start) this.#emit("text");
      this.#emit("eof");
      return "end";
    }
    const trim = this.#isLeftMarker(open + LEFT.length);
    let end = open;
    if (trim) while (end > this.#start && isSpace(source[end - 1])) end -= 1;
    this.#at = end;
    if (end > this.#start) this.#emit("text");
    this.#at = open;
    this.#ignore();
    const inside = open + LEFT.length + (trim ? MARKER : 0);
    if (source.startsWith("/*", inside)) {
      this.#comment(inside);
      return "comment";
    }
    this.#at = open + LEFT.length;
    this.#emit("left delimiter");
    this.#at = inside;
    this.#ignore();
    this.#parens = 0;
    return "action";
  }

  #comment(inside: number): void {
    const end = this.#source.indexOf("*/", inside);
    if (end < 0) this.#fail("unclosed comment");
    this.#at = end + 2;
    const close = this.#rightDelimiter();
    if (close === undefined) this.#fail("comment ends before closing delimiter");
    this.#at = close.end;
    if (close.trim) this.#skipSpace();
    this.#ignore();
  }

  /** One token inside an action; false once the action is closed. */
  #action(): boolean {
    const source = this.#source;
    const close = this.#rightDelimiter();
    if (close !== undefined) {
      if (this.#parens > 0) this.#fail("unclosed left paren");
      this.#at = close.end - RIGHT.length;
      this.#ignore();
      this.#at = close.end;
      this.#emit("right delimiter");
      if (close.trim) this.#skipSpace();
      this.#ignore();
      return false;
    }
    if (this.#at >= source.length) this.#fail("unclosed action");
    const char = this.#next();
    switch (char) {
      case " ":
      case "\t":
      case "\r":
      case "\n":
        // A space before `-}}` belongs to the trim marker.
        while (isSpace(source[this.#at]) && this.#rightDelimiter() === undefined) this.#at += 1;
        this.#emit("space");
        return true;
      case "=":
        this.#emit("assign");
        return true;
      case ":":
        if (source[this.#at] !== "=") this.#fail("expected :=");
        this.#at += 1;
        this.#emit("declare");
        return true;
      case "|":
        this.#emit("pipe");
        return true;
      case '"':
        this.#quoted('"', "string", "unterminated quoted string");
        return true;
      case "'":
        this.#quoted("'", "character constant", "unterminated character constant");
        return true;
      case "`": {
        const end = source.indexOf("`", this.#at);
        if (end < 0) this.#fail("unterminated raw quoted string");
        this.#at = end + 1;
        this.#emit("raw string");
        return true;
      }
      case "(":
        this.#parens += 1;
        this.#emit("left paren");
        return true;
      case ")":
        this.#parens -= 1;
        this.#emit("right paren");
        if (this.#parens < 0) this.#fail("unexpected right paren");
        return true;
      case "$":
        this.#fieldOrVariable("variable");
        return true;
      case ".":
        if (!isDigit(source[this.#at])) {
          this.#fieldOrVariable("field");
          return true;
        }
        this.#number();
        return true;
      case "+":
      case "-":
        this.#number();
        return true;
      default:
        if (isDigit(char)) this.#number();
        else if (isAlphanumeric(char)) this.#identifier();
        else if (char >= "!" && char <= "~") this.#emit("char");
        else this.#fail(`unrecognized character in action: ${describe(char)}`);
        return true;
    }
  }

  #identifier(): void {
    this.#alphanumerics();
    const word = this.#source.slice(this.#start, this.#at);
    if (!this.#atTerminator()) this.#fail(`bad character ${describe(this.#peek())}`);
    if (KEYWORDS.has(word)) this.#emit(word as Keyword);
    else if (word === "true" || word === "false") this.#emit("bool");
    else this.#emit("identifier");
  }

  #fieldOrVariable(kind: "field" | "variable"): void {
    if (this.#atTerminator()) {
      this.#emit(kind === "variable" ? "variable" : "dot");
      return;
    }
    this.#alphanumerics();
    if (!this.#atTerminator()) this.#fail(`bad character ${describe(this.#peek())}`);
    this.#emit(kind);
  }

  #number(): void {
    // The first character is consumed; take the longest thing that can be a number and judge it once.
    const pattern =
      /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
    pattern.lastIndex = this.#start;
    this.#at = Math.max(this.#at, this.#start + (pattern.exec(this.#source)?.[0].length ?? 0));
    if (isAlphanumeric(this.#peek())) {
      this.#next();
      this.#fail(`bad number syntax: ${quoteToken(this.#source.slice(this.#start, this.#at))}`);
    }
    this.#emit("number");
  }

  #quoted(quote: string, kind: "string" | "character constant", unterminated: string): void {
    for (;;) {
      const char = this.#source[this.#at];
      if (char === undefined || char === "\n") this.#fail(unterminated);
      this.#at += 1;
      if (char === "\\") {
        const escaped = this.#source[this.#at];
        if (escaped === undefined || escaped === "\n") this.#fail(unterminated);
        this.#at += 1;
      } else if (char === quote) {
        this.#emit(kind);
        return;
      }
    }
  }

  #alphanumerics(): void {
    while (isAlphanumeric(this.#peek())) this.#next();
  }

  #atTerminator(): boolean {
    const char = this.#source[this.#at];
    if (char === undefined || isSpace(char) || ".,|:()".includes(char)) return true;
    return this.#source.startsWith(RIGHT, this.#at);
  }

  /** Whether the action ends here, where its end is, and whether it trims the text that follows. */
  #rightDelimiter(): { readonly end: number; readonly trim: boolean } | undefined {
    const source = this.#source;
    if (isSpace(source[this.#at]) && source[this.#at + 1] === "-") {
      const end = this.#at + MARKER;
      if (source.startsWith(RIGHT, end)) return { end: end + RIGHT.length, trim: true };
    }
    if (source.startsWith(RIGHT, this.#at)) return { end: this.#at + RIGHT.length, trim: false };
    return undefined;
  }

  #isLeftMarker(at: number): boolean {
    return this.#source[at] === "-" && isSpace(this.#source[at + 1]);
  }

  #skipSpace(): void {
    while (isSpace(this.#source[this.#at])) this.#at += 1;
  }

  /** The character (not the UTF-16 unit) at the cursor. */
  #peek(): string {
    const code = this.#source.codePointAt(this.#at);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  #next(): string {
    const char = this.#peek();
    this.#at += char.length;
    return char;
  }

  #emit(kind: TokenKind): void {
    const text = this.#source.slice(this.#start, this.#at);
    this.#tokens.push({ kind, text, at: this.#start, line: this.#startLine });
    this.#ignore();
  }

  /** Drops what has been consumed since the last token. */
  #ignore(): void {
    for (let i = this.#start; i < this.#at; i += 1) if (this.#source[i] === "\n") this.#line += 1;
    this.#start = this.#at;
    this.#startLine = this.#line;
  }

  #fail(reason: string): never {
    throw new Stop(reason);
  }
}

/** Leaves the lexer's loops; never leaves this file. */
class Stop {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

function isSpace(char: string | undefined): boolean {
  return char === " " || char === "\t" || char === "\r" || char === "\n";
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= "0" && char <= "9" && char.length === 1;
}

const ALPHANUMERIC = /^[_\p{L}\p{Nd}]$/u;

function isAlphanumeric(char: string): boolean {
  return ALPHANUMERIC.test(char);
}

/** A character as Go's `%#U` writes it: `U+0040 '@'`. */
function describe(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase().padStart(4, "0");
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char) ? `U+${hex} '${char}'` : `U+${hex}`;
}

function quoteToken(text: string): string {
  return JSON.stringify(text);
}
