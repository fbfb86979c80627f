import { z } from "zod";
import type { Clock } from "../../../model/index.ts";
import {
  changeConversation,
  entriesOfPost,
  listUsers,
  peopleOnIncident,
  sendingPost,
  untoldEntries,
} from "../../../store/index.ts";
import type {
  ConversationChange,
  ConversationRecord,
  IncidentSummaryRecord,
  Records,
} from "../../../store/index.ts";
import { slackEscaped } from "../../slack-text.ts";
import type { SlackConfig } from "../config.ts";
import { ChatFailure } from "../failure.ts";
import { postOnce } from "../posts.ts";
import type { PostKind, Sending } from "../posts.ts";
import { MOST_ENTRIES } from "../words.ts";
import type { SlackApi } from "./api.ts";
import { channelName, headOf, slackUpdate } from "./message.ts";
import type { SlackMessage } from "./message.ts";
import type { SlackPeople } from "./people.ts";
import { cut } from "./text.ts";

/** The type of the metadata by which our messages are found again. */
const EVENT_TYPE = "seaworthy_post";
/** How far Slack's clock and ours may be apart, in seconds. */
const CLOCK_SKEW = 600;
/** Messages in a page of the history: as many as Slack gives to any app. */
const PAGE = 15;
/** Pages that are looked through for one of our own messages, or channels. */
const PAGES = 20;
/** Names that are tried for a channel, when others have them. */
const NAMES = 5;
/** Slack's limit for a topic. */
const TOPIC_LENGTH = 250;

const posted = z.looseObject({ ts: z.string().max(40) });
const created = z.looseObject({ channel: z.looseObject({ id: z.string().max(30) }) });
const cursor = z.object({ next_cursor: z.string().max(500).optional() }).optional();
const history = z.looseObject({
  messages: z.array(
    z.looseObject({
      ts: z.string().max(40),
      metadata: z
        .looseObject({
          event_type: z.string(),
          event_payload: z.looseObject({ id: z.string().optional() }).optional(),
        })
        .optional(),
    }),
  ),
  response_metadata: cursor,
});
const channels = z.looseObject({
  channels: z.array(
    z.looseObject({ id: z.string(), name: z.string(), creator: z.string().optional() }),
  ),
  response_metadata: cursor,
});

/** Where a message goes. */
interface Target {
  readonly channel: string;
  /** The message that it answers. */
  readonly thread?: string;
}

export interface SlackTalkDeps {
  readonly records: Records;
  readonly clock: Clock;
  readonly config: SlackConfig;
  readonly api: SlackApi;
  readonly people: SlackPeople;
  readonly externalURL: string;
}

/**
 * Brings what Slack shows of one incident up to date: its channel, who is in it, the messages at the
 * head, and what is new on the timeline. Each step is remembered as soon as it is done, so that it can be
 * left at any point and taken up again. Throws ChatFailure when it has to be.
 */
export class SlackTalk {
  readonly #deps: SlackTalkDeps;
  readonly #incident: IncidentSummaryRecord;
  #conversation: ConversationRecord;
  /** Messages that were posted in this run: they say how the incident stands already. */
  readonly #fresh = new Set<string>();

  constructor(
    deps: SlackTalkDeps,
    conversation: ConversationRecord,
    incident: IncidentSummaryRecord,
  ) {
    this.#deps = deps;
    this.#conversation = conversation;
    this.#incident = incident;
  }

  async run(toShow: string): Promise<void> {
    const { config, clock } = this.#deps;
    const { state, resolvedAt, severity } = this.#incident;
    const isOver = state === "resolved";
    // A bot cannot bring an archived channel back: one that is needed again is a new one.
    if (this.#conversation.closed)
      await this.#change({ closed: false, channel: null, channelName: null, headlineTs: null });
    const wantsChannel = config.ownChannel.includes(severity) && !isOver;
    if (wantsChannel && this.#conversation.channel === null) await this.#createChannel();
    const { channel } = this.#conversation;
    if (channel !== null) {
      if (this.#conversation.headlineTs === null)
        await this.#post("headline", { channel }, this.#head(), (ts) => ({ headlineTs: ts }));
      await this.#invite(channel);
    }
    const failure = await this.#announce();
    await this.#tellNews();
    if (failure !== undefined) throw failure;
    await this.#showState(toShow);
    const { archiveAfter } = config;
    if (!isOver || resolvedAt === null) return;
    const due = resolvedAt.getTime() + (archiveAfter ?? Number.POSITIVE_INFINITY) <= clock.now();
    if (due) await this.#archive();
  }

  /** The incident's page. */
  get #url(): string {
    return `${this.#deps.externalURL}/incidents/${this.#incident.number}`;
  }

  #head(): SlackMessage {
    return headOf(this.#incident, { url: this.#url, channel: this.#conversation.channel });
  }

  async #change(change: ConversationChange): Promise<void> {
    await changeConversation(this.#deps.records.db, this.#conversation, change);
    this.#conversation = { ...this.#conversation, ...change };
  }

  /** Makes the incident's channel, or finds the one that an earlier attempt has made. */
  async #createChannel(): Promise<void> {
    const { api, config } = this.#deps;
    const { creating } = this.#conversation;
    if (creating !== null) {
      const made = await this.#ownChannelNamed(creating);
      if (made !== undefined) {
        await this.#change({ channel: made, channelName: creating, creating: null });
        return;
      }
    }
    for (let attempt = 0; attempt < NAMES; attempt += 1) {
      const name = channelName(config.prefix, this.#incident, attempt);
      await this.#change({ creating: name });
      const answer = await api.call("conversations.create", { name });
      if (answer.ok) {
        const channel = created.safeParse(answer.body).data?.channel.id;
        if (channel === undefined)
          throw new ChatFailure("conversations.create: Slack did not say which channel it made");
        await this.#change({ channel, channelName: name, creating: null });
        return;
      }
      await this.#change({ creating: null });
      if (answer.error !== "name_taken")
        throw new ChatFailure(`conversations.create: Slack answered ${answer.error}`);
    }
    throw new ChatFailure("conversations.create: all names for the channel are taken");
  }

  async #ownChannelNamed(name: string): Promise<string | undefined> {
    const { api } = this.#deps;
    const { user_id: self } = await api.demand("auth.test", {});
    let next: string | undefined;
    for (let page = 0; page < PAGES; page += 1) {
      const answer = channels.safeParse(
        await api.demand("conversations.list", {
          types: "public_channel",
          exclude_archived: "true",
          // An answer beyond 64 KiB would not be read to its end.
          limit: "40",
          cursor: next,
        }),
      ).data;
      const found = answer?.channels.find((one) => one.name === name && one.creator === self);
      if (found !== undefined) return found.id;
      next = answer?.response_metadata?.next_cursor;
      if (next === undefined || next === "") return undefined;
    }
    return undefined;
  }

  /** Invites whoever is on the incident and is not there yet; who cannot be is left out. */
  async #invite(channel: string): Promise<void> {
    const { api, config, people, records } = this.#deps;
    const onIt = await peopleOnIncident(records.db, this.#incident.id);
    const missing = [...new Set([...config.invite, ...onIt])].filter(
      (one) => !this.#conversation.invited.includes(one),
    );
    for (const one of missing) {
      const id = one.includes("@") ? await people.idOf(one) : one;
      // `already_in_channel` and `user_not_found` are as good as done.
      if (id !== undefined) await api.call("conversations.invite", { channel, users: id });
      await this.#change({ invited: [...this.#conversation.invited, one] });
    }
  }

  /** Announces the incident where all are; what keeps it from that must not keep back the rest. */
  async #announce(): Promise<ChatFailure | undefined> {
    const { channel } = this.#deps.config;
    if (channel === undefined || this.#conversation.announcedTs !== null) return undefined;
    // An incident that was over before it could be announced is in its own channel, if anywhere.
    if (this.#incident.state === "resolved" && this.#conversation.channel !== null)
      return undefined;
    try {
      await this.#post("announcement", { channel }, this.#head(), (ts) => ({
        announcedTs: ts,
        commonChannel: channel,
      }));
      return undefined;
    } catch (error) {
      if (error instanceof ChatFailure) return error;
      throw error;
    }
  }

  /** Tells what is new on the timeline: in the own channel, else in the announcement's thread. */
  async #tellNews(): Promise<void> {
    const { channel, commonChannel, announcedTs } = this.#conversation;
    const target =
      channel !== null
        ? { channel }
        : commonChannel !== null && announcedTs !== null
          ? { channel: commonChannel, thread: announcedTs }
          : undefined;
    if (target === undefined) return this.#withoutChannel();
    const { db } = this.#deps.records;
    const { incidentId, place } = this.#conversation;
    const names = new Map((await listUsers(db)).map(({ email, name }) => [email, name || email]));
    const nameOf = (actor: string) => names.get(actor) ?? actor;
    for (;;) {
      const left = await sendingPost(db, this.#conversation, "update");
      const news =
        left === undefined
          ? await untoldEntries(db, incidentId, place, MOST_ENTRIES)
          : await entriesOfPost(db, left.id);
      if (left === undefined && news.length === 0) return;
      const update = slackUpdate(news, nameOf, this.#url);
      const entryIds = update.entries.map(({ id }) => id);
      await this.#post("update", target, update.message, () => ({}), entryIds);
    }
  }

  /** An incident that was over before Slack could be told of it needs no channel any more. */
  async #withoutChannel(): Promise<void> {
    const { channel } = this.#deps.config;
    if (channel !== undefined) return;
    if (this.#incident.state !== "resolved")
      throw new ChatFailure("there is no channel for this incident: set chat.slack.channel");
    await this.#change({ closed: true });
  }

  async #post(
    kind: PostKind,
    target: Target,
    message: SlackMessage,
    change: (ts: string) => ConversationChange,
    entryIds: readonly string[] = [],
  ): Promise<void> {
    let changed: ConversationChange = {};
    await postOnce(this.#deps, this.#conversation, {
      kind,
      entryIds,
      send: async (sending) => {
        const there = sending.doubtful ? await this.#find(target, sending) : undefined;
        if (there !== undefined) return there;
        const body = await this.#deps.api.demand("chat.postMessage", {
          channel: target.channel,
          thread_ts: target.thread,
          ...message,
          unfurl_links: "false",
          unfurl_media: "false",
          metadata: { event_type: EVENT_TYPE, event_payload: { id: sending.id } },
        });
        const answer = posted.safeParse(body).data;
        if (answer === undefined)
          throw new ChatFailure("chat.postMessage: Slack did not say where the message is");
        this.#fresh.add(answer.ts);
        return answer.ts;
      },
      change: (ts) => (changed = change(ts)),
    });
    this.#conversation = { ...this.#conversation, ...changed };
  }

  /** Looks for a message that may have been posted already, by its metadata. */
  async #find(target: Target, { id, createdAt }: Sending): Promise<string | undefined> {
    const { api } = this.#deps;
    let next: string | undefined;
    for (let page = 0; page < PAGES; page += 1) {
      const body = await api.demand(
        target.thread === undefined ? "conversations.history" : "conversations.replies",
        {
          channel: target.channel,
          ts: target.thread,
          oldest: String(Math.floor(createdAt.getTime() / 1000) - CLOCK_SKEW),
          limit: String(PAGE),
          include_all_metadata: "true",
          cursor: next,
        },
      );
      const read = history.safeParse(body).data;
      const found = read?.messages.find(
        ({ metadata }) => metadata?.event_type === EVENT_TYPE && metadata.event_payload?.id === id,
      );
      if (found !== undefined) return found.ts;
      next = read?.response_metadata?.next_cursor;
      if (next === undefined || next === "") return undefined;
    }
    return undefined;
  }

  /** Lets the messages at the head, and the topic, say how the incident stands. */
  async #showState(toShow: string): Promise<void> {
    const { api } = this.#deps;
    const { shown, channel, headlineTs, commonChannel, announcedTs } = this.#conversation;
    if (shown === toShow) return;
    for (const [where, ts] of [
      [channel, headlineTs],
      [commonChannel, announcedTs],
    ] as const) {
      if (where === null || ts === null || this.#fresh.has(ts)) continue;
      const answer = await api.call("chat.update", { channel: where, ts, ...this.#head() });
      if (!answer.ok && !GONE.has(answer.error))
        throw new ChatFailure(`chat.update: Slack answered ${answer.error}`);
    }
    if (channel !== null) {
      const { severity, number, title, state } = this.#incident;
      const topic = slackEscaped(
        cut(`${severity} #${number} ${state}: ${title}`, TOPIC_LENGTH / 2),
      );
      await api.call("conversations.setTopic", { channel, topic: cut(topic, TOPIC_LENGTH) });
    }
    await this.#change({ shown: toShow });
  }

  async #archive(): Promise<void> {
    const { channel } = this.#conversation;
    if (channel !== null) {
      const answer = await this.#deps.api.call("conversations.archive", { channel });
      if (!answer.ok && !GONE.has(answer.error))
        throw new ChatFailure(`conversations.archive: Slack answered ${answer.error}`);
    }
    await this.#change({ closed: true });
  }
}

/** People have archived the channel or deleted the message: there is nothing left to be done. */
const GONE: ReadonlySet<string> = new Set([
  "already_archived",
  "is_archived",
  "channel_not_found",
  "message_not_found",
]);
