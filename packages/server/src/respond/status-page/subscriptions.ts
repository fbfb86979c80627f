import { randomUUID } from "node:crypto";
import { domainToASCII } from "node:url";
import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock, SubscriberKind } from "../../model/index.ts";
import {
  addQuestion,
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
import { idOfToken, tokenOf } from "../signed-link.ts";
import { StatusPageError } from "./errors.ts";
import { SUBSCRIBE_LIMITS } from "./limits.ts";

const MAX_ADDRESS = 2000;

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
  let key: Promise<Buffer> | undefined;

  function linkKey(): Promise<Buffer> {
    key ??= installationKey(records.db, "subscription links");
    // What could not be read is read again.
    key.catch(() => (key = undefined));
    return key;
  }

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
      const isMuch = (await countQuestions(records.db, new Date(now - allWindow))) >= inAll;
      // Not awaited: whoever asks must not tell by the time it takes whether the address is known.
      const work = records
        .transaction(async (tx) => {
          await dropUnanswered(tx, new Date(now - unanswered));
          const known = await lockSubscriber(tx, kind, address);
          const isSpared =
            isMuch ||
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

/** The address in the one form in which it is kept. Throws `subscription_invalid`. */
function addressOf(kind: SubscriberKind, given: string): string {
  const text = given.trim();
  const refuse = (reason: string) => new StatusPageError("subscription_invalid", reason);
  if (text === "" || text.length > MAX_ADDRESS)
    throw refuse(`An address has 1 to ${MAX_ADDRESS} characters.`);
  if (kind === "email") {
    const at = text.lastIndexOf("@");
    const [local, host] = [text.slice(0, at), text.slice(at + 1)];
    const domain = domainToASCII(host);
    if (
      at < 1 ||
      local.length > 64 ||
      !/^[\w.!#$%&'*+/=?^`{|}~-]+$/.test(local) ||
      !/^[a-z\d-]+(?:\.[a-z\d-]+)+$/.test(domain)
    )
      throw refuse("That is not an e-mail address.");
    // Mail servers that tell capitals apart are unheard of, and one person is one subscriber.
    return `${local.toLowerCase()}@${domain}`;
  }
  if (!URL.canParse(text)) throw refuse("That is not a URL.");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw refuse("A webhook's URL begins with https:// or http://.");
  if (url.username !== "" || url.password !== "")
    throw refuse("A webhook's URL carries no name and password.");
  url.hash = "";
  return url.href;
}
