import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock } from "../../model/index.ts";
import { HttpSender } from "../../route/index.ts";
import {
  beginConversations,
  changeConversation,
  claimConversations,
  ensurePlace,
  findPlace,
  forgetRequests,
  nextConversationAt,
  readConversation,
  releaseConversation,
} from "../../store/index.ts";
import type {
  ConversationRecord,
  IncidentSummaryRecord,
  PlaceRecord,
  Records,
} from "../../store/index.ts";
import { WorkLoop } from "../work-loop.ts";
import type { ChatConfig, PlaceName, SlackConfig, WebhookChatConfig } from "./config.ts";
import { ChatError } from "./errors.ts";
import { ChatFailure } from "./failure.ts";
import { SlackApi } from "./slack/api.ts";
import { SlackPeople } from "./slack/people.ts";
import { REPLAY_WINDOW_SECONDS } from "./slack/signature.ts";
import { SlackTalk } from "./slack/talk.ts";
import { discordForm, postToWebhook, teamsForm, tellWebhook } from "./webhook-talk.ts";

/** Times in milliseconds. */
const LIMITS = {
  /** Conversations that are worked on at a time. */
  batch: 10,
  /** How long a server has a conversation in hand, where nothing else is said. */
  claim: 5 * 60_000,
  /** The time before a conversation that failed is taken up again; each time three times as long, */
  firstRetry: 5000,
  /** but not longer than this, unless the chat asks for it. */
  longestRetry: 5 * 60_000,
  /** Between two messages about an incident: chats take about one a second. */
  pause: 1000,
  /** An incident that is over for so long is not told of any more. */
  over: 7 * 86_400_000,
} as const;

/** A chat, and how it does. */
export interface PlaceView extends PlaceRecord {
  readonly name: PlaceName;
  /** Where incidents are announced, where the chat has channels. */
  readonly channel: string | undefined;
}

/** Incidents in chats: what happens to them is told there. */
export interface Chat {
  /** Takes up what an earlier process left. */
  start(): void;
  /** Ends; awaits what is under way. */
  stop(): Promise<void>;
  /** Something of an incident has changed. */
  wake(): void;
  /** Does what is due now, and resolves when it is done. */
  settle(): Promise<void>;
  /** The chats that are configured, and how they do. */
  places(): Promise<readonly PlaceView[]>;
  /** Sends a test message; answers what went wrong, or null. Throws `chat_not_configured`. */
  test(place: PlaceName, by: string): Promise<string | null>;
  /** Slack, where it is configured now: for what people do there. */
  readonly slack: () => SlackSide | undefined;
  /** Takes another configuration, once what is under way is done; nothing is told twice or lost by it. */
  apply(config: ChatConfig): Promise<void>;
}

/** What it takes to answer people in Slack. */
export interface SlackSide {
  readonly config: SlackConfig;
  readonly api: SlackApi;
  readonly people: SlackPeople;
}

export interface ChatOptions {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: ChatConfig;
  /** Where people reach this installation: links in messages begin with it. */
  readonly externalURL: string;
  /** 0 to 1, for the jitter between attempts. */
  readonly random?: () => number;
  /** How long a server has a conversation in hand, ms. */
  readonly claim?: number;
}

/** Tells the configured chats of incidents; it does nothing on its own before `start`. */
export function createChat(options: ChatOptions): Chat {
  return new ChatMirror(options);
}

interface Place {
  readonly name: PlaceName;
  readonly channel: string | undefined;
  readonly severities: readonly string[];
  /** How long after its end an incident's conversation is closed. */
  readonly closeAfter: number;
  tell(
    conversation: ConversationRecord,
    incident: IncidentSummaryRecord,
    toShow: string,
  ): Promise<void>;
  test(text: string): Promise<void>;
}

class ChatMirror implements Chat {
  readonly #options: ChatOptions;
  readonly #http: HttpSender;
  readonly #loop: WorkLoop;
  #places: readonly Place[] = [];
  #slack: SlackSide | undefined;
  #config: ChatConfig | undefined;
  #begun = false;
  #started = false;

  constructor(options: ChatOptions) {
    this.#options = options;
    const { records, clock, log, config } = options;
    this.#http = new HttpSender({ now: () => clock.now() });
    this.#set(config);
    this.#loop = new WorkLoop({
      clock,
      log,
      failure: "chats could not be told of incidents; trying again",
      work: async () => {
        await this.#begin();
        for (const place of this.#places) while ((await this.#work(place)) > 0);
        const names = this.#places.map(({ name }) => name);
        return nextConversationAt(records.db, names, new Date(clock.now()));
      },
    });
  }

  slack = (): SlackSide | undefined => this.#slack;

  start(): void {
    this.#started = true;
    if (this.#places.length > 0) this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#started = false;
    await this.#loop.stop();
    await this.#http.close();
  }

  async apply(config: ChatConfig): Promise<void> {
    if (isDeepStrictEqual(config, this.#config)) return;
    await this.#loop.stop();
    this.#set(config);
    if (this.#started) this.start();
  }

  #set(config: ChatConfig): void {
    const now = () => this.#options.clock.now();
    this.#config = config;
    this.#slack = undefined;
    if (config.slack !== undefined) {
      const api = new SlackApi(config.slack, this.#http, now);
      this.#slack = { config: config.slack, api, people: new SlackPeople(api, now) };
    }
    this.#places = [
      ...(this.#slack === undefined ? [] : [this.#slackPlace(this.#slack)]),
      ...(config.teams === undefined ? [] : [this.#webhookPlace("teams", config.teams)]),
      ...(config.discord === undefined ? [] : [this.#webhookPlace("discord", config.discord)]),
    ];
    // A chat that is new begins with the incidents from now on.
    this.#begun = false;
  }

  wake(): void {
    this.#loop.wake();
  }

  settle(): Promise<void> {
    return this.#loop.settle();
  }

  places(): Promise<readonly PlaceView[]> {
    const never = { sentAt: null, heardAt: null, failedAt: null, error: null, failing: 0 };
    return Promise.all(
      this.#places.map(async ({ name, channel }) => ({
        name,
        channel,
        ...((await findPlace(this.#options.records.db, name)) ?? never),
      })),
    );
  }

  async test(name: PlaceName, by: string): Promise<string | null> {
    const place = this.#places.find((one) => one.name === name);
    if (place === undefined) {
      throw new ChatError(
        "chat_not_configured",
        `There is no chat "${name}" in this installation: set chat.${name} in seaworthy.yml.`,
      );
    }
    try {
      await place.test(`This is a test of Seaworthy, asked for by ${by}.`);
      return null;
    } catch (error) {
      if (error instanceof ChatFailure) return error.message;
      throw error;
    }
  }

  #slackPlace(slack: SlackSide): Place {
    const { records, clock, externalURL } = this.#options;
    const { config, api } = slack;
    const deps = { ...slack, records, clock, externalURL };
    return {
      name: "slack",
      channel: config.channel,
      severities: config.channel === undefined ? config.ownChannel : config.severities,
      closeAfter: config.archiveAfter ?? LIMITS.over,
      tell: (conversation, incident, toShow) =>
        new SlackTalk(deps, conversation, incident).run(toShow),
      async test(text) {
        await api.demand("auth.test", {});
        if (config.channel === undefined) return;
        await api.demand("chat.postMessage", { channel: config.channel, text });
      },
    };
  }

  #webhookPlace(name: "teams" | "discord", { url, severities }: WebhookChatConfig): Place {
    const { records, clock, externalURL } = this.#options;
    const http = this.#http;
    const form = name === "teams" ? teamsForm : discordForm;
    return {
      name,
      channel: undefined,
      severities,
      closeAfter: LIMITS.over,
      tell: (conversation, incident, toShow) =>
        tellWebhook(
          { records, clock, http, externalURL },
          { url, form },
          conversation,
          incident,
          toShow,
        ),
      test: (text) =>
        postToWebhook(
          http,
          { url, id: randomUUID() },
          form({
            title: "Test",
            severity: "P3",
            resolved: true,
            lines: [text],
            url: externalURL,
          }),
        ),
    };
  }

  async #begin(): Promise<void> {
    if (this.#begun) return;
    const { records, clock } = this.#options;
    for (const { name } of this.#places) await ensurePlace(records.db, name, new Date(clock.now()));
    this.#begun = true;
  }

  /** Works on what is due in a chat; answers how many conversations there were. */
  async #work(place: Place): Promise<number> {
    const { records, clock, claim = LIMITS.claim } = this.#options;
    const now = clock.now();
    await forgetRequests(records.db, new Date(now - 2 * REPLAY_WINDOW_SECONDS * 1000));
    await beginConversations(records.db, place.name, place.severities, {
      now: new Date(now),
      overSince: new Date(now - Math.min(place.closeAfter, LIMITS.over)),
    });
    const ids = await claimConversations(records.db, place.name, {
      now: new Date(now),
      until: new Date(now + claim),
      endedBefore: new Date(now - place.closeAfter),
      limit: LIMITS.batch,
    });
    await Promise.all(ids.map((id) => this.#workOn(place, id)));
    return ids.length;
  }

  async #workOn(place: Place, incidentId: string): Promise<void> {
    const { records, clock, log, random = Math.random } = this.#options;
    const read = await readConversation(records.db, incidentId, place.name);
    if (read === undefined) return;
    const { conversation, incident, toShow } = read;
    try {
      await place.tell(conversation, incident, toShow);
      const over = incident.resolvedAt?.getTime() ?? Number.POSITIVE_INFINITY;
      if (over + place.closeAfter <= clock.now())
        await changeConversation(records.db, conversation, { closed: true });
      await releaseConversation(records.db, conversation, {
        at: new Date(clock.now()),
        error: null,
        nextAt: new Date(clock.now() + LIMITS.pause),
      });
    } catch (error) {
      if (!(error instanceof ChatFailure)) {
        // The claim runs out, and it is due again.
        log.error({ place: place.name, reason: messageOf(error) }, "an incident could not be told");
        return;
      }
      const usual = Math.min(
        LIMITS.firstRetry * 3 ** Math.min(conversation.attempts, 10),
        LIMITS.longestRetry,
      );
      const after = Math.max(error.after ?? 0, usual * (0.75 + random() / 2));
      const at = clock.now();
      log.warn({ place: place.name, incident: incident.number, reason: error.message }, "chat");
      await releaseConversation(records.db, conversation, {
        at: new Date(at),
        error: error.message,
        nextAt: new Date(at + after),
      });
    }
  }
}
