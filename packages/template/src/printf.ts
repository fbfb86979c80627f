import { formatFloat } from "./float.ts";
import { Output, printValue, sprint } from "./print.ts";
import { quote, quoteRune } from "./quote.ts";
import { typeName } from "./values.ts";
import type { Value } from "./values.ts";

/** Widths and precisions above this are refused, as in Go. */
const MAX_WIDTH = 1_000_000;
interface Spec {
  readonly minus: boolean;
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly width: number;
  /** -1 where none is given. */
  readonly precision: number;
}

/** Formats as Go's fmt.Sprintf. Wrong verbs and arguments are reported in the text, as Go does. */
export function sprintf(format: string, args: readonly Value[], max: number): string {
  const out = new Output(max);
  const directives = new Directives(format, args, out);
  for (;;) {
    const directive = directives.next();
    if (directive === undefined) return out.text;
    formatArgument(directive.value, directive.verb, directive.spec, out);
  }
}

/** Walks a format, writes what is between the directives and picks each one's argument. */
class Directives {
  readonly #format: string;
  readonly #args: readonly Value[];
  readonly #out: Output;
  #at = 0;
  #next = 0;
  #reordered = false;
  /** Whether the last `[n]` named an argument that exists. */
  #valid = true;

  constructor(format: string, args: readonly Value[], out: Output) {
    this.#format = format;
    this.#args = args;
    this.#out = out;
  }

  /** The next directive that has an argument to print; undefined at the end of the format. */
  next(): { readonly value: Value; readonly verb: string; readonly spec: Spec } | undefined {
    for (;;) {
      const percent = this.#format.indexOf("%", this.#at);
      if (percent < 0) break;
      this.#out.write(this.#format.slice(this.#at, percent));
      this.#at = percent + 1;
      this.#valid = true;
      const spec = this.#spec();
      const code = this.#format.codePointAt(this.#at);
      if (code === undefined) {
        this.#out.write("%!(NOVERB)");
        return undefined;
      }
      const verb = String.fromCodePoint(code);
      this.#at += verb.length;
      if (verb === "%") this.#out.write("%");
      else if (!this.#valid) this.#out.write(`%!${verb}(BADINDEX)`);
      else if (this.#next >= this.#args.length) this.#out.write(`%!${verb}(MISSING)`);
      else {
        const value = this.#args[this.#next];
        this.#next += 1;
        return { value, verb, spec };
      }
    }
    this.#out.write(this.#format.slice(this.#at));
    this.#at = this.#format.length;
    this.#writeExtra();
    return undefined;
  }

  #writeExtra(): void {
    if (this.#reordered || this.#next >= this.#args.length) return;
    this.#out.write("%!(EXTRA ");
    for (const [index, arg] of this.#args.slice(this.#next).entries()) {
      if (index > 0) this.#out.write(", ");
      if (arg !== undefined && arg !== null) this.#out.write(`${typeName(arg)}=`);
      printValue(arg, this.#out);
    }
    this.#out.write(")");
    this.#next = this.#args.length;
  }

  #spec(): Spec {
    const flags = /[-+# 0]*/y;
    flags.lastIndex = this.#at;
    const set = flags.exec(this.#format)?.[0] ?? "";
    this.#at += set.length;
    let afterIndex = this.#index();
    let minus = set.includes("-");
    let width = 0;
    if (this.#take("*")) {
      width = this.#star("%!(BADWIDTH)") ?? 0;
      if (width < 0) {
        minus = true;
        width = -width;
      }
      afterIndex = false;
    } else {
      const number = this.#number("%!(BADWIDTH)");
      // `%[3]2d`: a width after the index is not Go's grammar.
      if (afterIndex && number !== undefined) this.#valid = false;
      width = number ?? 0;
    }
    let precision = -1;
    if (this.#take(".")) {
      if (afterIndex) this.#valid = false;
      afterIndex = this.#index();
      if (this.#take("*")) {
        const star = this.#star("%!(BADPREC)") ?? -1;
        precision = Math.max(star, -1);
        afterIndex = false;
      } else precision = this.#number("%!(BADPREC)") ?? 0;
    }
    if (!afterIndex) this.#index();
    return {
      minus,
      plus: set.includes("+"),
      sharp: set.includes("#"),
      space: set.includes(" "),
      zero: set.includes("0") && !minus,
      width,
      precision,
    };
  }

  /** `[n]`: selects the argument; answers whether there was one. */
  #index(): boolean {
    const pattern = /\[([^\]]*)\]/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#format);
    if (match === null) return false;
    this.#at += match[0].length;
    this.#reordered = true;
    const index = /^\d+$/.test(match[1] ?? "") ? Number(match[1]) : 0;
    if (index < 1 || index > this.#args.length) this.#valid = false;
    else this.#next = index - 1;
    return true;
  }

  #take(char: string): boolean {
    if (this.#format[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #number(complaint: string): number | undefined {
    const pattern = /\d+/y;
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#format)?.[0];
    if (text === undefined) return undefined;
    this.#at += text.length;
    if (Number(text) <= MAX_WIDTH) return Number(text);
    this.#out.write(complaint);
    return undefined;
  }

  /** A width or precision given as an argument. */
  #star(complaint: string): number | undefined {
    const value = this.#args[this.#next];
    if (this.#next < this.#args.length) this.#next += 1;
    if (typeof value === "bigint" && value >= -MAX_WIDTH && value <= MAX_WIDTH)
      return Number(value);
    this.#out.write(complaint);
    return undefined;
  }
}

function formatArgument(value: Value, verb: string, spec: Spec, out: Output): void {
  if (verb === "T") pad(typeName(value), spec, out);
  else if (verb === "p") bad(value, verb, spec, out);
  else if (typeof value === "string") formatString(value, verb, spec, out);
  else if (typeof value === "number") formatNumber(value, verb, spec, out);
  else if (typeof value === "bigint") formatInt(value, verb, spec, out);
  else if (typeof value === "boolean") {
    if (verb === "t" || verb === "v") pad(String(value), spec, out);
    else bad(value, verb, spec, out);
  } else if (value === undefined || value === null) {
    if (verb === "v") pad("<nil>", spec, out);
    else out.write(`%!${verb}(<nil>)`);
  } else formatObject(value, verb, spec, out);
}

/** Lists, maps and structs take the verb to their elements. */
function formatObject(
  value: Exclude<Value, null> & object,
  verb: string,
  spec: Spec,
  out: Output,
): void {
  if (value.kind === "time" || (value.kind === "struct" && value.text !== undefined)) {
    formatString(sprint([value], Number.MAX_SAFE_INTEGER), verb, spec, out);
    return;
  }
  if (value.kind === "duration") {
    if ("vsqxX".includes(verb)) formatString(value.toString(), verb, spec, out);
    else formatInt(value.nanoseconds, verb, spec, out);
    return;
  }
  if (value.kind === "func") {
    bad(value, verb, spec, out);
    return;
  }
  const [open, close] = value.kind === "list" ? "[]" : value.kind === "map" ? ["map[", "]"] : "{}";
  const entries: readonly (readonly [string, Value])[] =
    value.kind === "list"
      ? value.items.map((item) => ["", item] as const)
      : value.kind === "map"
        ? value.sortedKeys().map((key) => [key, value.entries.get(key)] as const)
        : [...value.fields].map(([name, item]) =>
            spec.plus && verb === "v" ? ([`${name}:`, item] as const) : (["", item] as const),
          );
  out.write(open ?? "");
  for (const [index, [key, item]] of entries.entries()) {
    if (index > 0) out.write(" ");
    if (value.kind === "map") {
      formatArgument(key, verb, spec, out);
      out.write(":");
    } else out.write(key);
    formatArgument(item, verb, spec, out);
  }
  out.write(close ?? "");
}

function formatString(value: string, verb: string, spec: Spec, out: Output): void {
  const cut = spec.precision < 0 ? value : Array.from(value).slice(0, spec.precision).join("");
  switch (verb) {
    case "v":
      pad(spec.sharp ? quote(cut) : cut, spec, out);
      return;
    case "s":
      pad(cut, spec, out);
      return;
    case "q":
      pad(spec.sharp && !cut.includes("`") ? `\`${cut}\`` : quote(cut, spec.plus), spec, out);
      return;
    case "x":
    case "X": {
      const bytes = new TextEncoder().encode(value);
      const shown = spec.precision < 0 ? bytes : bytes.slice(0, spec.precision);
      const prefix = spec.sharp ? "0x" : "";
      const hex = Array.from(shown, (byte) => byte.toString(16).padStart(2, "0"));
      const joined = spec.space ? hex.map((two) => prefix + two).join(" ") : prefix + hex.join("");
      const text = shown.length === 0 ? "" : joined;
      pad(verb === "X" ? text.toUpperCase() : text, spec, out);
      return;
    }
    default:
      bad(value, verb, spec, out);
  }
}

function formatInt(value: bigint, verb: string, spec: Spec, out: Output): void {
  const radix = { d: 10, v: 10, x: 16, X: 16, o: 8, O: 8, b: 2 }[verb];
  if (radix === undefined) {
    const point = value >= 0n && value <= 0x10ffffn ? Number(value) : 0xfffd;
    if (verb === "c") pad(String.fromCodePoint(point), spec, out);
    else if (verb === "q") pad(quoteRune(point, spec.plus), spec, out);
    else if (verb === "U") {
      const hex = point.toString(16).toUpperCase().padStart(4, "0");
      pad(`U+${hex}${spec.sharp ? ` '${String.fromCodePoint(point)}'` : ""}`, spec, out);
    } else bad(value, verb, spec, out);
    return;
  }
  const abs = value < 0n ? -value : value;
  const sign = value < 0n ? "-" : spec.plus ? "+" : spec.space ? " " : "";
  let digits = abs.toString(radix);
  if (verb === "X") digits = digits.toUpperCase();
  if (spec.precision >= 0) digits = digits.padStart(spec.precision, "0");
  if (spec.precision === 0 && value === 0n) digits = "";
  if (spec.sharp) digits = ({ x: "0x", X: "0X", o: "0", b: "0b" }[verb] ?? "") + digits;
  if (verb === "O") digits = `0o${digits}`;
  padNumber(sign, digits, { ...spec, zero: spec.zero && spec.precision < 0 }, out);
}

function formatNumber(value: number, verb: string, spec: Spec, out: Output): void {
  const lower = verb.toLowerCase();
  let text: string;
  if (verb === "v") text = formatFloat(value, "g", spec.precision);
  else if (lower === "g") text = formatFloat(value, "g", spec.precision);
  else if (lower === "e" || lower === "f")
    text = formatFloat(value, lower, spec.precision < 0 ? 6 : spec.precision);
  else {
    bad(value, verb, spec, out);
    return;
  }
  if (verb === "E" || verb === "G") text = text.replace("e", "E");
  const hasSign = text.startsWith("-") || text.startsWith("+");
  const digits = hasSign ? text.slice(1) : text;
  // Infinity keeps its plus only under the plus flag.
  const sign = text.startsWith("-") ? "-" : spec.plus ? "+" : spec.space ? " " : "";
  const shown = value === Infinity && sign === "" ? "+" : sign;
  padNumber(shown, digits, { ...spec, zero: spec.zero && Number.isFinite(value) }, out);
}

/** Zeros go between the sign and the digits. */
function padNumber(sign: string, digits: string, spec: Spec, out: Output): void {
  if (spec.zero) out.write(sign + digits.padStart(spec.width - sign.length, "0"));
  else pad(sign + digits, spec, out);
}

function pad(text: string, spec: Spec, out: Output): void {
  const missing = spec.width - (spec.width === 0 ? 0 : Array.from(text).length);
  const filler = missing > 0 ? (spec.zero ? "0" : " ").repeat(missing) : "";
  out.write(spec.minus ? text + filler : filler + text);
}

/** A verb that does not fit: `%!d(string=hi)`, the value in `%v` under the same flags, as Go has it. */
function bad(value: Value, verb: string, spec: Spec, out: Output): void {
  out.write(`%!${verb}(${typeName(value)}=`);
  if (typeof value === "object" && value !== null && value.kind === "func")
    out.write(value.typeName);
  else formatArgument(value, "v", spec, out);
  out.write(")");
}
