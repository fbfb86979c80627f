import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Announce, Clock, EscalationTarget } from "../../model/index.ts";
import type { Outcome } from "../../route/index.ts";
import {
  addPersonPages,
  addTimeline,
  claimPersonPages,
  findEscalation,
  findIncident,
  findSchedule,
  findUser,
  hastenEscalation,
  listContacts,
  listUsers,
  lockDueEscalations,
  nextPagingAt,
  overridesBetween,
  pagesOfIncident,
  saveEscalation,
  settlePersonPage,
} from "../../store/index.ts";
import type {
  ContactRecord,
  EscalationRecord,
  IncidentRecord,
  PersonPageRecord,
  Records,
  Tx,
  UserRecord,
} from "../../store/index.ts";
import { dutyAt } from "../on-call/duties.ts";
import { WorkLoop } from "../work-loop.ts";
import { waysNow } from "./contacts.ts";
import { placeAfter, stepInWords, targetsOf } from "./policy.ts";

/** Times in milliseconds. */
const LIMITS = {
  /** Steps that are taken, and pages that are sent, at a time. */
  batch: 50,
  /** How long a server has a page in hand, where nothing else is said. */
  claim: 90_000,
  /** The time before the second attempt; each later one waits three times as long, */
  firstRetry: 5000,
  /** but not longer than this, whatever the receiver asks for, */
  longestRetry: 5 * 60_000,
  /** up to this many attempts in all. */
  attempts: 5,
} as const;

/** Who acts when nobody does. */
const SYSTEM = "system";

export interface EscalatorOptions {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly announce: Announce;
  /** Sends a page once. Never throws for what the receiver does. */
  readonly send: (
    page: PersonPageRecord,
    incident: IncidentRecord,
    escalation: EscalationRecord,
  ) => Promise<Outcome>;
  /** Whether people can be reached by the e-mail that they sign in with. */
  readonly hasMail: boolean;
  /** 0 to 1, for the jitter between attempts. */
  readonly random?: (() => number) | undefined;
  /** How long a server has a page in hand; longer than any attempt to send it. */
  readonly claim?: number | undefined;
}

/**
 * Takes the steps of escalations when they are due, and sends their pages. Any number of servers may do
 * so over one PostgreSQL: a step is decided under a lock, in one transaction with the pages that it makes;
 * a page is in one server's hands for a while, and in another's when that one was killed.
 */
export class Escalator {
  readonly #options: EscalatorOptions;
  readonly #random: () => number;
  readonly #loop: WorkLoop;

  constructor(options: EscalatorOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    const { records, clock, log } = options;
    this.#loop = new WorkLoop({
      clock,
      log,
      failure: "people could not be paged; trying again",
      work: async () => {
        while ((await this.#takeSteps()) > 0);
        while ((await this.#sendPages()) > 0);
        return nextPagingAt(records.db);
      },
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** Ends; awaits what is under way. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Does what is due now, and resolves when it is done. */
  settle(): Promise<void> {
    return this.#loop.settle();
  }

  /** Does what is due, now or after what is under way. */
  wake(): void {
    this.#loop.wake();
  }

  /** Takes the steps that are due; answers how many there were. */
  #takeSteps(): Promise<number> {
    const { records, clock } = this.#options;
    return records.transaction(async (tx) => {
      const now = clock.now();
      const due = await lockDueEscalations(tx, new Date(now), LIMITS.batch);
      for (const escalation of due) await this.#takeStep(tx, escalation, now);
      return due.length;
    });
  }

  async #takeStep(tx: Tx, escalation: EscalationRecord, now: number): Promise<void> {
    const { incidentId, policy, run, round, step, turn } = escalation;
    const incident = await findIncident(tx, { id: incidentId });
    if (incident === undefined) return;
    const { people, nobodyBy } = await this.#peopleOf(tx, targetsOf(policy, escalation, turn), now);
    const ways = await listContacts(
      tx,
      people.map(({ id }) => id),
    );
    const createdAt = new Date(now);
    const words = stepInWords(policy, escalation);
    const notes: string[] = nobodyBy.map((name) => `Nobody is on call by ${name} (${words})`);
    const pages = people.flatMap((person) => {
      const own = this.#waysOf(person, ways);
      const usable = waysNow(own, incident.severity, now);
      if (usable.length === 0) {
        const why = own.length === 0 ? "has no way to be reached" : "is not to be paged now";
        notes.push(`${person.name} ${why} (${words})`);
      }
      return usable.map(({ kind, address }) => ({
        id: randomUUID(),
        incidentId,
        run,
        round,
        step,
        personId: person.id,
        kind,
        address,
        createdAt,
      }));
    });
    await addPersonPages(tx, pages);
    const next = placeAfter(policy, escalation);
    // Where nobody can be reached, nobody's answer is waited for.
    const wait = pages.length === 0 ? 0 : (next?.wait ?? 0);
    await saveEscalation(tx, {
      ...escalation,
      ...(next === undefined
        ? { dueAt: null }
        : { round: next.round, step: next.step, dueAt: new Date(now + wait) }),
    });
    if (next === undefined && pages.length === 0) notes.push("Nobody is left to be paged");
    await this.#note(tx, incidentId, now, "notification_failed", notes);
  }

  /** Whoever has named no way is reached by the e-mail that they sign in with, where mail can be sent. */
  #waysOf(person: UserRecord, ways: readonly ContactRecord[]): readonly ContactRecord[] {
    const own = ways.filter(({ personId }) => personId === person.id);
    if (own.length > 0 || !this.#options.hasMail) return own;
    return [
      {
        id: person.id,
        personId: person.id,
        kind: "email",
        address: person.email,
        severities: ["P1", "P2", "P3"],
        quiet: null,
        name: null,
        endedAt: null,
      },
    ];
  }

  async #peopleOf(
    tx: Tx,
    targets: readonly EscalationTarget[],
    now: number,
  ): Promise<{ readonly people: readonly UserRecord[]; readonly nobodyBy: readonly string[] }> {
    const everyone = await listUsers(tx);
    const ids = new Set<string>();
    const nobodyBy: string[] = [];
    for (const target of targets) {
      if (target.kind === "everyone") for (const { id } of everyone) ids.add(id);
      else if (target.kind === "person") ids.add(target.id);
      else {
        const schedule = await findSchedule(tx, target.id);
        const overrides = await overridesBetween(tx, [target.id], now, now + 1);
        const duty = dutyAt(schedule?.layers ?? [], overrides.get(target.id) ?? [], now);
        if (duty === undefined) nobodyBy.push(schedule?.name ?? "a schedule that is gone");
        else ids.add(duty.personId);
      }
    }
    return { people: everyone.filter(({ id }) => ids.has(id)), nobodyBy };
  }

  /** Sends the pages that are due; answers how many there were. */
  async #sendPages(): Promise<number> {
    const { records, clock, claim = LIMITS.claim } = this.#options;
    const now = clock.now();
    const until = new Date(now + claim);
    const pages = await claimPersonPages(records.db, new Date(now), until, LIMITS.batch);
    await Promise.all(pages.map((page) => this.#sendOne(page)));
    return pages.length;
  }

  async #sendOne(page: PersonPageRecord): Promise<void> {
    const { records, log } = this.#options;
    try {
      const incident = await findIncident(records.db, { id: page.incidentId });
      const escalation = await findEscalation(records.db, page.incidentId);
      if (incident === undefined || escalation === undefined) return;
      const outcome = await this.#options.send(page, incident, escalation);
      await records.transaction((tx) => this.#settle(tx, page, outcome, escalation));
    } catch (error) {
      // The claim runs out, and the page is due again.
      log.error({ page: page.id, reason: messageOf(error) }, "a page could not be dealt with");
    }
  }

  async #settle(
    tx: Tx,
    page: PersonPageRecord,
    outcome: Outcome,
    { policy }: EscalationRecord,
  ): Promise<void> {
    const now = this.#options.clock.now();
    const person = await findUser(tx, page.personId);
    const who = `${person?.name ?? "somebody"} by ${KIND_IN_WORDS[page.kind]} (${stepInWords(policy, page)})`;
    if (outcome.kind === "sent") {
      await settlePersonPage(tx, page.id, { state: "sent", at: new Date(now) });
      await this.#note(tx, page.incidentId, now, "notified", [`Paged ${who}`]);
      return;
    }
    const { error } = outcome;
    if (outcome.kind === "retry" && page.attempts < LIMITS.attempts) {
      const usual = LIMITS.firstRetry * 3 ** (page.attempts - 1);
      const jitter = 0.75 + this.#random() / 2;
      const after = Math.min(Math.max(outcome.after ?? 0, usual * jitter), LIMITS.longestRetry);
      await settlePersonPage(tx, page.id, {
        state: "waiting",
        error,
        nextAt: new Date(now + after),
      });
      return;
    }
    await settlePersonPage(tx, page.id, { state: "failed", error });
    await this.#note(tx, page.incidentId, now, "notification_failed", [
      `Could not page ${who}: ${error}`,
    ]);
    const siblings = (await pagesOfIncident(tx, page.incidentId)).filter(
      ({ run, round, step }) => run === page.run && round === page.round && step === page.step,
    );
    // When nobody of a step could be reached, the next one is not waited for.
    if (siblings.every(({ state }) => state === "failed")) {
      await hastenEscalation(tx, page.incidentId, page.run, new Date(now));
    }
  }

  async #note(
    tx: Tx,
    incidentId: string,
    at: number,
    kind: "notified" | "notification_failed",
    texts: readonly string[],
  ): Promise<void> {
    if (texts.length === 0) return;
    const { records, announce } = this.#options;
    await addTimeline(
      tx,
      texts.map((text) => ({ incidentId, at: new Date(at), kind, actor: SYSTEM, text })),
    );
    records.afterCommit(tx, () => announce({ topic: "incidents", id: incidentId }));
  }
}

const KIND_IN_WORDS = {
  email: "e-mail",
  slack: "Slack",
  webhook: "webhook",
  sms: "text message",
  voice: "telephone",
  push: "notification",
} as const;
