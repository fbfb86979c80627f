import { sanitize, sanitizePart } from "../labels.ts";
import { isJsonScalar, isJsonString, MAX_DEPTH } from "./json-scan.ts";

/** In the place of a field's text: the line itself must be asked. */
export const UNKNOWN_FIELD = "\u0000";

/** Keys of which is remembered where they lead. */
const MAX_KEYS = 4096;

/** Where a key of an object leads. */
interface Target {
  /** Of the field; −1 where it is none. */
  readonly field: number;
  /** Whether the keys that led here are the field's path. */
  readonly isPath: boolean;
  /** For the members of an object; undefined where no field can be among them. */
  readonly place: Place | undefined;
  /** The object in which the key was last met. */
  object: number;
}

/** An object, or where one would be, by the keys that lead there. */
interface Place {
  readonly name: string;
  readonly path: readonly string[];
  readonly targets: Map<string, Target | undefined>;
}

/**
 * Reads some fields of JSON lines quickly, just as the stage `json` finds them: once for each line, when
 * it is stored, so that questions need not.
 */
export class JsonFieldReader {
  /** The texts of the fields of the line that was last read: empty for none. */
  readonly values: string[];
  /** Which of them are not empty. */
  readonly found: number[] = [];
  readonly #paths: readonly (readonly string[])[];
  readonly #fields: ReadonlyMap<string, number>;
  readonly #maxText: number;
  readonly #met: Uint8Array;
  #root: Place = { name: "", path: [], targets: new Map() };
  #keys = 0;
  #text = "";
  #at = 0;
  /** Whether strings end at the next quotation mark. */
  #plain = true;
  #strange = false;
  #objects = 0;

  /** `paths`: keys that lead to each field. Texts longer than `maxText` become UNKNOWN_FIELD. */
  constructor(paths: readonly (readonly string[])[], maxText: number) {
    this.#paths = paths;
    this.#fields = new Map(paths.map((path, i) => [path.join("_"), i]));
    this.#maxText = maxText;
    this.values = paths.map(() => "");
    this.#met = new Uint8Array(paths.length);
  }

  /**
   * Reads a line. `object`: each field has the text that its label has, and that of its path, or is
   * UNKNOWN_FIELD. `none`: `json` finds no object. `unknown`: the line itself must be asked.
   */
  read(line: string): "object" | "none" | "unknown" {
    this.#forget();
    this.#text = line;
    this.#at = 0;
    this.#strange = false;
    this.#space();
    if (line.charCodeAt(this.#at) !== OPEN) return "none";
    this.#plain = !line.includes("\\") && !CONTROL.test(line);
    if (this.#keys > MAX_KEYS) {
      this.#keys = 0;
      this.#root = { name: "", path: [], targets: new Map() };
    }
    this.#at += 1;
    const isObject = this.#object(this.#root, 0);
    this.#space();
    if (isObject && this.#at === line.length) return this.#strange ? "unknown" : "object";
    this.#forget();
    return "none";
  }

  #forget(): void {
    for (const field of this.found) this.values[field] = "";
    this.found.length = 0;
    this.#met.fill(0);
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  /** The members of an object, behind its brace. */
  #object(place: Place | undefined, depth: number): boolean {
    const object = (this.#objects += 1);
    this.#space();
    if (this.#text.charCodeAt(this.#at) === CLOSE) {
      this.#at += 1;
      return true;
    }
    for (;;) {
      this.#space();
      const key = this.#at;
      if (!this.#string()) return false;
      let target = place === undefined ? undefined : this.#target(place, this.#stringFrom(key));
      this.#space();
      if (this.#text.charCodeAt(this.#at) !== COLON) return false;
      this.#at += 1;
      this.#space();
      // Of a key that stands twice the first counts.
      if (target?.object === object) target = undefined;
      if (target !== undefined) target.object = object;
      if (!this.#value(target, depth + 1)) return false;
      this.#space();
      const code = this.#text.charCodeAt(this.#at);
      this.#at += 1;
      if (code === CLOSE) return true;
      if (code !== COMMA) return false;
    }
  }

  #value(target: Target | undefined, depth: number): boolean {
    if (depth > MAX_DEPTH) return false;
    const start = this.#at;
    const code = this.#text.charCodeAt(start);
    if (code === OPEN || code === OPEN_LIST) {
      if (target !== undefined && target.field >= 0) this.#set(target.field, UNKNOWN_FIELD);
      this.#at += 1;
      return code === OPEN ? this.#object(target?.place, depth) : this.#list(depth);
    }
    if (code === QUOTE) {
      if (!this.#string()) return false;
      if (target !== undefined && target.field >= 0) this.#meet(target, this.#stringFrom(start));
      return true;
    }
    const text = this.#scalar();
    if (text === undefined) return false;
    if (target !== undefined && target.field >= 0 && text !== "null") this.#meet(target, text);
    return true;
  }

  #list(depth: number): boolean {
    this.#space();
    if (this.#text.charCodeAt(this.#at) === CLOSE_LIST) {
      this.#at += 1;
      return true;
    }
    for (;;) {
      this.#space();
      if (!this.#value(undefined, depth + 1)) return false;
      this.#space();
      const code = this.#text.charCodeAt(this.#at);
      this.#at += 1;
      if (code === CLOSE_LIST) return true;
      if (code !== COMMA) return false;
    }
  }

  /** Steps over a string. */
  #string(): boolean {
    const start = this.#at;
    if (this.#text.charCodeAt(start) !== QUOTE) return false;
    if (this.#plain) {
      const end = this.#text.indexOf('"', start + 1);
      this.#at = end + 1;
      return end > 0;
    }
    for (let at = start + 1; ; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) {
        this.#at = at + 1;
        return isJsonString(this.#text.slice(start, at + 1));
      } else if (!(code >= 0x20)) return false;
    }
  }

  /** The text of the string from here to where we are. */
  #stringFrom(start: number): string {
    const text = this.#text.slice(start + 1, this.#at - 1);
    return this.#plain || !text.includes("\\") ? text : (JSON.parse(`"${text}"`) as string);
  }

  #scalar(): string | undefined {
    const start = this.#at;
    let at = start;
    while (isOfScalar(this.#text.charCodeAt(at))) at += 1;
    this.#at = at;
    const text = this.#text.slice(start, at);
    return isJsonScalar(text) ? text : undefined;
  }

  #meet({ field, isPath }: Target, text: string): void {
    if (this.#met[field] === 1) return;
    this.#met[field] = 1;
    const unsure = !isPath || text.length > this.#maxText || text === UNKNOWN_FIELD;
    this.#set(field, unsure ? UNKNOWN_FIELD : text);
  }

  #set(field: number, text: string): void {
    // What cannot be told once cannot be told.
    if (text === "" || this.values[field] === UNKNOWN_FIELD) return;
    if (this.values[field] === "") this.found.push(field);
    this.values[field] = text;
  }

  #target(place: Place, key: string): Target | undefined {
    if (key === "" && place === this.#root) {
      // What is within an object without a name is named as if it were outside.
      this.#strange = true;
      return undefined;
    }
    const known = place.targets.get(key);
    if (known !== undefined || place.targets.has(key)) return known;
    const target = this.#lookUp(place, key);
    this.#keys += 1;
    place.targets.set(key, target);
    return target;
  }

  #lookUp(place: Place, key: string): Target | undefined {
    const name = place.name === "" ? sanitize(key) : `${place.name}_${sanitizePart(key)}`;
    const path = [...place.path, key];
    const field = this.#fields.get(name) ?? -1;
    const leads = [...this.#fields.keys()].some((other) => other.startsWith(`${name}_`));
    if (field < 0 && !leads) return undefined;
    const wanted = this.#paths[field] ?? [];
    const isPath = wanted.length === path.length && wanted.every((part, i) => part === path[i]);
    const within = leads
      ? { name, path, targets: new Map<string, Target | undefined>() }
      : undefined;
    return { field, isPath, place: within, object: 0 };
  }
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const CONTROL = /\p{Cc}/u;

/** Letters, digits, signs and the point. */
function isOfScalar(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2b ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x45
  );
}
