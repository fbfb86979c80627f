import type { Matcher } from "../../api/alertmanager.ts";

type Labels = Readonly<Record<string, string>>;

/** Matchers as they were read, or what is wrong and in which line (from 1). */
export type Reading =
  | { readonly matchers: readonly Matcher[] }
  | { readonly line: number; readonly problem: string };

const form = /^\s*([A-Za-z_][\w.:-]*|"(?:[^"\\]|\\.)+")\s*(=~|!~|!=|=)\s*(.*?)\s*$/;

/** One matcher in Alertmanager's writing: `service="shop"`. */
export function formatMatcher({ name, value, isEqual, isRegex }: Matcher): string {
  return `${name}${isEqual ? "=" : "!"}${isRegex ? "~" : isEqual ? "" : "="}${JSON.stringify(value)}`;
}

/** Equality with each of the labels, in alphabetical order. */
export function matchersOf(labels: Labels): readonly Matcher[] {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
}

/** Reads one matcher a line; the quotes may be left out. */
export function readMatchers(text: string): Reading {
  const matchers: Matcher[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const [, name = "", operator = "", written = ""] = form.exec(line) ?? [];
    const value = unquote(written);
    if (name === "" || value === null)
      return { line: index + 1, problem: 'write it as service="shop", with =, !=, =~ or !~' };
    const isRegex = operator.endsWith("~");
    if (isRegex && anchored(value) === null)
      return { line: index + 1, problem: "the regular expression cannot be read" };
    matchers.push({
      name: unquote(name) ?? name,
      value,
      isRegex,
      isEqual: !operator.startsWith("!"),
    });
  }
  if (matchers.every((matcher) => fits(matcher, {})))
    return { line: 1, problem: "this would silence everything; name at least one label" };
  return { matchers };
}

/** Whether all matchers fit the labels; a label that is not there counts as empty. */
export function fitsAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => fits(matcher, labels));
}

function fits({ name, value, isRegex, isEqual }: Matcher, labels: Labels): boolean {
  const label = labels[name] ?? "";
  return (isRegex ? anchored(value)?.test(label) === true : label === value) === isEqual;
}

function anchored(value: string): RegExp | null {
  try {
    return new RegExp(`^(?:${value})$`, "su");
  } catch {
    return null;
  }
}

function unquote(written: string): string | null {
  if (!written.startsWith('"')) return written.includes('"') ? null : written;
  try {
    return JSON.parse(written) as string;
  } catch {
    return null;
  }
}
