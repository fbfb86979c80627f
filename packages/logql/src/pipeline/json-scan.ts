/**
 * Reads JSON as text: numbers stay as they are written (ids of 64 bits keep their digits), and of a
 * name that stands twice in an object the first counts.
 */
export type JsonNode =
  | { readonly kind: "string" | "scalar"; readonly text: string }
  | { readonly kind: "null" }
  | {
      readonly kind: "object";
      readonly members: ReadonlyMap<string, JsonNode>;
      readonly raw: string;
    }
  | { readonly kind: "array"; readonly items: readonly JsonNode[]; readonly raw: string };

export const MAX_DEPTH = 64;
const SPACE = /[ \t\n\r]*/y;
/** JSON wants control characters escaped. */
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): JsonNode | undefined {
    this.#space();
    const node = this.#value(0);
    this.#space();
    return this.#at === this.#text.length ? node : undefined;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #space(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code <= 0x20) this.#take(SPACE);
  }

  #is(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #value(depth: number): JsonNode | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const start = this.#at;
    if (this.#is("{")) return this.#object(start, depth);
    if (this.#is("[")) return this.#array(start, depth);
    if (this.#text[start] === '"') {
      const text = this.#string();
      return text === undefined ? undefined : { kind: "string", text };
    }
    const text = this.#take(SCALAR);
    if (text === undefined) return undefined;
    return text === "null" ? { kind: "null" } : { kind: "scalar", text };
  }

  #string(): string | undefined {
    const literal = this.#take(STRING);
    if (literal === undefined) return undefined;
    return literal.includes("\\") ? (JSON.parse(literal) as string) : literal.slice(1, -1);
  }

  #object(start: number, depth: number): JsonNode | undefined {
    const members = new Map<string, JsonNode>();
    this.#space();
    if (this.#is("}")) return { kind: "object", members, raw: this.#text.slice(start, this.#at) };
    for (;;) {
      this.#space();
      const name = this.#string();
      this.#space();
      if (name === undefined || !this.#is(":")) return undefined;
      this.#space();
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      if (!members.has(name)) members.set(name, value);
      this.#space();
      if (this.#is(",")) continue;
      if (!this.#is("}")) return undefined;
      return { kind: "object", members, raw: this.#text.slice(start, this.#at) };
    }
  }

  #array(start: number, depth: number): JsonNode | undefined {
    const items: JsonNode[] = [];
    this.#space();
    if (this.#is("]")) return { kind: "array", items, raw: this.#text.slice(start, this.#at) };
    for (;;) {
      this.#space();
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      items.push(value);
      this.#space();
      if (this.#is(",")) continue;
      if (!this.#is("]")) return undefined;
      return { kind: "array", items, raw: this.#text.slice(start, this.#at) };
    }
  }
}

/** Whether a text is a string of JSON as a whole, quotation marks included. */
export function isJsonString(text: string): boolean {
  STRING.lastIndex = 0;
  return STRING.exec(text)?.[0].length === text.length;
}

/** Whether a text is a number, true, false or null. */
export function isJsonScalar(text: string): boolean {
  SCALAR.lastIndex = 0;
  return text !== "" && SCALAR.exec(text)?.[0].length === text.length;
}

/** Undefined when the text is no JSON, or nests too deep. */
export function scanJson(text: string): JsonNode | undefined {
  return new Scanner(text).whole();
}

/** `a.b[0]["c d"]` as its parts; undefined when it is none. */
export function parsePath(expression: string): (string | number)[] | undefined {
  const path: (string | number)[] = [];
  const part = /\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/y;
  let at = 0;
  while (at < expression.length) {
    part.lastIndex = at;
    const match = part.exec(expression);
    if (match === null) return undefined;
    path.push(match[2] === undefined ? (match[1] ?? match[3] ?? "") : Number(match[2]));
    at = part.lastIndex;
  }
  return path.length === 0 ? undefined : path;
}

export function nodeAt(node: JsonNode, path: readonly (string | number)[]): JsonNode | undefined {
  let current: JsonNode | undefined = node;
  for (const part of path) {
    if (current?.kind === "object" && typeof part === "string") current = current.members.get(part);
    else if (current?.kind === "array" && typeof part === "number") current = current.items[part];
    else return undefined;
  }
  return current;
}

/** A value as a label's: containers as they are written; null is empty. */
export function nodeText(node: JsonNode): string {
  if (node.kind === "null") return "";
  return "raw" in node ? node.raw : node.text;
}
