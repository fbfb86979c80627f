import { LimitError } from "./errors.ts";
import { formatFloat } from "./float.ts";
import { compareUtf8 } from "./values.ts";
import type { Value } from "./values.ts";

/** Collects text up to a bound, so that a small value that refers to itself often cannot fill memory. */
export class Output {
  #text = "";
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  write(text: string): void {
    if (this.#text.length + text.length > this.#max)
      throw new LimitError(`makes more than ${this.#max} characters`);
    this.#text += text;
  }

  get text(): string {
    return this.#text;
  }
}

/** The value as `%v` prints it. */
export function printValue(value: Value, out: Output): void {
  switch (typeof value) {
    case "undefined":
      out.write("<nil>");
      return;
    case "string":
      out.write(value);
      return;
    case "number":
      out.write(formatFloat(value, "g", -1));
      return;
    case "boolean":
    case "bigint":
      out.write(String(value));
      return;
    default:
      if (value === null) out.write("<nil>");
      else printObject(value, out);
  }
}

function printObject(value: Exclude<Value, null> & object, out: Output): void {
  switch (value.kind) {
    case "list":
      out.write("[");
      printSeries(value.items, out);
      out.write("]");
      return;
    case "map":
      out.write("map[");
      for (const [index, key] of value.sortedKeys().entries()) {
        out.write(index === 0 ? `${key}:` : ` ${key}:`);
        printValue(value.entries.get(key), out);
      }
      out.write("]");
      return;
    case "struct":
      if (value.text !== undefined) {
        out.write(value.text);
        return;
      }
      out.write("{");
      printSeries([...value.fields.values()], out);
      out.write("}");
      return;
    case "time":
    case "duration":
      out.write(value.toString());
      return;
    case "func":
      out.write("func");
  }
}

function printSeries(items: readonly Value[], out: Output): void {
  for (const [index, item] of items.entries()) {
    if (index > 0) out.write(" ");
    printValue(item, out);
  }
}

/** Operands side by side as fmt.Sprint has it: a space between two of which neither is a string. */
export function sprint(operands: readonly Value[], max: number): string {
  const out = new Output(max);
  for (const [index, operand] of operands.entries()) {
    const before = operands[index - 1];
    if (index > 0 && typeof before !== "string" && typeof operand !== "string") out.write(" ");
    printValue(operand, out);
  }
  return out.text;
}

/** Operands with spaces between and a line feed behind, as fmt.Sprintln has it. */
export function sprintln(operands: readonly Value[], max: number): string {
  const out = new Output(max);
  printSeries(operands, out);
  out.write("\n");
  return out.text;
}

/** The value as JSON, with map keys sorted and `<`, `>` and `&` escaped as Go's encoder does. */
export function toJson(value: Value, out: Output): void {
  if (value === undefined || value === null) out.write("null");
  else if (typeof value === "string") out.write(jsonString(value));
  else if (typeof value === "boolean" || typeof value === "bigint") out.write(String(value));
  else if (typeof value === "number") out.write(jsonNumber(value));
  else if (value.kind === "duration") out.write(value.nanoseconds.toString());
  else if (value.kind === "time")
    out.write(`"${value.format("2006-01-02T15:04:05.999999999Z07:00")}"`);
  else if (value.kind === "list") {
    out.write("[");
    for (const [index, item] of value.items.entries()) {
      if (index > 0) out.write(",");
      toJson(item, out);
    }
    out.write("]");
  } else if (value.kind === "func") throw new TypeError("json: unsupported type: func");
  else {
    const entries =
      value.kind === "map"
        ? [...value.entries].sort(([a], [b]) => compareUtf8(a, b))
        : [...value.fields].map(([name, item]) => [value.jsonNames[name] ?? name, item] as const);
    out.write("{");
    for (const [index, [key, item]] of entries.entries()) {
      out.write(`${index > 0 ? "," : ""}${jsonString(key)}:`);
      toJson(item, out);
    }
    out.write("}");
  }
}

function jsonNumber(value: number): string {
  if (!Number.isFinite(value))
    throw new TypeError(`json: unsupported value: ${formatFloat(value, "g", -1)}`);
  return String(value);
}

function jsonString(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
