import { RE2JS, RE2JSException } from "re2js";

/** A compiled, fully anchored RE2 expression, as matchers and label_replace use it. */
export interface AnchoredRegexp {
  readonly source: string;
  test(value: string): boolean;
  /** Replaces `$1`, `${name}` in the template by the groups of a full match; undefined without one. */
  expand(value: string, template: string): string | undefined;
}

const LITERAL = /^[A-Za-z0-9_\-/ :@%=,;<>&~'"!]*$/;
const cache = new Map<string, AnchoredRegexp>();
const CACHE_LIMIT = 1000;

/**
 * Compiles an RE2 expression, anchored at both ends, dot matching newlines, as Prometheus does.
 * Linear in its input whatever the pattern. Throws an Error whose message says what is wrong.
 */
export function compileAnchored(source: string): AnchoredRegexp {
  const known = cache.get(source);
  if (known !== undefined) return known;
  const compiled = compile(source);
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(source, compiled);
  return compiled;
}

function compile(source: string): AnchoredRegexp {
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(`^(?s:${source})$`);
  } catch (error) {
    if (error instanceof RE2JSException) {
      throw new Error(`error parsing regexp: ${describe(source)}`, { cause: error });
    }
    throw error;
  }
  return { source, test: tester(source, pattern), expand: expander(pattern) };
}

/** Explains a bad pattern in its own terms, without the anchors that were put around it. */
function describe(source: string): string {
  try {
    RE2JS.compile(source);
  } catch (error) {
    if (error instanceof Error) return error.message.replace(/^error parsing regexp: /, "");
  }
  return `unbalanced group: \`${source}\``;
}

/** Most patterns in the field are words joined by `|`: those need no automaton. */
function tester(source: string, pattern: RE2JS): (value: string) => boolean {
  if (source === ".*") return () => true;
  if (source === ".+") return (value) => value !== "";
  const alternatives = source.split("|");
  if (alternatives.every((word) => LITERAL.test(word))) {
    const words = new Set(alternatives);
    return (value) => words.has(value);
  }
  return (value) => pattern.matcher(value).matches();
}

function expander(pattern: RE2JS): AnchoredRegexp["expand"] {
  const names = new Map(Object.entries(pattern.namedGroups()));
  return (value, template) => {
    const matcher = pattern.matcher(value);
    if (!matcher.matches()) return undefined;
    const group = (index: number): string =>
      index <= matcher.groupCount() ? (matcher.group(index) ?? "") : "";
    return expandTemplate(template, (name) => {
      if (/^[0-9]+$/.test(name)) return group(Number(name));
      const index = names.get(name);
      return index === undefined ? "" : group(index);
    });
  };
}

/** Go's regexp.Expand: `$name` takes the longest run of word characters, `${name}`, `$$` a dollar. */
function expandTemplate(template: string, group: (name: string) => string): string {
  return template.replace(
    /\$(?:\$|\{(\w+)\}|(\w+))/gu,
    (whole, braced: string | undefined, bare: string | undefined) => {
      if (whole === "$$") return "$";
      return group(braced ?? bare ?? "");
    },
  );
}
