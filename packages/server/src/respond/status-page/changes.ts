import { randomUUID } from "node:crypto";
import type { PostState } from "../../model/index.ts";
import {
  addNotices,
  addStatusChange,
  addStatusUpdate,
  listStatusComponents,
  listStatusPosts,
  putStatusComponent,
  putStatusPost,
} from "../../store/index.ts";
import type { StatusPostRecord, Tx } from "../../store/index.ts";
import { shownStates } from "./state.ts";

/** Brings what is shown of every component in step with what is known, and remembers each change. */
export async function settleStates(tx: Tx, now: number): Promise<number> {
  const components = await listStatusComponents(tx);
  const posts = await listStatusPosts(tx, now);
  const shown = shownStates(components, posts, now);
  let changed = 0;
  for (const component of components) {
    const next = shown.get(component.id);
    if (next === undefined) continue;
    const moves = next.state !== component.state;
    if (!moves && next.note === component.note) continue;
    changed += 1;
    const since = moves ? now : component.stateSince;
    await putStatusComponent(tx, { ...component, ...next, stateSince: since });
    if (moves) await addStatusChange(tx, component.id, now, next.state);
  }
  return changed;
}

/** The states in which nothing more is to come but words. */
const OVER: ReadonlySet<PostState> = new Set(["resolved", "postmortem", "completed"]);

/** Says something new about what is announced, and lets subscribers know unless they are spared. */
export async function sayOf(
  tx: Tx,
  post: StatusPostRecord,
  update: {
    readonly state: PostState;
    readonly body: string;
    readonly at: number;
    readonly by: string;
    readonly tell: boolean;
  },
): Promise<StatusPostRecord> {
  const { state, body, at, by, tell } = update;
  const resolvedAt = OVER.has(state) ? (post.resolvedAt ?? at) : null;
  const next = { ...post, state, resolvedAt, updatedAt: at };
  await putStatusPost(tx, next);
  const id = randomUUID();
  await addStatusUpdate(tx, { id, postId: post.id, state, body, at, createdBy: by });
  if (tell) await addNotices(tx, id, new Date(at));
  return next;
}
