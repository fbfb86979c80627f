import type { MaskOptions } from "./options.ts";

/**
 * What leaves the page is masked at its door: every text of every item that is sent goes through
 * here, whoever put it there. Texts that name things (ids, releases, files of the page's own code)
 * are told by the name they stand under.
 */
export interface Mask {
  text(text: string): string;
  /** A copy of what will be JSON, with its texts masked. */
  value(value: unknown): unknown;
}

const masked = "[masked]";
const maxDepth = 100;
/** Longer texts are cut: none of ours is, and expressions are to end in time. */
const maxText = 1_000_000;

/** Names whose values are ids or belong to the page's own code; none of them can be a visitor's secret. */
const kept = new Set([
  "event_id",
  "trace_id",
  "span_id",
  "parent_span_id",
  "segment_id",
  "replay_id",
  "replayId",
  "profile_id",
  "error_ids",
  "trace_ids",
  "debug_id",
  "sid",
  "id",
  "public_key",
  "release",
  "sentry.release",
  "environment",
  "sentry.replay_id",
  "sentry.segment.id",
  "_cssText",
]);

/** Where a file of the page's code is named: its name may hold a long hash, its query a secret. */
const files = new Set(["filename", "abs_path", "code_file"]);

/** What the last words of names are whose values are never told: `accessToken`, `url.query`. */
const secretWords = new Set(
  (
    "password passwords passwd pwd passphrase secret secrets token tokens apikey privatekey " +
    "authorization credential credentials cookie cookies csrf xsrf query querystring fragment " +
    "cvc cvv iban ssn otp pin"
  ).split(" "),
);

/** What may be an e-mail address; its parts decide. */
const word = /[\w.+%@-]+/g;
const authority = /\/\/[^\s/?#"'<>]+/g;
const query = /(^|[^\s?])\?[^\s.?"'<>#)][^\s"'<>#)]*/g;
const fragment = /#[^\s"'<>#)[]+/g;
const bearer = /\b(bearer|basic)(\s)([\w.~+/=-]+)/gi;
const name = /\b(\w+)["']?[:=] ?["']?/g;
const assigned = /[^\s"'&,;}[]+/y;
const prefixes = new Set("sk rk ghp gho ghs ghu glpat xoxb xoxp xapp whsec swk".split(" "));
/** What an element says to people, where the SDK names it by a selector. */
const spoken = /(\[[a-z-]+=)"[^"\n]*"\]/g;
const spokenAttributes = new Set("[aria-label= [alt= [placeholder= [title= [value=".split(" "));
/** Long runs of letters and digits: keys, session ids, parts of a JWT. */
const run = /[\w-]+/g;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const digits = /\d[\d -]+\d/g;

export function createMask({ keepParameters = [], also = [] }: MaskOptions): Mask {
  const parameters = new Set(keepParameters);
  const own = also.map((each) => new RegExp(each.source, withGlobal(each.flags)));

  const withoutQuery = (text: string): string =>
    text
      .replace(query, (found: string, before: string) => {
        if (parameters.size === 0) return `${before}?${masked}`;
        return before + keptParameters(found.slice(before.length), parameters);
      })
      .replace(fragment, (found) => (found.includes("=") ? `#${masked}` : found))
      .replace(authority, (found) => {
        const at = found.lastIndexOf("@");
        return at === -1 ? found : `//${masked}${found.slice(at)}`;
      });

  const text = (given: string): string => {
    let result = given.length > maxText ? given.slice(0, maxText) : given;
    // Most texts are names of a few letters.
    if (result.length >= 6) {
      result = withoutAssigned(
        withoutQuery(result)
          .replace(word, (found) => (isEmail(found) ? masked : found))
          .replace(bearer, (found: string, scheme: string, space: string, credentials: string) =>
            credentials.length >= 8 && /[\d=]/.test(credentials) ? scheme + space + masked : found,
          ),
      )
        .replace(spoken, (found, start: string) =>
          spokenAttributes.has(start) ? `${start}"${masked}"]` : found,
        )
        .replace(run, (found) => (isSecret(found) ? masked : found))
        .replace(digits, (found) => (isCardNumber(found) ? masked : found));
    }
    for (const each of own) result = result.replace(each, masked);
    return result;
  };

  const visit = (value: unknown, name: string, depth: number): unknown => {
    if (typeof value === "string") {
      if (kept.has(name)) return value;
      if (files.has(name)) return withoutQuery(value);
      return text(value);
    }
    if (typeof value !== "object" || value === null) return value;
    if (depth >= maxDepth) return masked;
    if (Array.isArray(value)) return value.map((each) => visit(each, name, depth + 1));
    return visitObject(value, name, depth + 1);
  };

  const visitObject = (value: object, name: string, depth: number): object => {
    const copy: Record<string, unknown> = {};
    // An attribute of a span: what it is called stands above its value.
    const isAttribute = "value" in value && "type" in value;
    // The text of a style sheet, in a recording, is the page's own code.
    const isStyle = "isStyle" in value && value.isStyle === true;
    for (const [key, each] of Object.entries(value)) {
      if (each === undefined || typeof each === "function") continue;
      if (isStyle && key === "textContent") copy[key] = each;
      else if (isSecretName(key)) copy[key] = hidden(each);
      else copy[key] = visit(each, isAttribute && key === "value" ? name : key, depth);
    }
    return copy;
  };

  return { text, value: (value) => visit(value, "", 0) };
}

/** What stands for a value that is not told. An attribute stays one. */
function hidden(value: unknown): unknown {
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "object" && "type" in value && "value" in value)
    return { ...value, value: masked };
  return masked;
}

function keptParameters(found: string, parameters: ReadonlySet<string>): string {
  const parts = found.slice(1).split("&");
  const told = parts.filter((part) => parameters.has(part.slice(0, part.indexOf("="))));
  if (told.length < parts.length) told.push(masked);
  return `?${told.join("&")}`;
}

function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[ ._-]/);
  return secretWords.has(words.at(-1) ?? "") || secretWords.has(words.slice(-2).join(""));
}

/** What is given to a name that says that it is secret: `password=…`, `"token": "…"`. */
function withoutAssigned(text: string): string {
  let result = "";
  let from = 0;
  for (const found of text.matchAll(name)) {
    if (found.index < from || !isSecretName(found[1] ?? "")) continue;
    assigned.lastIndex = found.index + found[0].length;
    if (!assigned.test(text)) continue;
    result += text.slice(from, found.index + found[0].length) + masked;
    from = assigned.lastIndex;
  }
  return result + text.slice(from);
}

/** A name, a sign, a domain; not `react@19.3.1`, and not `@seaworthy/browser`. */
function isEmail(found: string): boolean {
  const sign = found.includes("@") ? "@" : "%40";
  const at = found.indexOf(sign);
  if (at < 1) return false;
  const labels = found
    .slice(at + sign.length)
    .split(".")
    .filter((label) => label !== "");
  return labels.length > 1 && /^[a-z]{2,}/i.test(labels.at(-1) ?? "");
}

/** Words have no digits in them, and UUIDs name things. */
function isSecret(found: string): boolean {
  if (found.length < 32) return found.length >= 12 && prefixes.has(found.split(/[-_]/)[0] ?? "");
  return /\d/.test(found) && /[A-Za-z]/.test(found) && !uuid.test(found);
}

/** Luhn's sum: https://www.itu.int/rec/T-REC-E.118 annex A. */
function isCardNumber(found: string): boolean {
  const numbers = Array.from(found.replace(/[ -]/g, ""), Number).reverse();
  if (numbers.length < 13 || numbers.length > 19) return false;
  const sum = numbers.reduce((total, digit, index) => {
    const doubled = index % 2 === 0 ? digit : digit * 2;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

function withGlobal(flags: string): string {
  return flags.includes("g") ? flags : `${flags}g`;
}
