import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { MarkdownError, parseMarkdown } from "../../model/index.ts";
import type { Announce, Clock, MarkdownBlock, Severity } from "../../model/index.ts";
import {
  actionsOfPostMortem,
  addPostMortem,
  addTimeline,
  completePostMortem,
  findIncident,
  findPostMortem,
  listActions,
  listPostMortems,
  publishPostMortem,
  publishedPostMortem,
  removeAction,
  replacePostMortem,
  saveAction,
  writeAudit,
} from "../../store/index.ts";
import type {
  IncidentSummaryRecord,
  PostMortemActionRecord,
  PostMortemLine,
  PostMortemRecord,
  Records,
  Tx,
} from "../../store/index.ts";
import type { Incidents } from "../incidents/incidents.ts";
import { PostMortemError } from "./errors.ts";
import { DEFAULT_TEMPLATE, draftOf, exported, impactInWords } from "./template.ts";
import type { MeasuredImpact } from "./template.ts";

/** How post-mortems are asked for, from `post_mortems` in seaworthy.yml. */
export interface PostMortemPolicy {
  /** Incidents that must have one. */
  readonly severities: readonly Severity[];
  /** How long after the end it is due, ms. */
  readonly dueAfter: number;
  /** The user's own template, if there is one. */
  readonly template: string | undefined;
  /** The share of requests that must succeed, for the error budget. */
  readonly objective: number | undefined;
}

/** A post-mortem as its page shows it. */
export interface PostMortemDetail {
  readonly incident: IncidentSummaryRecord;
  readonly postMortem: PostMortemRecord;
  readonly actions: readonly PostMortemActionRecord[];
  readonly blocks: readonly MarkdownBlock[];
  /** Null while the incident goes on. */
  readonly dueAt: Date | null;
}

/** What somebody writes down to do. */
export interface ActionDraft {
  readonly text: string;
  readonly owner: string | null;
  readonly dueOn: string | null;
  readonly done: boolean;
}

/** Post-mortems: drafted from an incident's timeline, finished by people, their actions followed up. */
export interface PostMortems {
  list(): Promise<{
    readonly lines: readonly (PostMortemLine & { readonly dueAt: Date })[];
    readonly actions: Awaited<ReturnType<typeof listActions>>;
  }>;
  /** Throws `post_mortem_not_found`, as all below do. */
  get(idOrNumber: string): Promise<PostMortemDetail>;
  /** Drafts one; the one that is there is answered as it is. Throws `post_mortem_too_early`. */
  begin(actor: string, idOrNumber: string): Promise<PostMortemDetail>;
  /** Throws `post_mortem_changed` when somebody else has saved another text meanwhile. */
  save(
    actor: string,
    idOrNumber: string,
    given: { readonly body: string; readonly version: number },
  ): Promise<PostMortemDetail>;
  complete(actor: string, idOrNumber: string, isComplete: boolean): Promise<PostMortemDetail>;
  /** Gives the text as it is now to the public, or takes it back. */
  publish(actor: string, idOrNumber: string, isPublic: boolean): Promise<PostMortemDetail>;
  addAction(actor: string, idOrNumber: string, draft: ActionDraft): Promise<PostMortemDetail>;
  /** Throws `post_mortem_action_not_found`. */
  changeAction(
    actor: string,
    idOrNumber: string,
    id: string,
    draft: ActionDraft,
  ): Promise<PostMortemDetail>;
  removeAction(actor: string, idOrNumber: string, id: string): Promise<PostMortemDetail>;
  /** What was made public about an incident, by its number. */
  published(number: number): ReturnType<typeof publishedPostMortem>;
  /** As one text of Markdown, with its actions. */
  export(idOrNumber: string): Promise<string>;
}

function canBeRead(markdown: string): boolean {
  try {
    parseMarkdown(markdown);
    return true;
  } catch (error) {
    if (error instanceof MarkdownError) return false;
    throw error;
  }
}

const MOST_LISTED = 200;
const MOST_ACTIONS = 500;

/** What is known of the requests to a service between two times, ms; undefined where nothing is. */
export type MeasureImpact = (
  service: string,
  from: number,
  to: number,
) => Promise<MeasuredImpact | undefined>;

/** Makes the post-mortems' service. */
export function createPostMortems(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly announce: Announce;
  readonly incidents: Pick<Incidents, "get">;
  readonly policy: PostMortemPolicy;
  /** Where people find this server. */
  readonly externalURL: string;
  /** Called when the post-mortem of an incident has become public: visitors may be led to it. */
  readonly published?: (actor: string, incident: IncidentSummaryRecord) => Promise<void>;
  readonly measure: MeasureImpact;
}): PostMortems {
  const { records, clock, announce, incidents, policy } = deps;

  const dueAt = (resolvedAt: Date | null) =>
    resolvedAt === null ? null : new Date(resolvedAt.getTime() + policy.dueAfter);

  async function find(idOrNumber: string): Promise<PostMortemDetail> {
    const { incident } = await incidents.get(idOrNumber);
    const postMortem = await findPostMortem(records.db, incident.id);
    if (postMortem === undefined) {
      throw new PostMortemError(
        "post_mortem_not_found",
        `Incident #${incident.number} has no post-mortem yet. Begin one from its page.`,
      );
    }
    return {
      incident,
      postMortem,
      actions: await actionsOfPostMortem(records.db, incident.id),
      blocks: parseMarkdown(postMortem.body),
      dueAt: dueAt(incident.resolvedAt),
    };
  }

  /** Runs one change, audited with it, and answers what came of it. */
  async function change(
    actor: string,
    idOrNumber: string,
    action: string,
    run: (tx: Tx, found: PostMortemDetail, at: Date) => Promise<string | undefined>,
  ): Promise<PostMortemDetail> {
    const found = await find(idOrNumber);
    const { id, number } = found.incident;
    await records.transaction(async (tx) => {
      const at = new Date(clock.now());
      const told = await run(tx, found, at);
      if (told !== undefined) {
        await addTimeline(tx, [{ incidentId: id, at, kind: "post_mortem", actor, text: told }]);
      }
      await writeAudit(tx, {
        at: at.getTime(),
        actor,
        action: `post_mortem.${action}`,
        subject: id,
        detail: { number },
      });
      records.afterCommit(tx, () => announce({ topic: "incidents", id }));
    });
    return find(id);
  }

  async function impactOf(detail: Awaited<ReturnType<Incidents["get"]>>): Promise<string> {
    const { service, openedAt, resolvedAt } = detail.incident;
    const measured =
      service === null || resolvedAt === null
        ? undefined
        : // What cannot be measured must not keep anybody from writing.
          await deps
            .measure(service, openedAt.getTime(), resolvedAt.getTime())
            .catch(() => undefined);
    return impactInWords(detail, measured, policy.objective);
  }

  const action = (
    found: PostMortemDetail,
    draft: ActionDraft,
    before: PostMortemActionRecord | undefined,
    at: Date,
    actor: string,
  ): PostMortemActionRecord => ({
    id: before?.id ?? randomUUID(),
    incidentId: found.incident.id,
    text: draft.text,
    owner: draft.owner,
    dueOn: draft.dueOn,
    doneAt: draft.done ? (before?.doneAt ?? at) : null,
    doneBy: draft.done ? (before?.doneBy ?? actor) : null,
    createdAt: before?.createdAt ?? at,
  });

  const known = (found: PostMortemDetail, id: string): PostMortemActionRecord => {
    const before = found.actions.find((one) => one.id === id);
    if (before === undefined) {
      throw new PostMortemError(
        "post_mortem_action_not_found",
        "This action is gone: somebody has removed it.",
      );
    }
    return before;
  };

  return {
    get: find,

    async list() {
      const lines = await listPostMortems(records.db, policy.severities, MOST_LISTED);
      return {
        lines: lines.map((line) => ({
          ...line,
          dueAt: new Date(line.resolvedAt.getTime() + policy.dueAfter),
        })),
        actions: await listActions(records.db, MOST_ACTIONS),
      };
    },

    async begin(actor, idOrNumber) {
      const detail = await incidents.get(idOrNumber);
      const { id, number, resolvedAt } = detail.incident;
      if (resolvedAt === null) {
        throw new PostMortemError(
          "post_mortem_too_early",
          `Incident #${number} goes on. Its post-mortem is made from the timeline once it is resolved.`,
        );
      }
      if ((await findPostMortem(records.db, id)) !== undefined) return find(id);
      const template =
        policy.template === undefined ? DEFAULT_TEMPLATE : await readFile(policy.template, "utf8");
      const url = `${deps.externalURL}/incidents/${number}`;
      const impact = await impactOf(detail);
      const drafted = draftOf(template, detail, impact, url);
      // Notes that are read one by one may together be more than one text may have.
      const body = canBeRead(drafted) ? drafted : draftOf(template, detail, impact, url, false);
      await records.transaction(async (tx) => {
        const at = new Date(clock.now());
        if (!(await addPostMortem(tx, { incidentId: id, body, at, by: actor }))) return;
        await addTimeline(tx, [
          { incidentId: id, at, kind: "post_mortem", actor, text: "Began the post-mortem" },
        ]);
        await writeAudit(tx, {
          at: at.getTime(),
          actor,
          action: "post_mortem.begin",
          subject: id,
          detail: { number },
        });
        records.afterCommit(tx, () => announce({ topic: "incidents", id }));
      });
      return find(id);
    },

    async save(actor, idOrNumber, { body, version }) {
      // What cannot be read is refused before it is kept.
      parseMarkdown(body);
      return change(actor, idOrNumber, "save", async (tx, { incident, postMortem }, at) => {
        const given = { incidentId: incident.id, body, version, at, by: actor };
        if ((await replacePostMortem(tx, given)) === undefined) {
          throw new PostMortemError(
            "post_mortem_changed",
            `${postMortem.updatedBy} has saved another text at ${postMortem.updatedAt.toISOString()}. Compare it with yours, and save again.`,
          );
        }
        return undefined;
      });
    },

    complete: (actor, idOrNumber, isComplete) =>
      change(actor, idOrNumber, "complete", async (tx, { incident, postMortem }, at) => {
        if ((postMortem.completedAt !== null) === isComplete) return undefined;
        await completePostMortem(tx, incident.id, isComplete ? { at, by: actor } : null);
        return isComplete ? "The post-mortem is complete" : "The post-mortem is open again";
      }),

    async publish(actor, idOrNumber, isPublic) {
      const detail = await change(
        actor,
        idOrNumber,
        "publish",
        async (tx, { incident, postMortem }, at) => {
          await publishPostMortem(tx, incident.id, isPublic ? { at, body: postMortem.body } : null);
          return isPublic ? "The post-mortem is public" : "The post-mortem is no longer public";
        },
      );
      if (isPublic) await deps.published?.(actor, detail.incident);
      return detail;
    },

    addAction: (actor, idOrNumber, draft) =>
      change(actor, idOrNumber, "action", async (tx, found, at) => {
        await saveAction(tx, action(found, draft, undefined, at, actor));
        return undefined;
      }),

    changeAction: (actor, idOrNumber, id, draft) =>
      change(actor, idOrNumber, "action", async (tx, found, at) => {
        const before = known(found, id);
        await saveAction(tx, action(found, draft, before, at, actor));
        return draft.done && before.doneAt === null ? `Done: ${draft.text}` : undefined;
      }),

    removeAction: (actor, idOrNumber, id) =>
      change(actor, idOrNumber, "action", async (tx, found) => {
        await removeAction(tx, found.incident.id, known(found, id).id);
        return undefined;
      }),

    async published(number) {
      const incident = await findIncident(records.db, { number });
      return incident === undefined ? undefined : publishedPostMortem(records.db, incident.id);
    },

    async export(idOrNumber) {
      const { postMortem, actions } = await find(idOrNumber);
      return exported(postMortem.body, actions);
    },
  };
}
