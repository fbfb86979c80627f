/** Lines that differ in nothing but numbers and ids, by one of them. */
export interface Skeleton {
  readonly line: string;
  readonly level: string;
  readonly count: number;
  /** Lines by step of time. */
  readonly steps: ReadonlyMap<number, number>;
}

/** A shape that lines have: what varies is `<_>`, as in LogQL's patterns. */
export interface LogPattern {
  readonly pattern: string;
  readonly level: string;
  readonly count: number;
  readonly steps: ReadonlyMap<number, number>;
}

/** Values of a place in a line up to which each is taken for a shape of its own, not for a variable. */
const FEW_VALUES = 8;
/** The share of a line's words that must stay for a shape to say anything. */
const ENOUGH_WORDS = 0.5;
/** Shapes that lines of the same punctuation may fall into. */
const SHAPES_OF_ONE_KIND = 24;

/** Stands for what varies from line to line: it holds a digit. */
const VARIES = "\u0000";
const TOKEN = /[\p{L}\p{N}_]+|[^]/gu;
const WORD = /^[\p{L}_]/u;
const HEX = /^[0-9a-f]{4,}$/i;
const JOINS = new Set([".", ":", "-", "+"]);
/** Fields whose values tell lines apart first. */
const TELLING = /^(?:msg|message|event|level|lvl|severity|error|err|reason|type)$/i;

interface Item {
  readonly tokens: readonly string[];
  readonly skeleton: Skeleton;
}

/**
 * The shapes of lines, the most frequent first: lines of the same punctuation are told apart by the
 * words at those places that have few values; at places with many, the word is a variable.
 */
export function findPatterns(skeletons: Iterable<Skeleton>, limit: number): LogPattern[] {
  const kinds = new Map<string, Item[]>();
  for (const skeleton of skeletons) {
    const tokens = tokensOf(skeleton.line);
    const kind = `${skeleton.level} ${tokens.map((token) => (WORD.test(token) ? "w" : token)).join("")}`;
    const items = kinds.get(kind);
    if (items === undefined) kinds.set(kind, [{ tokens, skeleton }]);
    else items.push({ tokens, skeleton });
  }
  const found = new Map<string, { -readonly [K in keyof LogPattern]: LogPattern[K] }>();
  for (const items of kinds.values()) {
    for (const alike of splitUp(items)) {
      const pattern = patternOf(alike);
      const level = alike[0]?.skeleton.level ?? "";
      const key = `${level} ${pattern}`;
      const steps = new Map(found.get(key)?.steps);
      let count = found.get(key)?.count ?? 0;
      for (const { skeleton } of alike) {
        count += skeleton.count;
        for (const [step, lines] of skeleton.steps) steps.set(step, (steps.get(step) ?? 0) + lines);
      }
      found.set(key, { pattern, level, count, steps });
    }
  }
  return [...found.values()]
    .sort((a, b) => b.count - a.count || (a.pattern < b.pattern ? -1 : 1))
    .slice(0, limit);
}

/** A line's words and all characters between them; what holds digits, and what joins such, is one. */
export function tokensOf(line: string): string[] {
  const tokens: string[] = [];
  /** Whether the last token but one, joined to what comes, is a part of it. */
  const isJoined = (test: (before: string) => boolean) =>
    tokens.length > 1 && JOINS.has(tokens.at(-1) ?? "") && test(tokens.at(-2) ?? "");
  for (const [token] of line.matchAll(TOKEN)) {
    const varies = /\p{N}/u.test(token);
    if (!varies && !(HEX.test(token) && isJoined((before) => before === VARIES))) {
      tokens.push(token);
      continue;
    }
    while (isJoined((before) => before === VARIES || HEX.test(before))) tokens.splice(-2);
    // A sign.
    if (tokens.at(-1) === "-" && !WORD.test(tokens.at(-2) ?? "")) tokens.pop();
    tokens.push(VARIES);
  }
  return tokens;
}

/** Parts lines of one kind, the most frequent part first, as far as that tells something. */
function splitUp(items: readonly Item[]): (readonly Item[])[] {
  const done: (readonly Item[])[] = [];
  const open = [items];
  while (open.length > 0) {
    open.sort((a, b) => linesOf(a) - linesOf(b));
    const part = open.pop() ?? [];
    const place =
      done.length + open.length + 1 < SHAPES_OF_ONE_KIND ? placeToSplit(part) : undefined;
    if (place === undefined) {
      done.push(part);
      continue;
    }
    const byWord = new Map<string, Item[]>();
    for (const item of part) {
      const word = item.tokens[place] ?? "";
      byWord.set(word, [...(byWord.get(word) ?? []), item]);
    }
    open.push(...byWord.values());
  }
  return done;
}

function linesOf(items: readonly Item[]): number {
  return items.reduce((sum, { skeleton }) => sum + skeleton.count, 0);
}

/** The place at which lines are told apart; undefined when they are one shape. */
function placeToSplit(items: readonly Item[]): number | undefined {
  const first = items[0]?.tokens ?? [];
  const words = first.flatMap((token, place) => (WORD.test(token) ? [place] : []));
  const varying = words.flatMap((place) => {
    const values = new Set(items.map(({ tokens }) => tokens[place]));
    return values.size > 1 ? [{ place, values: values.size }] : [];
  });
  if (varying.length === 0) return undefined;
  const few = varying.filter(({ values }) => values <= FEW_VALUES);
  if (few.length === 0) {
    const enough = words.length - varying.length >= words.length * ENOUGH_WORDS;
    return enough ? undefined : varying[0]?.place;
  }
  const rank = ({ place, values }: { readonly place: number; readonly values: number }) =>
    (TELLING.test(keyBefore(first, place)) ? 0 : 1000) + values;
  return few.toSorted((a, b) => rank(a) - rank(b) || a.place - b.place)[0]?.place;
}

/** The word before the last `=` or `:` that a value stands behind, as in logfmt and JSON. */
function keyBefore(tokens: readonly string[], place: number): string {
  for (let at = place - 1; at > 0; at -= 1) {
    const token = tokens[at] ?? "";
    if (token === ",") return "";
    if (token !== "=" && token !== ":") continue;
    return tokens[at - 1] === '"' ? (tokens[at - 2] ?? "") : (tokens[at - 1] ?? "");
  }
  return "";
}

function patternOf(items: readonly Item[]): string {
  const tokens = (items[0]?.tokens ?? []).map((token, place) => {
    if (token === VARIES) return "<_>";
    const same = items.every((item) => item.tokens[place] === token);
    return same ? token : "<_>";
  });
  return tokens.join("").replace(/<_>(?:[.:+-]?<_>)+/g, "<_>");
}
