import { RE2JS } from "re2js";
import type { Run } from "../values.ts";
import { fn } from "../callable.ts";
import { FunctionError } from "../errors.ts";
import { Output } from "../print.ts";

/** Longer patterns are mistakes; compiling costs time and memory. */
const MAX_PATTERN = 2000;
const MAX_CACHED = 200;
const compiled = new Map<string, RE2JS>();

/** Compiles an RE2 pattern; the last few hundred are kept. Throws FunctionError. */
export function compilePattern(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  if (pattern.length > MAX_PATTERN)
    throw new FunctionError(`the pattern is longer than ${MAX_PATTERN} characters`);
  let regexp: RE2JS;
  try {
    regexp = RE2JS.compile(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FunctionError(
      reason.startsWith("error parsing regexp") ? reason : `error parsing regexp: ${reason}`,
    );
  }
  if (compiled.size >= MAX_CACHED) compiled.delete(compiled.keys().next().value ?? "");
  compiled.set(pattern, regexp);
  return regexp;
}

/** Whether the pattern occurs in the text. */
export const match = fn(["string", "string"], ([pattern, text], run) => {
  payForScan(pattern, text, run);
  return compilePattern(pattern).matcher(text).find();
});

/** Replaces every occurrence; `$1` and `${name}` in the replacement are groups, as in Go. */
export const replaceAll = fn(
  ["string", "string", "string"],
  ([pattern, replacement, text], run) => {
    payForScan(pattern, text, run);
    const regexp = compilePattern(pattern);
    const template = parseReplacement(replacement);
    const names = regexp.namedGroups();
    const out = new Output(run.maxString);
    const matcher = regexp.matcher(text);
    let end = 0;
    while (matcher.find()) {
      run.charge(replacement.length);
      // Go ignores an empty match right behind the match before it.
      if (matcher.end() === matcher.start() && matcher.start() === end && end > 0) continue;
      out.write(text.slice(end, matcher.start()));
      for (const part of template) {
        if (typeof part === "string") out.write(part);
        else {
          const index = part.name === undefined ? part.index : names[part.name];
          const known = index !== undefined && index <= matcher.groupCount();
          if (known) out.write(matcher.group(index) ?? "");
        }
      }
      end = matcher.end();
    }
    out.write(text.slice(end));
    return out.text;
  },
);

/** RE2's time is linear in both. */
function payForScan(pattern: string, text: string, run: Run): void {
  run.charge((pattern.length * text.length) / 4);
}

type Part = string | { readonly index?: number; readonly name?: string };

/** Go's Expand: `$name` takes the longest run of letters, digits and underscores; `$$` is a dollar. */
function parseReplacement(replacement: string): Part[] {
  const parts: Part[] = [];
  const pattern = /\$(?:\$|\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/g;
  let end = 0;
  for (const found of replacement.matchAll(pattern)) {
    parts.push(replacement.slice(end, found.index));
    end = found.index + found[0].length;
    const name = found[1] ?? found[2];
    if (name === undefined) parts.push("$");
    else parts.push(/^\d+$/.test(name) ? { index: Number(name) } : { name });
  }
  parts.push(replacement.slice(end));
  return parts;
}

/** Upper-cases the first letter of every word and leaves the rest: Go's strings.Title. */
export function titleWords(text: string): string {
  // A word begins behind white space or ASCII punctuation, apostrophes included.
  return text.replaceAll(
    /(^|\s|[!-/:-@[-^`{-~])(\p{L})/gu,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

/** The same, with the rest in lower case: Go's cases.Title, which Alertmanager uses. */
export function titleCase(text: string): string {
  return text.replaceAll(
    /[\p{L}\p{N}_'’]+/gu,
    (word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase(),
  );
}

/** The text as it is: the type that Go uses to pass text by HTML escaping has no meaning in plain text. */
export const asIs = fn(["string"], ([text]) => text);
export const toUpper = fn(["string"], ([text]) => text.toUpperCase());
export const toLower = fn(["string"], ([text]) => text.toLowerCase());
