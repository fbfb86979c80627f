import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock } from "../../model/index.ts";
import type { Outcome } from "../../route/index.ts";
import { claimStatusNotices, nextStatusNoticeAt, settleStatusNotice } from "../../store/index.ts";
import type { Records, StatusNoticeRecord } from "../../store/index.ts";
import { WorkLoop } from "../work-loop.ts";

/** Times in milliseconds. */
const LIMITS = {
  /** Notices that are sent at a time. */
  batch: 20,
  /** How long a server has a notice in hand; longer than any attempt to send it. */
  claim: 90_000,
  /** The time before the second attempt; each later one waits three times as long, */
  firstRetry: 10_000,
  /** but not longer than this, */
  longestRetry: 60 * 60_000,
  /** up to this many attempts in all: some three hours. */
  attempts: 8,
  /** Another server may have begun something that this one does not know of. */
  look: 10_000,
} as const;

export interface NoticeOptions {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  /** Sends a notice once; undefined when there is nothing to send any more. Never throws. */
  readonly send: (notice: StatusNoticeRecord) => Promise<Outcome | undefined>;
  /** 0 to 1, for the jitter between attempts. */
  readonly random?: (() => number) | undefined;
  readonly claim?: number | undefined;
}

/**
 * Sends what subscribers are to be told. A notice is written with the update that it tells of, taken in
 * hand by one server, and marked when it went out; a killed server's notices are taken by another after a
 * while, under the same id, which receivers get as idempotency key and mail as message id.
 */
export class NoticeSender {
  readonly #options: NoticeOptions;
  readonly #loop: WorkLoop;

  constructor(options: NoticeOptions) {
    this.#options = options;
    const { records, clock, log } = options;
    this.#loop = new WorkLoop({
      clock,
      log,
      look: LIMITS.look,
      failure: "subscribers could not be told; trying again",
      work: async (goesOn) => {
        while ((await this.#sendSome()) > 0 && goesOn());
        return nextStatusNoticeAt(records.db);
      },
    });
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Sends what is due now, and resolves when it is done. */
  settle(): Promise<void> {
    return this.#loop.settle();
  }

  wake(): void {
    this.#loop.wake();
  }

  async #sendSome(): Promise<number> {
    const { records, clock, claim = LIMITS.claim } = this.#options;
    const now = clock.now();
    const until = new Date(now + claim);
    const notices = await claimStatusNotices(records.db, new Date(now), until, LIMITS.batch);
    await Promise.all(notices.map((notice) => this.#sendOne(notice)));
    return notices.length;
  }

  async #sendOne(notice: StatusNoticeRecord): Promise<void> {
    const { records, clock, log, send, random = Math.random } = this.#options;
    try {
      const outcome = await send(notice);
      const now = clock.now();
      if (outcome === undefined || outcome.kind === "sent") {
        await settleStatusNotice(records.db, notice.id, { state: "sent", at: new Date(now) });
        return;
      }
      const { error } = outcome;
      if (outcome.kind === "failed" || notice.attempts >= LIMITS.attempts) {
        await settleStatusNotice(records.db, notice.id, { state: "failed", error });
        return;
      }
      const usual = LIMITS.firstRetry * 3 ** (notice.attempts - 1) * (0.75 + random() / 2);
      const after = Math.min(Math.max(outcome.after ?? 0, usual), LIMITS.longestRetry);
      const nextAt = new Date(now + after);
      await settleStatusNotice(records.db, notice.id, { state: "waiting", error, nextAt });
    } catch (error) {
      // The claim runs out, and the notice is due again.
      log.error(
        { notice: notice.id, reason: messageOf(error) },
        "a notice could not be dealt with",
      );
    }
  }
}
