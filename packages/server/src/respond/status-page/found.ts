import { compileMatchers, messageOf } from "../../model/index.ts";
import type { ComponentSource, ComponentState, Labels, Severity } from "../../model/index.ts";
import { parseMatcher } from "../../route/index.ts";
import type { StatusComponentRecord } from "../../store/index.ts";
import { StatusPageError } from "./errors.ts";
import { worstState } from "./state.ts";
import type { ShownState } from "./state.ts";

/** A source that is found by series. */
export type ProbeSource = Extract<ComponentSource, { kind: "probe" }>;

/** What is asked of the metrics. */
export interface StatusProbes {
  /** Of the series, how many were 1 at some time in the last `failAfter`; undefined without data. */
  upShare(source: ProbeSource, now: number): Promise<number | undefined>;
  /** What was found on the days that begin at `days` (UTC), each up to `now` at most. */
  days(
    source: ProbeSource,
    days: readonly number[],
    now: number,
  ): Promise<
    readonly { readonly start: number; readonly knownMs: number; readonly upMs: number }[]
  >;
}

const BY_SEVERITY: Readonly<Record<Severity, ComponentState>> = {
  P1: "major_outage",
  P2: "partial_outage",
  P3: "degraded_performance",
};

/** Reads matchers; throws `status_component_invalid` with which one cannot be read, and why. */
export function readMatchers(texts: readonly string[]): (labels: Labels) => boolean {
  const matchers = texts.map((text, index) => {
    try {
      return parseMatcher(text);
    } catch (error) {
      throw invalid(`source.matchers[${index}]: ${messageOf(error)}`);
    }
  });
  try {
    return compileMatchers(matchers);
  } catch (error) {
    throw invalid(`source.matchers: ${messageOf(error)}`);
  }
}

const invalid = (reason: string) => new StatusPageError("status_component_invalid", `${reason}.`);

/** What alerts that fire say of a component. */
export function foundByAlerts(
  matches: (labels: Labels) => boolean,
  firing: readonly Labels[],
  severityOf: (labels: Labels) => Severity | undefined,
): ShownState {
  const states = firing.filter(matches).flatMap((labels): ComponentState[] => {
    const severity = severityOf(labels);
    return severity === undefined ? [] : [BY_SEVERITY[severity]];
  });
  return { state: worstState(states), note: "" };
}

/** What a probe says of a component; undefined where it says nothing. */
export function foundByProbe(upShare: number | undefined): ShownState | undefined {
  if (upShare === undefined) return undefined;
  if (upShare >= 1) return { state: "operational", note: "" };
  return { state: upShare > 0 ? "partial_outage" : "major_outage", note: "" };
}

/** Whether what was found differs from what is known. */
export function differs(component: StatusComponentRecord, found: ShownState | null): boolean {
  return (
    component.autoState !== (found?.state ?? null) || component.autoNote !== (found?.note ?? "")
  );
}
