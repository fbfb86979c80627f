import { randomUUID } from "node:crypto";
import type {
  Announce,
  Clock,
  ComponentDraft,
  ComponentOverride,
  ComponentState,
  PostState,
  StatusImpact,
  StatusPageAccess,
  StatusPageSettings,
} from "../../model/index.ts";
import { INCIDENT_POST_STATES, MAINTENANCE_POST_STATES, parseMarkdown } from "../../model/index.ts";
import {
  addStatusChange,
  addTimeline,
  deleteStatusComponent,
  deleteStatusPost,
  ensureStatusPage,
  findIncident,
  findStatusPost,
  listStatusComponents,
  listStatusPosts,
  putStatusComponent,
  putStatusPost,
  readStatusPage,
  saveStatusPage,
  touchStatusPage,
  writeAudit,
} from "../../store/index.ts";
import type {
  Records,
  StatusComponentRecord,
  StatusPageRecord,
  StatusPostRecord,
  Tx,
} from "../../store/index.ts";
import { sayOf, settleStates } from "./changes.ts";
import { StatusPageError } from "./errors.ts";
import { readMatchers } from "./found.ts";
import { DAY_MS, SHOWN_DAYS } from "./history.ts";
import { logoFault } from "./logo.ts";
import { dependencyCircle } from "./state.ts";
import { templateOf } from "./templates.ts";
import { readWorld } from "./world.ts";
import type { StatusWorld } from "./world.ts";

const LIMITS = { components: 200, openPosts: 100 } as const;

const DEFAULT_SETTINGS: StatusPageSettings = {
  name: "Status",
  description: "",
  accent: "#1d4ed8",
  supportUrl: "",
  subscriptions: true,
};

/** What a person announces. Times are milliseconds since 1970. */
export interface PostDraft {
  readonly kind: "incident" | "maintenance";
  readonly title: string;
  readonly impact: StatusImpact;
  readonly state: PostState;
  /** The first update; a template's text where it is empty. */
  readonly body: string;
  /** The incident inside that it tells of, by its id. */
  readonly incidentId: string | null;
  readonly components: StatusPostRecord["components"];
  readonly startsAt: number | null;
  readonly endsAt: number | null;
  readonly tell: boolean;
}

/** What is new about something announced. */
export interface UpdateDraft {
  readonly state: PostState;
  readonly body: string;
  /** What it makes of components from now on; as before where it is not given. */
  readonly components?: StatusPostRecord["components"] | undefined;
  readonly impact?: StatusImpact | undefined;
  readonly tell: boolean;
}

/** The status page as people command it. Every change is audited, and shown within moments. */
export interface StatusCommands {
  /** All that the page is made of; it is made at the first question. */
  read(): Promise<StatusWorld>;
  /** Throws `status_page_changed` when somebody else was faster. */
  saveSettings(
    actor: string,
    version: number,
    change: { readonly settings?: StatusPageSettings; readonly access?: StatusPageAccess },
  ): Promise<void>;
  /** Throws `status_logo_invalid`. */
  saveLogo(actor: string, logo: Buffer | null): Promise<void>;
  createComponent(actor: string, draft: ComponentDraft): Promise<string>;
  replaceComponent(
    actor: string,
    id: string,
    version: number,
    draft: ComponentDraft,
  ): Promise<void>;
  removeComponent(actor: string, id: string): Promise<void>;
  /** Sets what is shown whatever is found; null gives the word back to what is found. */
  override(
    actor: string,
    id: string,
    override: {
      readonly state: ComponentState;
      readonly reason: string;
      readonly until: number | null;
    } | null,
  ): Promise<void>;
  /** Announces an incident or maintenance; answers its id. */
  announce(actor: string, draft: PostDraft): Promise<string>;
  update(actor: string, id: string, draft: UpdateDraft): Promise<void>;
  /** Leads visitors from what was announced of an incident to its post-mortem, once; if anything was. */
  tellPostMortem(actor: string, incidentId: string, url: string): Promise<void>;
  removePost(actor: string, id: string): Promise<void>;
}

/** Makes the commands; `changed` is called after each change. */
export function createStatusCommands(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly announce: Announce;
  readonly changed: () => void;
}): StatusCommands {
  const { records, clock } = deps;

  const noComponent = (id: string) =>
    new StatusPageError("status_component_not_found", `There is no component ${id}.`);
  const badComponent = (reason: string) =>
    new StatusPageError("status_component_invalid", `${reason}.`);
  const badPost = (reason: string) => new StatusPageError("status_post_invalid", `${reason}.`);

  /** Runs one change under the page's lock: audited, what is shown brought in step, told when done. */
  async function change<T>(
    actor: string,
    action: string,
    subject: string,
    detail: Readonly<Record<string, unknown>>,
    run: (tx: Tx, now: number) => Promise<T>,
  ): Promise<T> {
    const now = clock.now();
    await ensureStatusPage(records.db, DEFAULT_SETTINGS, now);
    return records.transaction(async (tx) => {
      await touchStatusPage(tx);
      const result = await run(tx, now);
      await settleStates(tx, now);
      await writeAudit(tx, { at: now, actor, action, subject, detail });
      records.afterCommit(tx, () => {
        deps.announce({ topic: "status-page" });
        deps.changed();
      });
      return result;
    });
  }

  async function find(tx: Tx, id: string): Promise<StatusComponentRecord> {
    const found = (await listStatusComponents(tx)).find((component) => component.id === id);
    if (found === undefined) throw noComponent(id);
    return found;
  }

  async function check(tx: Tx, id: string, draft: ComponentDraft): Promise<void> {
    if (draft.source.kind !== "manual") readMatchers(draft.source.matchers);
    const others = (await listStatusComponents(tx)).filter((component) => component.id !== id);
    if (others.some(({ name }) => name.toLowerCase() === draft.name.toLowerCase())) {
      throw new StatusPageError(
        "status_component_name_taken",
        `There is a component "${draft.name}" already.`,
      );
    }
    for (const [index, other] of draft.dependsOn.entries()) {
      if (other !== id && !others.some((component) => component.id === other))
        throw badComponent(`dependsOn[${index}]: there is no component ${other}`);
    }
    const circle = dependencyCircle([...others, { ...draft, id }]);
    if (circle !== undefined)
      throw badComponent(`dependsOn: components depend on each other: ${circle.join(" → ")}`);
  }

  async function checkNamed(tx: Tx, named: StatusPostRecord["components"]): Promise<void> {
    const known = new Set((await listStatusComponents(tx)).map(({ id }) => id));
    const missing = named.find(({ id }) => !known.has(id));
    if (missing !== undefined) throw badPost(`components: there is no component ${missing.id}`);
  }

  function checkState(kind: PostDraft["kind"], state: PostState): void {
    const states: readonly PostState[] =
      kind === "incident" ? INCIDENT_POST_STATES : MAINTENANCE_POST_STATES;
    if (!states.includes(state))
      throw badPost(
        `state: of ${kind === "incident" ? "an incident" : "maintenance"} it is one of ${states.join(", ")}`,
      );
  }

  async function noteOnIncident(
    tx: Tx,
    actor: string,
    { incidentId, title }: StatusPostRecord,
    state: PostState,
    at: number,
  ): Promise<void> {
    if (incidentId === null) return;
    const text = `Status page: ${state.replaceAll("_", " ")} (${title})`;
    await addTimeline(tx, [{ incidentId, at: new Date(at), kind: "comment", actor, text }]);
    records.afterCommit(tx, () => deps.announce({ topic: "incidents", id: incidentId }));
  }

  async function page(tx: Tx): Promise<StatusPageRecord> {
    const found = await readStatusPage(tx);
    if (found === undefined) throw new Error("the status page vanished while it was changed");
    return found;
  }

  const update: StatusCommands["update"] = (actor, id, draft) =>
    change(actor, "status_post.update", id, { state: draft.state }, async (tx, now) => {
      const post = await findStatusPost(tx, id);
      if (post === undefined) throw noPost(id);
      checkState(post.kind, draft.state);
      parseMarkdown(draft.body);
      if (draft.state === "postmortem" && post.resolvedAt === null)
        throw badPost("state: a post-mortem is published once the incident is resolved");
      await checkNamed(tx, draft.components ?? []);
      const { state, tell } = draft;
      const body = draft.body.trim() === "" ? templateOf(state, post.title) : draft.body;
      const next = {
        ...post,
        components: draft.components ?? post.components,
        impact: draft.impact ?? post.impact,
      };
      await sayOf(tx, next, { state, body, at: now, by: actor, tell });
      await noteOnIncident(tx, actor, post, state, now);
    });

  return {
    async read() {
      const now = clock.now();
      await ensureStatusPage(records.db, DEFAULT_SETTINGS, now);
      const world = await readWorld(records.db, now);
      if (world === undefined) throw new Error("the status page vanished while it was read");
      return world;
    },

    saveSettings: (actor, version, { settings, access }) =>
      change(
        actor,
        "status_page.update",
        "status page",
        { version: version + 1 },
        async (tx, now) => {
          const before = await page(tx);
          const next = {
            ...before,
            settings: settings ?? before.settings,
            access: access ?? before.access,
            version: version + 1,
            updatedAt: now,
          };
          if (await saveStatusPage(tx, next)) return;
          throw new StatusPageError(
            "status_page_changed",
            `Somebody has changed the page meanwhile: it is at version ${before.version}, your change was made on ${version}. Load it again and repeat your change.`,
          );
        },
      ),

    async saveLogo(actor, bytes) {
      const type = bytes === null ? undefined : logoFault(bytes);
      if (type !== undefined && "fault" in type)
        throw new StatusPageError("status_logo_invalid", type.fault);
      await change(actor, "status_page.logo", "status page", {}, async (tx, now) => {
        const before = await page(tx);
        const logo = bytes === null || type === undefined ? null : { type: type.type, bytes };
        await saveStatusPage(tx, { ...before, logo, version: before.version + 1, updatedAt: now });
      });
    },

    createComponent(actor, draft) {
      const id = randomUUID();
      const { name } = draft;
      return change(actor, "status_component.create", id, { name }, async (tx, now) => {
        if ((await listStatusComponents(tx)).length >= LIMITS.components) {
          throw new StatusPageError(
            "status_limit_reached",
            `A page has at most ${LIMITS.components} components.`,
          );
        }
        await check(tx, id, draft);
        await putStatusComponent(tx, {
          ...draft,
          id,
          autoState: null,
          autoNote: "",
          override: null,
          state: "operational",
          note: "",
          stateSince: now,
          createdAt: now,
          version: 1,
        });
        await addStatusChange(tx, id, now, "operational");
        return id;
      });
    },

    replaceComponent: (actor, id, version, draft) =>
      change(actor, "status_component.update", id, { name: draft.name }, async (tx) => {
        const before = await find(tx, id);
        if (before.version !== version) {
          throw new StatusPageError(
            "status_component_changed",
            `Somebody has changed the component meanwhile: it is at version ${before.version}, your change was made on ${version}. Load it again and repeat your change.`,
          );
        }
        await check(tx, id, draft);
        const same = JSON.stringify(draft.source) === JSON.stringify(before.source);
        const auto = same ? {} : { autoState: null, autoNote: "" };
        await putStatusComponent(tx, { ...before, ...draft, ...auto, version: version + 1 });
      }),

    removeComponent: (actor, id) =>
      change(actor, "status_component.delete", id, {}, async (tx) => {
        for (const other of await listStatusComponents(tx)) {
          if (!other.dependsOn.includes(id)) continue;
          const dependsOn = other.dependsOn.filter((one) => one !== id);
          await putStatusComponent(tx, { ...other, dependsOn });
        }
        if (!(await deleteStatusComponent(tx, id))) throw noComponent(id);
      }),

    override: (actor, id, given) =>
      change(actor, "status_component.override", id, { ...given }, async (tx, now) => {
        const component = await find(tx, id);
        if (given !== null && given.until !== null && given.until <= now)
          throw badComponent("until: is in the past");
        const override: ComponentOverride | null =
          given === null ? null : { ...given, by: actor, since: now };
        await putStatusComponent(tx, { ...component, override });
      }),

    announce(actor, draft) {
      const id = randomUUID();
      const { kind, title } = draft;
      return change(actor, "status_post.create", id, { kind, title }, async (tx, now) => {
        checkState(kind, draft.state);
        parseMarkdown(draft.body);
        await checkNamed(tx, draft.components);
        const { startsAt, endsAt, incidentId } = draft;
        if (kind === "maintenance" && (startsAt === null || endsAt === null || endsAt <= startsAt))
          throw badPost("startsAt, endsAt: maintenance ends after it begins");
        if (kind === "maintenance" && (endsAt ?? 0) <= now) throw badPost("endsAt: is in the past");
        if (incidentId !== null && (await findIncident(tx, { id: incidentId })) === undefined)
          throw badPost(`incidentId: there is no incident ${incidentId}`);
        if ((await listStatusPosts(tx, now)).length >= LIMITS.openPosts) {
          throw new StatusPageError(
            "status_limit_reached",
            `At most ${LIMITS.openPosts} announcements are open at a time: resolve some.`,
          );
        }
        const post: StatusPostRecord = {
          id,
          kind,
          title,
          impact: draft.impact,
          state: draft.state,
          incidentId,
          components: draft.components,
          startsAt: kind === "maintenance" ? startsAt : null,
          endsAt: kind === "maintenance" ? endsAt : null,
          resolvedAt: null,
          createdAt: now,
          updatedAt: now,
        };
        await putStatusPost(tx, post);
        const { state, tell } = draft;
        const body = draft.body.trim() === "" ? templateOf(state, title) : draft.body;
        await sayOf(tx, post, { state, body, at: now, by: actor, tell });
        await noteOnIncident(tx, actor, post, state, now);
        return id;
      });
    },

    update,

    async tellPostMortem(actor, incidentId, url) {
      const posts = await listStatusPosts(records.db, clock.now() - SHOWN_DAYS * DAY_MS);
      const post = posts.find((one) => one.incidentId === incidentId);
      if (post === undefined || post.resolvedAt === null || post.state === "postmortem") return;
      const body = `${templateOf("postmortem", post.title)} [Read the post-mortem](${url})`;
      await update(actor, post.id, { state: "postmortem", body, tell: true });
    },

    removePost: (actor, id) =>
      change(actor, "status_post.delete", id, {}, async (tx) => {
        if (!(await deleteStatusPost(tx, id))) throw noPost(id);
      }),
  };
}

const noPost = (id: string) =>
  new StatusPageError("status_post_not_found", `Nothing with the id ${id} is announced.`);
