import { compileMatchers } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import type { InhibitRule } from "../config/route-config.ts";
import { isResolved } from "../dispatch/alert-book.ts";
import type { HeldAlert } from "../dispatch/alert-book.ts";

interface CompiledRule {
  readonly isSource: (labels: Labels) => boolean;
  readonly isTarget: (labels: Labels) => boolean;
  readonly equal: readonly string[];
  /** Source alerts by the values of their `equal` labels. */
  readonly sources: Map<string, Map<string, HeldAlert>>;
}

/** Knows which alerts are inhibited by which others. */
export class Inhibitor {
  readonly #rules: readonly CompiledRule[];

  constructor(rules: readonly InhibitRule[]) {
    this.#rules = rules.map((rule) => ({
      isSource: compileMatchers(rule.source),
      isTarget: compileMatchers(rule.target),
      equal: rule.equal,
      sources: new Map(),
    }));
  }

  /** Takes note of an alert that is new or has changed. */
  put(alert: HeldAlert): void {
    for (const rule of this.#rules) {
      if (!rule.isSource(alert.labels)) continue;
      const key = equalKey(rule, alert.labels);
      const sources = rule.sources.get(key) ?? new Map<string, HeldAlert>();
      rule.sources.set(key, sources.set(alert.fingerprint, alert));
    }
  }

  /** Forgets an alert. */
  delete(alert: HeldAlert): void {
    for (const rule of this.#rules) {
      const key = equalKey(rule, alert.labels);
      const sources = rule.sources.get(key);
      sources?.delete(alert.fingerprint);
      if (sources?.size === 0) rule.sources.delete(key);
    }
  }

  /**
   * The alerts that inhibit an alert with these labels at `at`, at most one for each rule. Two alerts
   * that each match both sides of a rule do not inhibit one another.
   */
  inhibitedBy(labels: Labels, at: number): string[] {
    return this.#rules.flatMap((rule) => {
      if (!rule.isTarget(labels)) return [];
      const twoSided = rule.isSource(labels);
      for (const source of rule.sources.get(equalKey(rule, labels))?.values() ?? []) {
        if (isResolved(source, at) || (twoSided && rule.isTarget(source.labels))) continue;
        return [source.fingerprint];
      }
      return [];
    });
  }
}

/** An absent label and an empty one are the same, so two alerts that both lack it are equal in it. */
function equalKey(rule: CompiledRule, labels: Labels): string {
  return JSON.stringify(rule.equal.map((name) => labels[name] ?? ""));
}
