import { compileMatchers } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import type { InhibitRule } from "../config/route-config.ts";
import { isResolved } from "../dispatch/alert-book.ts";
import type { HeldAlert } from "../dispatch/alert-book.ts";

interface CompiledRule {
  readonly rule: InhibitRule;
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
      rule,
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
  inhibitions(
    labels: Labels,
    at: number,
  ): { readonly rule: InhibitRule; readonly alert: HeldAlert }[] {
    return this.#rules.flatMap((compiled) => {
      if (!compiled.isTarget(labels)) return [];
      const twoSided = compiled.isSource(labels);
      for (const alert of compiled.sources.get(equalKey(compiled, labels))?.values() ?? []) {
        if (isResolved(alert, at) || (twoSided && compiled.isTarget(alert.labels))) continue;
        return [{ rule: compiled.rule, alert }];
      }
      return [];
    });
  }

  /** The fingerprints of the alerts that inhibit an alert with these labels at `at`. */
  inhibitedBy(labels: Labels, at: number): string[] {
    return this.inhibitions(labels, at).map(({ alert }) => alert.fingerprint);
  }
}

/** An absent label and an empty one are the same, so two alerts that both lack it are equal in it. */
function equalKey(rule: Pick<CompiledRule, "equal">, labels: Labels): string {
  return JSON.stringify(rule.equal.map((name) => labels[name] ?? ""));
}
