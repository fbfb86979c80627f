import { parseError, type PromqlError } from "../errors.ts";
import { unquote } from "./strings.ts";
import { describeToken, namesLabel, type Token } from "./token.ts";

/** The tokens of a query and where the parser stands in them. */
export class TokenStream {
  readonly query: string;
  readonly #tokens: readonly Token[];
  readonly #maxDepth: number;
  #index = 0;
  #depth = 0;

  constructor(query: string, tokens: readonly Token[], maxDepth: number) {
    this.query = query;
    this.#tokens = tokens;
    this.#maxDepth = maxDepth;
  }

  get current(): Token {
    return this.#token(this.#index);
  }

  peek(): Token {
    return this.#token(this.#index + 1);
  }

  /** Whether the current token is this symbol or keyword. */
  at(id: string): boolean {
    return this.current.id === id && this.current.kind !== "string";
  }

  /** Where the last taken token ends. */
  get lastEnd(): number {
    return this.#index === 0 ? 0 : this.#token(this.#index - 1).end;
  }

  /** Takes the current token; the end stays. */
  advance(): Token {
    const token = this.current;
    if (token.kind !== "end") this.#index += 1;
    return token;
  }

  /** Takes a token of this id, or throws "unexpected … in context, expected …". */
  expect(id: string, context = "", expected = JSON.stringify(id)): Token {
    if (this.current.id !== id || this.current.kind === "string") {
      throw this.unexpected(context, expected);
    }
    return this.advance();
  }

  unexpected(context = "", expected = ""): PromqlError {
    let message = `unexpected ${describeToken(this.current)}`;
    if (context !== "") message += ` in ${context}`;
    if (expected !== "") message += `, expected ${expected}`;
    return parseError(this.query, this.current, message);
  }

  /** Throws where so many levels more would be too many. */
  checkDepth(more: number): void {
    if (this.#depth + more < this.#maxDepth) return;
    const message = `expression nests deeper than ${this.#maxDepth} levels`;
    throw parseError(this.query, this.current, message);
  }

  /** Runs a parsing step one level deeper; throws where the query nests too deeply. */
  nested<T>(parse: () => T): T {
    this.checkDepth(0);
    this.#depth += 1;
    try {
      return parse();
    } finally {
      this.#depth -= 1;
    }
  }

  /** `(a, b, "quoted")`: the labels of by, without, on, ignoring, group_left and group_right. */
  labelList(): string[] {
    this.expect("(", "grouping opts");
    const labels: string[] = [];
    while (this.current.id !== ")") {
      labels.push(this.#label());
      if (this.current.id === ",") this.advance();
      else if (this.current.id !== ")") throw this.unexpected("grouping opts", '"," or ")"');
    }
    this.advance();
    return labels;
  }

  #label(): string {
    const token = this.current;
    if (token.kind === "string") {
      const name = unquote(token.text);
      if (name === undefined || name === "") {
        throw parseError(this.query, token, `invalid label name ${token.text} in grouping`);
      }
      this.advance();
      return name;
    }
    if (!namesLabel(token)) throw this.unexpected("grouping opts", "label");
    this.advance();
    return token.text;
  }

  #token(index: number): Token {
    const token = this.#tokens[index] ?? this.#tokens.at(-1);
    if (token === undefined) throw new RangeError("a token stream is never empty");
    return token;
  }
}
