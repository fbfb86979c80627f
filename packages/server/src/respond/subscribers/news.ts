import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock, ContactMethod } from "../../model/index.ts";
import { HttpSender, MailSender } from "../../route/index.ts";
import type { Outcome } from "../../route/index.ts";
import {
  claimNews,
  entriesOfNews,
  findSubscription,
  installationKey,
  listContacts,
  muteSubscription,
  nextNewsAt,
  settleNews,
  writeAudit,
} from "../../store/index.ts";
import type { NewsRecord, Records, SubscriptionRecord } from "../../store/index.ts";
import { IncidentError } from "../incidents/errors.ts";
import { sendMail } from "../mail.ts";
import { waysNow } from "../paging/contacts.ts";
import type { PagingConfig } from "../paging/send-page.ts";
import { postJson } from "../post-json.ts";
import { remembered } from "../remembered.ts";
import { idOfToken, tokenOf } from "../signed-link.ts";
import { WorkLoop } from "../work-loop.ts";
import { newsHtml, newsSlack, newsText, newsWebhook, subjectOf } from "./message.ts";
import type { NewsMessage } from "./message.ts";

/** Times in milliseconds. */
const LIMITS = {
  /** Another server may have begun something that this one does not know of. */
  look: 10_000,
  /** Longer than any attempt to send one. */
  claim: 90_000,
  batch: 20,
  /** After an attempt that failed; each later one waits twice as long. */
  retry: 60_000,
  attempts: 8,
  /** How often it is looked whether quiet hours are over, and how far ahead. */
  quietStep: 15 * 60_000,
  quietSteps: 96,
} as const;

/** Kinds that do not wake or cost, the first that somebody has is taken. */
const KINDS = ["email", "slack", "webhook"] as const;
type Way = Pick<ContactMethod, "kind" | "address">;

/** Those who are kept informed of an incident are told of its turns, in few messages. */
export interface News {
  start(): void;
  stop(): Promise<void>;
  /** Sends what is due now, and resolves when it is done. */
  settle(): Promise<void>;
  /** Whose link it is. Throws `informed_link_invalid`. */
  link(token: string): Promise<SubscriptionRecord>;
  /** Ends it; doing it twice changes nothing. Throws `informed_link_invalid`. */
  end(token: string): Promise<SubscriptionRecord>;
}

/** Makes the messages to subscribers; nothing is sent before `start`. */
export function createNews(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: PagingConfig;
  readonly externalURL: string;
  /** How long a server has a message in hand, ms. */
  readonly claim?: number;
}): News {
  const { records, clock, log, config, externalURL } = deps;
  const http = new HttpSender({ now: () => clock.now() });
  const mail = new MailSender();
  const linkKey = remembered(() => installationKey(records.db, "informed links"));

  async function link(token: string): Promise<SubscriptionRecord> {
    const id = idOfToken(await linkKey(), "end being informed", token);
    const found = id === undefined ? undefined : await findSubscription(records.db, id);
    if (found === undefined)
      throw new IncidentError(
        "informed_link_invalid",
        "This link is none of ours, or its incident is gone. Open it from the message again.",
      );
    return found;
  }

  /** By what somebody is told now; else when quiet hours are over, or why they cannot be. */
  async function wayFor(
    person: SubscriptionRecord["person"],
  ): Promise<Way | { readonly quietUntil: Date } | { readonly lack: string }> {
    const all = await listContacts(records.db, [person.id]);
    const mine = all.filter(({ severities }) => severities.includes("P3"));
    const fit = mine.filter(({ kind }) => KINDS.some((one) => one === kind));
    if (fit.length === 0) {
      if (config.email !== undefined) return { kind: "email", address: person.email };
      return { lack: "there is no way to tell them: no mail server, and none of their own for P3" };
    }
    const now = clock.now();
    for (let step = 0; step < LIMITS.quietSteps; step += 1) {
      const at = now + step * LIMITS.quietStep;
      const ways = waysNow(fit, "P3", at);
      const [way] = KINDS.flatMap((kind) => ways.filter((one) => one.kind === kind));
      if (way !== undefined) return step === 0 ? way : { quietUntil: new Date(at) };
    }
    return { lack: "they have quiet hours all day" };
  }

  function send({ kind, address }: Way, id: string, message: NewsMessage): Promise<Outcome> {
    if (kind !== "email")
      return postJson(http, {
        id,
        address,
        body: kind === "slack" ? { text: newsSlack(message) } : newsWebhook(id, message),
        allowPrivateAddresses: config.allowPrivateAddresses,
      });
    return sendMail(mail, config.email, {
      to: address,
      subject: subjectOf(message),
      messageId: `<${id}@seaworthy>`,
      text: newsText(message),
      html: newsHtml(message),
      date: clock.now(),
      headers: {
        "list-unsubscribe": `<${message.endUrl}>`,
        "list-unsubscribe-post": "List-Unsubscribe=One-Click",
        "auto-submitted": "auto-generated",
      },
    });
  }

  async function tell(news: NewsRecord): Promise<void> {
    const settle = (attempted: Parameters<typeof settleNews>[2]) =>
      records.transaction((tx) => settleNews(tx, news, attempted));
    const found = await findSubscription(records.db, news.subscriberId);
    if (found === undefined || found.muted)
      return settle({ state: "failed", error: "they are told no longer" });
    const way = await wayFor(found.person);
    if ("lack" in way) return settle({ state: "failed", error: way.lack });
    if ("quietUntil" in way)
      return settle({ state: "waiting", error: "quiet hours", nextAt: way.quietUntil });
    // From here on it is settled what this message tells: another attempt tells the same.
    const entries = await entriesOfNews(records.db, news, found);
    if (entries.length === 0) return settle({ state: "sent", at: new Date(clock.now()) });
    const outcome = await send(way, news.id, {
      incident: found.incident,
      entries,
      url: `${externalURL}/incidents/${found.incident.number}`,
      endUrl: `${externalURL}/informed/${tokenOf(await linkKey(), "end being informed", found.id)}`,
    });
    const now = clock.now();
    if (outcome.kind === "sent") return settle({ state: "sent", at: new Date(now) });
    const { error } = outcome;
    if (outcome.kind === "failed" || news.attempts >= LIMITS.attempts)
      return settle({ state: "failed", error });
    const wait = Math.max(outcome.after ?? 0, LIMITS.retry * 2 ** (news.attempts - 1));
    return settle({ state: "waiting", error, nextAt: new Date(now + wait) });
  }

  async function tellSome(): Promise<number> {
    const now = clock.now();
    const due = await claimNews(records.db, {
      now: new Date(now),
      until: new Date(now + (deps.claim ?? LIMITS.claim)),
      limit: LIMITS.batch,
    });
    await Promise.all(
      due.map((news) =>
        tell(news).catch((error: unknown) => {
          // The claim runs out, and the message is due again.
          log.error({ news: news.id, reason: messageOf(error) }, "a subscriber could not be told");
        }),
      ),
    );
    return due.length;
  }

  const loop = new WorkLoop({
    clock,
    log,
    look: LIMITS.look,
    failure: "subscribers of incidents could not be told; trying again",
    work: async (goesOn) => {
      while ((await tellSome()) > 0 && goesOn());
      return nextNewsAt(records.db);
    },
  });

  return {
    start: () => loop.start(),
    settle: () => loop.settle(),
    async stop() {
      mail.close();
      await loop.stop();
      await http.close();
    },
    link,
    async end(token) {
      const found = await link(token);
      const { id, number, title } = found.incident;
      await records.transaction(async (tx) => {
        if (!(await muteSubscription(tx, found.id))) return;
        await writeAudit(tx, {
          at: clock.now(),
          actor: found.person.email,
          action: "incident.unsubscribe",
          subject: id,
          detail: { number, title },
        });
      });
      return { ...found, muted: true };
    },
  };
}
