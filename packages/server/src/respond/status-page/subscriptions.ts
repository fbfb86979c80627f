import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock, SubscriberKind } from "../../model/index.ts";
import {
  addQuestion,
  countMailboxQuestions,
  countQuestions,
  countSubscribers,
  deleteSubscriber,
  dropUnanswered,
  findSubscriber,
  installationKey,
  lockSubscriber,
  putSubscriber,
  readStatusPage,
} from "../../store/index.ts";
import type { Records, SubscriberRecord } from "../../store/index.ts";
import { remembered } from "../remembered.ts";
import { idOfToken, tokenOf } from "../signed-link.ts";
import { addressOf, mailboxOf } from "./address.ts";
import { StatusPageError } from "./errors.ts";
import { SUBSCRIBE_LIMITS } from "./limits.ts";

/** Who wants to be told, and who does not any more. */
export interface Subscriptions {
  /**
   * Asks whoever is at the address whether they want to be told. What it answers, and how long it takes,
   * is the same whether the address is known or not. Throws `subscription_invalid` for what is no
   * address.
   */
  request(given: { readonly kind: SubscriberKind; readonly address: string }): Promise<void>;
  /** Resolves when nothing that was requested is under way. */
  settled(): Promise<void>;
  /** Throws `subscription_link_invalid`. */
  confirm(token: string): Promise<SubscriberRecord>;
  /** Who the link to confirm was sent to, before they do. Throws `subscription_link_invalid`. */
  asked(token: string): Promise<SubscriberRecord>;
  /** Who the link to end was sent to; undefined where it has ended. Throws `subscription_link_invalid`. */
  subscribed(token: string): Promise<SubscriberRecord | undefined>;
  /** Doing it twice changes nothing. Throws `subscription_link_invalid`. */
  end(token: string): Promise<void>;
  count(): ReturnType<typeof countSubscribers>;
  /** The tokens of a subscriber's links. */
  tokens(id: string): Promise<{ readonly confirm: string; readonly end: string }>;
}

/** Makes the subscriptions; `asked` is called when somebody is to be asked. */
export function createSubscriptions(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly asked: () => void;
  /** Whether mail can be sent at all. */
  readonly hasMail: boolean;
}): Subscriptions {
  const { records, clock } = deps;
  const pending = new Set<Promise<void>>();

  const linkKey = remembered(() => installationKey(records.db, "subscription links"));

  async function behind(
    purpose: Parameters<typeof tokenOf>[1],
    token: string,
  ): Promise<SubscriberRecord | undefined> {
    const id = idOfToken(await linkKey(), purpose, token);
    if (id === undefined)
      throw badLink("This link is none of ours. Open it from the message again.");
    return findSubscriber(records.db, id);
  }

  async function asked(token: string): Promise<SubscriberRecord> {
    const found = await behind("confirm a subscription", token);
    if (found === undefined) throw badLink("This subscription has ended. Subscribe again.");
    const age = clock.now() - found.requestedAt.getTime();
    if (found.state === "pending" && age > SUBSCRIBE_LIMITS.linkLife)
      throw badLink("This link is older than two days. Subscribe again.");
    return found;
  }

  return {
    async request({ kind, address: given }) {
      const address = addressOf(kind, given);
      if (kind === "email" && !deps.hasMail)
        throw new StatusPageError("subscription_invalid", "This page cannot send e-mail.");
      const now = clock.now();
      const at = new Date(now);
      const page = await readStatusPage(records.db);
      if (page?.settings.subscriptions !== true)
        throw new StatusPageError("subscriptions_off", "This page takes no subscriptions.");
      const { inAll, allWindow, perAddress, perAddressPause, unanswered } = SUBSCRIBE_LIMITS;
      const { perMailbox, mailboxWindow } = SUBSCRIBE_LIMITS;
      const isMuch = (await countQuestions(records.db, new Date(now - allWindow))) >= inAll;
      // Not awaited: whoever asks must not tell by the time it takes whether the address is known.
      const work = records
        .transaction(async (tx) => {
          await dropUnanswered(tx, new Date(now - unanswered));
          // "bob+1@" and "bob+2@" are one person, who is not to be asked for each.
          const asked =
            kind === "email"
              ? await countMailboxQuestions(tx, mailboxOf(address), new Date(now - mailboxWindow))
              : 0;
          const known = await lockSubscriber(tx, kind, address);
          const isSpared =
            isMuch ||
            asked >= perMailbox ||
            (known !== undefined &&
              (known.state === "confirmed" ||
                known.requests >= perAddress ||
                now - known.requestedAt.getTime() < perAddressPause));
          if (isSpared) return;
          const subscriber: SubscriberRecord = {
            id: known?.id ?? randomUUID(),
            kind,
            address,
            state: "pending",
            requestedAt: at,
            requests: (known?.requests ?? 0) + 1,
            confirmedAt: null,
            createdAt: known?.createdAt ?? at,
          };
          await putSubscriber(tx, subscriber);
          await addQuestion(tx, randomUUID(), subscriber.id, at);
          records.afterCommit(tx, deps.asked);
        })
        .catch((error: unknown) => {
          deps.log.error({ reason: messageOf(error) }, "a subscription could not be kept");
        })
        .finally(() => pending.delete(work));
      pending.add(work);
    },

    async settled() {
      await Promise.all(pending);
    },

    asked,

    async confirm(token) {
      const found = await asked(token);
      if (found.state === "confirmed") return found;
      const confirmed = {
        ...found,
        state: "confirmed" as const,
        confirmedAt: new Date(clock.now()),
      };
      await records.transaction((tx) => putSubscriber(tx, confirmed));
      return confirmed;
    },

    subscribed: (token) => behind("end a subscription", token),

    async end(token) {
      const found = await behind("end a subscription", token);
      if (found !== undefined) await records.transaction((tx) => deleteSubscriber(tx, found.id));
    },

    count: () => countSubscribers(records.db),

    async tokens(id) {
      const own = await linkKey();
      return {
        confirm: tokenOf(own, "confirm a subscription", id),
        end: tokenOf(own, "end a subscription", id),
      };
    },
  };
}

const badLink = (reason: string) => new StatusPageError("subscription_link_invalid", reason);
