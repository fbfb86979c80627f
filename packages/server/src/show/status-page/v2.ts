import { createHash } from "node:crypto";
import { indicatorOf } from "../../respond/index.ts";
import type { ShownComponent, ShownPost, StatusWorld } from "../../respond/index.ts";

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

/** The page's id: the same for as long as its address is. */
const pageId = (url: string) => idOf(`page ${url}`);

function idOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/**
 * The page as the documents of Statuspage's public API, version 2, by their paths. Incidents are those
 * of the past 90 days, newest first, at most 50, as there.
 */
export function v2Documents(world: StatusWorld, url: string): ReadonlyMap<string, unknown> {
  const { settings } = world.page;
  const id = pageId(url);
  const changedAt = Math.max(
    world.page.updatedAt,
    ...world.components.map(({ stateSince }) => stateSince),
    ...world.posts.map(({ updatedAt }) => updatedAt),
  );
  const page = {
    id,
    name: settings.name,
    url,
    time_zone: "Etc/UTC",
    updated_at: iso(changedAt),
  };
  const status = indicatorOf(world.components.map(({ state }) => state));
  const components = componentsOf(world, id);
  const single = new Map(components.map((component) => [component.id, component]));
  const view = (post: ShownPost) => postOf(post, id, url, single);
  const incidents = world.posts.filter(({ kind }) => kind === "incident");
  const unresolved = incidents.filter(({ resolvedAt }) => resolvedAt === null);
  const maintenance = world.posts.filter(({ kind }) => kind === "maintenance");
  const upcoming = maintenance.filter(({ state }) => state === "scheduled");
  const active = maintenance.filter(
    ({ state, resolvedAt }) => resolvedAt === null && state !== "scheduled",
  );
  const listed = (posts: readonly ShownPost[]) => posts.slice(0, 50).map(view);
  return new Map<string, unknown>([
    [
      "summary",
      {
        page,
        components,
        incidents: listed(unresolved),
        scheduled_maintenances: listed([...active, ...upcoming]),
        status,
      },
    ],
    ["status", { page, status }],
    ["components", { page, components }],
    ["incidents", { page, incidents: listed(incidents) }],
    ["incidents/unresolved", { page, incidents: listed(unresolved) }],
    ["scheduled-maintenances", { page, scheduled_maintenances: listed(maintenance) }],
    ["scheduled-maintenances/upcoming", { page, scheduled_maintenances: listed(upcoming) }],
    ["scheduled-maintenances/active", { page, scheduled_maintenances: listed(active) }],
  ]);
}

/** Components, and each group as a component of its own before those in it. */
function componentsOf({ components, page }: StatusWorld, pageIdText: string) {
  const groups = new Map<string, ShownComponent[]>();
  for (const component of components) {
    if (component.group === null) continue;
    const list = groups.get(component.group);
    if (list === undefined) groups.set(component.group, [component]);
    else list.push(component);
  }
  const groupId = (name: string | null) => (name === null ? null : idOf(`group ${name}`));
  const shared = {
    showcase: false,
    start_date: null,
    page_id: pageIdText,
    only_show_if_degraded: false,
  };
  const headings = [...groups].map(([name, list], index) => ({
    id: groupId(name) ?? "",
    name,
    status: worstOf(list),
    created_at: iso(Math.min(...list.map(({ createdAt }) => createdAt))),
    updated_at: iso(Math.max(page.updatedAt, ...list.map(({ stateSince }) => stateSince))),
    position: index + 1,
    description: null,
    group_id: null,
    group: true,
    ...shared,
    components: list.map(({ id }) => id),
  }));
  const parts = components.map((component, index) => ({
    id: component.id,
    name: component.name,
    status: component.state as string,
    created_at: iso(component.createdAt),
    updated_at: iso(component.stateSince),
    position: index + 1,
    description: component.description === "" ? null : component.description,
    group_id: groupId(component.group),
    group: false,
    ...shared,
  }));
  return [...headings, ...parts];
}

const ORDER = [
  "operational",
  "under_maintenance",
  "degraded_performance",
  "partial_outage",
  "major_outage",
];

function worstOf(components: readonly ShownComponent[]): string {
  const worst = Math.max(...components.map(({ state }) => ORDER.indexOf(state)));
  return ORDER[worst] ?? "operational";
}

function postOf(
  post: ShownPost,
  pageIdText: string,
  url: string,
  components: ReadonlyMap<string, { readonly id: string; readonly name: string }>,
) {
  const named = post.components.flatMap(({ id }) => components.get(id) ?? []);
  const monitored = post.updates.find(({ state }) => state === "monitoring");
  const began = post.updates.find(({ state }) => state === "in_progress");
  return {
    id: post.id,
    name: post.title,
    status: post.state,
    created_at: iso(post.createdAt),
    updated_at: iso(post.updatedAt),
    monitoring_at: iso(monitored?.at ?? null),
    resolved_at: iso(post.resolvedAt),
    impact: post.kind === "maintenance" ? "maintenance" : post.impact,
    shortlink: `${url}/incidents/${post.id}`,
    started_at: iso(began?.at ?? post.createdAt),
    page_id: pageIdText,
    incident_updates: post.updates.map((update) => ({
      id: update.id,
      status: update.state,
      body: update.body,
      incident_id: post.id,
      created_at: iso(update.at),
      updated_at: iso(update.at),
      display_at: iso(update.at),
      affected_components: post.components.flatMap(({ id, state }) => {
        const component = components.get(id);
        return component === undefined
          ? []
          : [{ code: id, name: component.name, new_status: state }];
      }),
    })),
    components: named,
    ...(post.kind === "maintenance"
      ? { scheduled_for: iso(post.startsAt), scheduled_until: iso(post.endsAt) }
      : {}),
  };
}
