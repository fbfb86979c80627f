import { toUSVString } from "node:util";

/** Input that cannot be cleaned: too deep or too much of it. `statusCode` is 400. */
export class UncleanInput extends Error {
  override name = "UncleanInput";
  // The form of http-errors, by which frameworks know that the status is meant for the caller.
  readonly status = 400;
  readonly statusCode = 400;
  readonly expose = true;
}

const maxDepth = 64;
const maxValues = 100_000;

/**
 * Cleans parsed input in place, and returns it: keys that reach prototypes (`__proto__`, and
 * `constructor` with a `prototype` in it) and keys with NUL bytes are removed, NUL bytes are cut out of
 * strings, and halves of surrogate pairs, which no UTF-8 has, become U+FFFD. What is not a plain object
 * or list (files, dates, buffers) is left as it is.
 *
 * @throws UncleanInput beyond 64 levels or 100000 values.
 */
export function sanitise(input: unknown): unknown {
  if (typeof input === "string") return cleanText(input);
  const open: { readonly holder: object; readonly depth: number }[] = [];
  let values = 0;
  const enter = (value: unknown, depth: number) => {
    if (!isPlain(value)) return;
    if (depth > maxDepth) throw new UncleanInput(`the input has more than ${maxDepth} levels`);
    open.push({ holder: value, depth });
  };
  enter(input, 1);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const holder = next.holder as Record<string, unknown>;
    for (const key of Object.keys(holder)) {
      values += 1;
      if (values > maxValues) throw new UncleanInput(`the input has more than ${maxValues} values`);
      const value = holder[key];
      if (isPollution(key, value)) {
        delete holder[key];
        continue;
      }
      if (typeof value === "string") {
        const clean = cleanText(value);
        if (clean !== value) holder[key] = clean;
      } else enter(value, next.depth + 1);
    }
  }
  return input;
}

/**
 * One value for each parameter of a parsed query or form: the last, unless the name is in `lists`.
 * Changes the object in place, and returns it.
 */
export function lastOfEach<T extends object>(parameters: T, lists: readonly string[] = []): T {
  const record = parameters as Record<string, unknown>;
  for (const [name, value] of Object.entries(record))
    if (Array.isArray(value) && !lists.includes(name)) record[name] = (value as unknown[]).at(-1);
  return parameters;
}

/** Whether a request's target is printable ASCII whose percent escapes decode to UTF-8 without NUL. */
export function isCleanTarget(target: string): boolean {
  if (!/^[!-~]*$/.test(target)) return false;
  if (!target.includes("%")) return true;
  try {
    return !decodeURIComponent(target.replaceAll("+", " ")).includes("\0");
  } catch {
    return false;
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isPollution(key: string, value: unknown): boolean {
  if (key === "__proto__" || key.includes("\0")) return true;
  return (
    key === "constructor" &&
    typeof value === "object" &&
    value !== null &&
    Object.hasOwn(value, "prototype")
  );
}

function cleanText(text: string): string {
  const whole = toUSVString(text);
  return whole.includes("\0") ? whole.replaceAll("\0", "") : whole;
}
