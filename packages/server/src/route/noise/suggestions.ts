import { compileMatchers } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import { firingsSince, listFirings } from "../../store/index.ts";
import type { FiringRecord, Records } from "../../store/index.ts";
import type { InhibitRule } from "../config/route-config.ts";
import { WATCHDOG } from "../heartbeat.ts";

/** What a suggestion takes. */
const TERMS = {
  /** The newest firings that are compared, each with each. */
  firings: 1500,
  /** A cause may be told this long after its effect: its rule waits longer. Milliseconds. */
  slack: 3 * 60_000,
  /** An effect happened with its cause at least so often, */
  together: 3,
  /** and in this share of the times that it happened at all. */
  share: 0.8,
} as const;

/** Labels that say what an alert is rather than what it is about. */
const KINDS: ReadonlySet<string> = new Set(["alertname", "severity", "category"]);

/** Alerts that fire only when others do could be inhibited by them. */
export interface InhibitionSuggestion {
  readonly source: string;
  readonly target: string;
  readonly equal: readonly string[];
  readonly together: number;
  readonly targetFirings: number;
}

/** Inhibition rules that the firings since `since` speak for. */
export async function readSuggestions(
  records: Records,
  rules: readonly InhibitRule[],
  since: number,
): Promise<{ readonly since: number; readonly suggestions: readonly InhibitionSuggestion[] }> {
  const begins = await firingsSince(records.db);
  const firings = await listFirings(records.db, { since, limit: TERMS.firings });
  return { since: Math.max(since, begins), suggestions: suggestionsOf(firings, rules) };
}

/** A pair of names, and the firings of the second that happened with the first. */
interface Pair {
  readonly source: string;
  readonly target: string;
  together: number;
  /** How often the source was told first. */
  first: number;
  /** The labels in which they agreed every time. */
  equal: Set<string>;
  readonly example: { readonly source: Labels; readonly target: Labels };
}

/**
 * What fires while something else about the same thing fires, nearly every time that it does. Which
 * service calls which is not known here: only what has happened together.
 */
export function suggestionsOf(
  firings: readonly FiringRecord[],
  rules: readonly InhibitRule[],
): InhibitionSuggestion[] {
  const named = firings.filter(({ labels }) => nameOf(labels) !== WATCHDOG);
  const times = new Map<string, number>();
  for (const { labels } of named) times.set(nameOf(labels), (times.get(nameOf(labels)) ?? 0) + 1);
  const pairs = pairsOf(named);
  const isLikely = (pair: Pair) =>
    pair.together >= TERMS.together &&
    pair.together / (times.get(pair.target) ?? 1) >= TERMS.share &&
    pair.equal.size > 0 &&
    // What is worse is never hidden by what is less.
    rankOf(pair.example.source) <= rankOf(pair.example.target);
  return [...pairs.values()]
    .filter((pair) => {
      if (!isLikely(pair) || isCovered(pair, rules)) return false;
      const back = pairs.get(keyOf(pair.target, pair.source));
      return back === undefined || !isLikely(back) || causes(pair, back);
    })
    .map(({ source, target, equal, together }) => ({
      source,
      target,
      equal: [...equal].sort(),
      together,
      targetFirings: times.get(target) ?? 0,
    }))
    .sort((a, b) => b.together - a.together || (a.target < b.target ? -1 : 1));
}

function pairsOf(firings: readonly FiringRecord[]): Map<string, Pair> {
  const pairs = new Map<string, Pair>();
  for (const effect of firings) {
    // Of several with the same name, the one that is most about the same thing.
    const causes = new Map<string, { cause: FiringRecord; equal: string[] }>();
    for (const cause of firings) {
      if (nameOf(cause.labels) === nameOf(effect.labels)) continue;
      if (cause.startedAt > effect.startedAt + TERMS.slack) continue;
      if (cause.endedAt < effect.startedAt) continue;
      const equal = agreeing(cause.labels, effect.labels);
      const known = causes.get(nameOf(cause.labels));
      if (known === undefined || known.equal.length < equal.length)
        causes.set(nameOf(cause.labels), { cause, equal });
    }
    for (const [source, { cause, equal }] of causes) {
      if (equal.length === 0) continue;
      const key = keyOf(source, nameOf(effect.labels));
      const pair = pairs.get(key) ?? {
        source,
        target: nameOf(effect.labels),
        together: 0,
        first: 0,
        equal: new Set(equal),
        example: { source: cause.labels, target: effect.labels },
      };
      pairs.set(key, pair);
      pair.together += 1;
      if (cause.startedAt <= effect.startedAt) pair.first += 1;
      pair.equal = new Set(equal.filter((name) => pair.equal.has(name)));
    }
  }
  return pairs;
}

/** The worse, the smaller. */
function rankOf({ severity = "" }: Labels): number {
  return ["critical", "page", "error", "warning"].indexOf(severity) + 1 || 5;
}

/** Of two that each could be the other's cause: the worse one, else the one that is told first. */
function causes({ example, ...pair }: Pair, back: Pair): boolean {
  if (rankOf(example.source) < rankOf(example.target)) return true;
  if (pair.first !== back.first) return pair.first > back.first;
  return pair.source < pair.target;
}

/** Whether a rule of the configuration hides one of the two by the other already. */
function isCovered({ example }: Pair, rules: readonly InhibitRule[]): boolean {
  return rules.some(({ source, target }) => {
    const [isSource, isTarget] = [compileMatchers(source), compileMatchers(target)];
    return (
      (isSource(example.source) && isTarget(example.target)) ||
      (isSource(example.target) && isTarget(example.source))
    );
  });
}

function agreeing(a: Labels, b: Labels): string[] {
  return Object.keys(a).filter((name) => !KINDS.has(name) && a[name] === b[name]);
}

function nameOf(labels: Labels): string {
  return labels["alertname"] ?? "";
}

function keyOf(source: string, target: string): string {
  return JSON.stringify([source, target]);
}
