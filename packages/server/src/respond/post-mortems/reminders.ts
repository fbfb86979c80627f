import type { Logger } from "pino";
import type { Clock, Severity } from "../../model/index.ts";
import {
  addTimeline,
  claimReminders,
  findIncident,
  findPostMortem,
  findUser,
  listContacts,
  listUsers,
  makeReminders,
  settleReminder,
} from "../../store/index.ts";
import type { Records, ReminderRecord, UserRecord } from "../../store/index.ts";
import type { Paging } from "../paging/paging.ts";
import { WorkLoop } from "../work-loop.ts";

/** Hours after an incident's end at which people are reminded of its post-mortem. */
const REMINDED_AFTER = [24, 48] as const;
/** Times in milliseconds. */
const LIMITS = {
  look: 60_000,
  /** Longer than any attempt to send one. */
  claim: 90_000,
  retry: 5 * 60_000,
  attempts: 5,
  batch: 20,
  /** Nobody is reminded of what ended before. */
  oldest: 14 * 86_400_000,
} as const;

/** Reminds people of post-mortems that are due. */
export interface Reminders {
  start(): void;
  stop(): Promise<void>;
  /** Does what is due now. */
  settle(): Promise<void>;
}

/**
 * Makes the reminders: one 24 and one 48 hours after an incident's end, while its post-mortem is not
 * complete. Any number of servers may do so over one PostgreSQL: that one is to be sent is a row, and a row
 * that a killed server had in hand is sent by the next one, with the same id.
 */
export function createReminders(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly severities: readonly Severity[];
  readonly paging: Pick<Paging, "remind">;
  readonly externalURL: string;
  /** How long a server has a reminder in hand, ms. */
  readonly claim?: number;
}): Reminders {
  const { records, clock, log, paging, claim = LIMITS.claim } = deps;

  async function make(): Promise<void> {
    await records.transaction(async (tx) => {
      const now = new Date(clock.now());
      for (const hours of REMINDED_AFTER) {
        const made = await makeReminders(tx, {
          now,
          hours,
          endedAfter: new Date(now.getTime() - LIMITS.oldest),
          severities: deps.severities,
        });
        await addTimeline(
          tx,
          made.map(({ incidentId }) => ({
            incidentId,
            at: now,
            kind: "post_mortem" as const,
            actor: "system",
            text: hours < 48 ? "The post-mortem is due in a day" : "The post-mortem is overdue",
          })),
        );
      }
    });
  }

  async function people({ personId }: ReminderRecord): Promise<readonly UserRecord[]> {
    const person = personId === null ? undefined : await findUser(records.db, personId);
    if (person !== undefined) return [person];
    return (await listUsers(records.db)).filter(({ role }) => role === "admin");
  }

  async function send(reminder: ReminderRecord): Promise<void> {
    const incident = await findIncident(records.db, { id: reminder.incidentId });
    const written = await findPostMortem(records.db, reminder.incidentId);
    const now = clock.now();
    if (incident === undefined || (written?.completedAt ?? null) !== null) {
      return settleReminder(records.db, reminder.id, { settledAt: new Date(now) });
    }
    let isTold = false;
    for (const person of await people(reminder)) {
      const ways = (await listContacts(records.db, [person.id])).filter(
        ({ kind }) => kind === "email" || kind === "slack" || kind === "webhook",
      );
      const told = await paging.remind(
        reminder.id,
        ways.length > 0 ? ways : [{ kind: "email", address: person.email }],
        {
          ...incident,
          title: `The post-mortem ${reminder.hours < 48 ? "is due in a day" : "is overdue"}: ${incident.title}`,
        },
        `${deps.externalURL}/incidents/${incident.number}/post-mortem`,
      );
      isTold ||= told;
    }
    const isGivenUp = reminder.attempts >= LIMITS.attempts;
    if (!isTold && isGivenUp)
      log.warn({ incident: incident.number }, "nobody could be reminded of a post-mortem");
    await settleReminder(
      records.db,
      reminder.id,
      isTold || isGivenUp ? { settledAt: new Date(now) } : { again: new Date(now + LIMITS.retry) },
    );
  }

  const loop = new WorkLoop({
    clock,
    log,
    look: LIMITS.look,
    failure: "reminders of post-mortems failed; trying again",
    work: async () => {
      await make();
      for (;;) {
        const now = clock.now();
        const until = new Date(now + claim);
        const claimed = await claimReminders(records.db, new Date(now), until, LIMITS.batch);
        for (const reminder of claimed) await send(reminder);
        if (claimed.length < LIMITS.batch) return null;
      }
    },
  });

  return {
    start: () => loop.start(),
    stop: () => loop.stop(),
    settle: () => loop.settle(),
  };
}
