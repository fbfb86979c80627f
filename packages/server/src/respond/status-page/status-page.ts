import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Announce, Clock, Labels, Severity } from "../../model/index.ts";
import { HttpSender, MailSender } from "../../route/index.ts";
import type { Outcome } from "../../route/index.ts";
import {
  countNotices,
  findStatusPost,
  findStatusUpdate,
  findSubscriber,
  installationKey,
  readStatusPage,
} from "../../store/index.ts";
import type { Records, StatusNoticeRecord } from "../../store/index.ts";
import { sendMail } from "../mail.ts";
import type { PagingConfig } from "../paging/send-page.ts";
import { postJson } from "../post-json.ts";
import { remembered } from "../remembered.ts";
import type { StatusProbes } from "./found.ts";
import { StatusKeeper } from "./keeper.ts";
import { mailOf, slackOf, webhookOf } from "./messages.ts";
import type { NoticeMessage } from "./messages.ts";
import { NoticeSender } from "./notices.ts";
import { createStatusCommands } from "./service.ts";
import type { StatusCommands } from "./service.ts";
import { readSnapshot, writeSnapshot } from "./snapshot.ts";
import { createSubscriptions } from "./subscriptions.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { StatusWorld } from "./world.ts";

/** The page, its keeper and its subscribers. */
export interface StatusPage extends StatusCommands {
  readonly subscriptions: Subscriptions;
  /** Whether visitors can subscribe by e-mail. */
  readonly hasMail: boolean;
  /** How the notices of what was announced went. */
  notices(postId: string): ReturnType<typeof countNotices>;
  /** The key by which visits of a private page are signed. */
  visitKey(): Promise<Buffer>;
  start(): void;
  /** Ends; awaits what is under way. */
  stop(): Promise<void>;
  /** Does what is due now, and resolves when it is done. */
  settle(): Promise<void>;
}

export interface StatusPageOptions {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly announce: Announce;
  /** Where visitors find the page, without a slash at the end. */
  readonly url: string;
  readonly config: PagingConfig;
  readonly probes: StatusProbes;
  readonly severityOf: (labels: Labels) => Severity | undefined;
  /** Where the page is kept for times without a database. */
  readonly snapshotFile: string;
  /** Takes the page as it is now, to be shown. */
  readonly publish: (world: StatusWorld) => void;
  readonly random?: () => number;
  /** How long a server has a notice in hand, ms. */
  readonly claim?: number;
}

/** Reads what was shown last, for times without a database; undefined where nothing was. */
export const readStatusSnapshot = readSnapshot;

/** Makes the status page; it does nothing on its own before `start`. */
export function createStatusPage(options: StatusPageOptions): StatusPage {
  const { records, clock, log, announce, config, url } = options;
  const http = new HttpSender({ now: () => clock.now() });
  const mail = new MailSender();
  const visitKey = remembered(() => installationKey(records.db, "status page visits"));
  let writing: Promise<void> = Promise.resolve();

  const notices = new NoticeSender({ ...options, send: (notice) => send(notice) });
  const keeper = new StatusKeeper({
    ...options,
    publish(world) {
      options.publish(world);
      writing = writing
        .then(() => writeSnapshot(options.snapshotFile, world))
        .catch((error: unknown) => {
          log.warn({ reason: messageOf(error) }, "the status page cannot be kept on disk");
        });
    },
    begin: async () => void (await commands.read()),
    noticesAdded: () => notices.wake(),
    changed: () => announce({ topic: "status-page" }),
  });
  const subscriptions = createSubscriptions({
    records,
    clock,
    log,
    asked: () => notices.wake(),
    hasMail: config.email !== undefined,
  });
  const commands = createStatusCommands({
    records,
    clock,
    announce,
    changed() {
      keeper.wake();
      notices.wake();
    },
  });

  async function send(notice: StatusNoticeRecord): Promise<Outcome | undefined> {
    const subscriber = await findSubscriber(records.db, notice.subscriberId);
    if (subscriber === undefined) return undefined;
    const message = await messageFor(notice);
    if (message === undefined) return undefined;
    const { kind, address } = subscriber;
    if (kind === "email") {
      const ends =
        message.kind === "question"
          ? {}
          : {
              "list-unsubscribe": `<${message.endUrl}>`,
              "list-unsubscribe-post": "List-Unsubscribe=One-Click",
            };
      return sendMail(mail, config.email, {
        ...mailOf(message),
        to: address,
        messageId: `<${notice.id}@seaworthy>`,
        date: clock.now(),
        headers: { ...ends, "auto-submitted": "auto-generated", precedence: "bulk" },
      });
    }
    return postJson(http, {
      id: notice.id,
      address,
      body: kind === "slack" ? { text: slackOf(message) } : webhookOf(message),
      allowPrivateAddresses: config.allowPrivateAddresses,
    });
  }

  async function messageFor(notice: StatusNoticeRecord): Promise<NoticeMessage | undefined> {
    const page = (await readStatusPage(records.db))?.settings.name ?? "Status";
    const tokens = await subscriptions.tokens(notice.subscriberId);
    if (notice.updateId === null)
      return { kind: "question", page, confirmUrl: `${url}/subscribe/${tokens.confirm}` };
    const update = await findStatusUpdate(records.db, notice.updateId);
    const post = update && (await findStatusPost(records.db, update.postId));
    if (update === undefined || post === undefined) return undefined;
    return {
      kind: "update",
      page,
      post,
      update,
      url: `${url}/incidents/${post.id}`,
      endUrl: `${url}/unsubscribe/${tokens.end}`,
    };
  }

  return {
    ...commands,
    subscriptions,
    hasMail: config.email !== undefined,
    notices: (postId) => countNotices(records.db, postId),
    visitKey,
    start() {
      keeper.start();
      notices.start();
    },
    async stop() {
      mail.close();
      await keeper.stop();
      await subscriptions.settled();
      await notices.stop();
      await writing;
      await http.close();
    },
    async settle() {
      await subscriptions.settled();
      await keeper.settle();
      await notices.settle();
      await writing;
    },
  };
}
