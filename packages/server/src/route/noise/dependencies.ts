import { compileMatchers } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import type { InhibitRule } from "../config/route-config.ts";

/** The alert that says that nothing of a service answers. */
const SERVICE_DOWN = "ServiceDown";
/** What is suggested at once. */
const MOST = 50;

/** One service calls another, as traces show. */
export interface ServiceCall {
  readonly caller: string;
  readonly callee: string;
  readonly calls: number;
}

/** What a service that is down would explain about one that calls it. */
export interface DependencySuggestion extends ServiceCall {
  /** The matchers of the two sides. */
  readonly source: Labels;
  readonly target: Labels;
  /** Alerts of the caller that follow from it. */
  readonly alerts: readonly string[];
}

/**
 * Inhibition rules that the service map speaks for: while a service is down, the requests of those that
 * call it fail and are slow. Only calls between services for which there can be alerts count, the most
 * frequent first; what a rule of the configuration hides already is left out.
 */
export function dependencySuggestions(
  calls: readonly ServiceCall[],
  known: {
    /** Label sets of the scrape targets: they say which label names a service. */
    readonly targets: readonly Labels[];
    /** The alerting rules there are, and those of them that are about requests. */
    readonly alerts: ReadonlySet<string>;
    readonly requestAlerts: readonly string[];
    readonly rules: readonly InhibitRule[];
  },
): DependencySuggestion[] {
  const alerts = [...known.requestAlerts].sort();
  const [first] = alerts;
  if (first === undefined || !known.alerts.has(SERVICE_DOWN)) return [];
  const labelOf = (service: string): Labels | undefined =>
    ["service", "job"].flatMap((name) =>
      known.targets.some((labels) => labels[name] === service) ? [{ [name]: service }] : [],
    )[0];
  return [...calls]
    .sort((a, b) => b.calls - a.calls)
    .flatMap(({ caller, callee, calls: count }) => {
      const [target, of] = [labelOf(caller), labelOf(callee)];
      if (caller === callee || target === undefined || of === undefined) return [];
      const source = { alertname: SERVICE_DOWN, ...of };
      const isHidden = known.rules.some((rule) =>
        hides(rule, source, { alertname: first, ...target }),
      );
      return isHidden ? [] : [{ caller, callee, calls: count, source, target, alerts }];
    })
    .slice(0, MOST);
}

function hides({ source, target, equal }: InhibitRule, cause: Labels, effect: Labels): boolean {
  return (
    compileMatchers(source)(cause) &&
    compileMatchers(target)(effect) &&
    equal.every((name) => (cause[name] ?? "") === (effect[name] ?? ""))
  );
}
