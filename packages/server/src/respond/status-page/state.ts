import type { ComponentState } from "../../model/index.ts";
import type { StatusComponentRecord, StatusPostRecord } from "../../store/index.ts";

/** How bad a state is; what is planned is worse than nothing, and better than what is not. */
const WEIGHT: Readonly<Record<ComponentState, number>> = {
  operational: 0,
  under_maintenance: 1,
  degraded_performance: 2,
  partial_outage: 3,
  major_outage: 4,
};

/** What trouble of one component means for those that cannot do without it: one step less. */
const PASSED_ON: Readonly<Record<ComponentState, ComponentState>> = {
  operational: "operational",
  under_maintenance: "operational",
  degraded_performance: "operational",
  partial_outage: "degraded_performance",
  major_outage: "partial_outage",
};

/** The worst of states; `operational` when there are none. */
export function worstState(states: Iterable<ComponentState>): ComponentState {
  let worst: ComponentState = "operational";
  for (const state of states) if (WEIGHT[state] > WEIGHT[worst]) worst = state;
  return worst;
}

/** The page's one sentence, by the names and words of Statuspage's API. */
export function indicatorOf(states: readonly ComponentState[]): {
  readonly indicator: "none" | "minor" | "major" | "critical" | "maintenance";
  readonly description: string;
} {
  const worst = worstState(states);
  if (worst === "operational") return { indicator: "none", description: "All systems operational" };
  if (worst === "under_maintenance")
    return { indicator: "maintenance", description: "Maintenance in progress" };
  if (worst === "degraded_performance")
    return { indicator: "minor", description: "Some systems are slow or limited" };
  if (worst === "partial_outage")
    return { indicator: "major", description: "Some systems are partly down" };
  const all = states.every((state) => state === "major_outage");
  return {
    indicator: "critical",
    description: all ? "Everything is down" : "Some systems are down",
  };
}

/** What is shown of a component, and why. */
export interface ShownState {
  readonly state: ComponentState;
  readonly note: string;
}

/**
 * What is shown of each component. A person's word wins over everything; maintenance in progress over
 * what is found, for that is what it was announced for; else the worst of what its source found, what
 * open incidents say of it, and what the components that it depends on pass on.
 */
export function shownStates(
  components: readonly StatusComponentRecord[],
  posts: readonly StatusPostRecord[],
  now: number,
): ReadonlyMap<string, ShownState> {
  const byId = new Map(components.map((component) => [component.id, component]));
  const shown = new Map<string, ShownState>();
  const open = posts.filter(({ resolvedAt }) => resolvedAt === null);

  function show(component: StatusComponentRecord, trail: ReadonlySet<string>): ShownState {
    const known = shown.get(component.id);
    if (known !== undefined) return known;
    const { override } = component;
    if (override !== null && (override.until === null || override.until > now))
      return { state: override.state, note: override.reason };
    const named = open.flatMap((post) =>
      post.components.filter(({ id }) => id === component.id).map(({ state }) => ({ post, state })),
    );
    const maintained = named.find(
      ({ post }) => post.kind === "maintenance" && post.state !== "scheduled",
    );
    if (maintained !== undefined)
      return { state: "under_maintenance", note: maintained.post.title };
    const causes: ShownState[] = [
      ...(component.autoState === null
        ? []
        : [{ state: component.autoState, note: component.autoNote }]),
      ...named
        .filter(({ post }) => post.kind === "incident")
        .map(({ post, state }) => ({ state, note: post.title })),
    ];
    for (const id of component.dependsOn) {
      const dependency = byId.get(id);
      if (dependency === undefined || trail.has(id)) continue;
      const { state } = show(dependency, new Set([...trail, component.id]));
      const passed = PASSED_ON[state];
      if (passed !== "operational")
        causes.push({ state: passed, note: `It depends on ${dependency.name}` });
    }
    const worst = worstState(causes.map(({ state }) => state));
    return causes.find(({ state }) => state === worst) ?? { state: worst, note: "" };
  }

  for (const component of components) shown.set(component.id, show(component, new Set()));
  return shown;
}

/** The names along a circle of dependencies, if the components have one. */
export function dependencyCircle(
  components: readonly {
    readonly id: string;
    readonly name: string;
    readonly dependsOn: readonly string[];
  }[],
): readonly string[] | undefined {
  const byId = new Map(components.map((component) => [component.id, component]));
  const done = new Set<string>();

  function walk(id: string, trail: readonly string[]): readonly string[] | undefined {
    const at = trail.indexOf(id);
    if (at !== -1) return [...trail.slice(at), id];
    if (done.has(id)) return undefined;
    for (const next of byId.get(id)?.dependsOn ?? []) {
      const circle = walk(next, [...trail, id]);
      if (circle !== undefined) return circle;
    }
    done.add(id);
    return undefined;
  }

  for (const { id } of components) {
    const circle = walk(id, []);
    if (circle !== undefined) return circle.map((one) => byId.get(one)?.name ?? one);
  }
  return undefined;
}
