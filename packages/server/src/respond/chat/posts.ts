import { randomUUID } from "node:crypto";
import type { Clock } from "../../model/index.ts";
import { beginPost, confirmPost, sendingPost } from "../../store/index.ts";
import type { ConversationChange, ConversationRecord, Records } from "../../store/index.ts";

/** Kinds of posts; of each at most one is under way in a conversation. */
export type PostKind = "headline" | "announcement" | "update";

/** A post that is to be sent now. */
export interface Sending {
  readonly id: string;
  readonly createdAt: Date;
  /** Whether it may have arrived before: an earlier attempt was not answered, or its server was killed. */
  readonly doubtful: boolean;
}

/**
 * Sends a message once: it is remembered before it is sent, and confirmed after it. `send` answers the
 * message's name in the chat; one that is doubtful it looks for first.
 */
export async function postOnce(
  { records, clock }: { readonly records: Records; readonly clock: Clock },
  conversation: ConversationRecord,
  post: {
    readonly kind: PostKind;
    /** The timeline's entries that it tells. */
    readonly entryIds?: readonly string[];
    readonly send: (sending: Sending) => Promise<string>;
    readonly change: (ts: string) => ConversationChange;
  },
): Promise<string> {
  const left = await sendingPost(records.db, conversation, post.kind);
  const begun = left ?? {
    id: randomUUID(),
    kind: post.kind,
    createdAt: new Date(clock.now()),
  };
  if (left === undefined)
    await records.transaction((tx) => beginPost(tx, conversation, begun, post.entryIds ?? []));
  const { id, createdAt } = begun;
  const ts = await post.send({ id, createdAt, doubtful: left !== undefined });
  await records.transaction((tx) =>
    confirmPost(tx, conversation, { id, ts, at: new Date(clock.now()) }, post.change(ts)),
  );
  return ts;
}
