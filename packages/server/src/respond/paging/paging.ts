import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Announce, Clock } from "../../model/index.ts";
import { HttpSender, MailSender } from "../../route/index.ts";
import type { Outcome } from "../../route/index.ts";
import {
  dropPersonPages,
  endContact,
  findEscalation,
  findEscalations,
  findIncident,
  findPersonPage,
  findUnansweredText,
  findUser,
  hastenEscalation,
  installationKey,
  listPolicies,
  listUsers,
  pagesOfIncident,
  saveEscalation,
  takeTurn,
  writeAudit,
} from "../../store/index.ts";
import type {
  ContactRecord,
  EscalationRecord,
  IncidentRecord,
  IncidentSummaryRecord,
  PersonPageRecord,
  Records,
  Tx,
  UserRecord,
} from "../../store/index.ts";
import { remembered } from "../remembered.ts";
import { idOfToken, tokenOf } from "../signed-link.ts";
import { PagingError } from "./errors.ts";
import type { PageMessage } from "./message.ts";
import { Escalator } from "./escalator.ts";
import { policyFor, stepInWords } from "./policy.ts";
import { endedMail, pushContact } from "./push/ended.ts";
import { pushSender } from "./push/vapid.ts";
import { reveal, sendMail } from "../mail.ts";
import { sendPage } from "./send-page.ts";
import type { PagingConfig } from "./send-page.ts";
import { isSignedForm, readReply } from "./text-reply.ts";

/** How long a link in a page answers. */
const LINK_LIFE = 24 * 3_600_000;

/** A page's link, as far as it answers. */
export interface AnsweredLink {
  readonly incident: IncidentSummaryRecord;
  /** The person who was paged: who answers. */
  readonly person: UserRecord;
}

/** The paging for an incident, as people see it. */
export interface PagingView {
  readonly policy: string;
  /** `exhausted`: everybody was paged, and nobody has answered. */
  readonly state: "waiting" | "exhausted" | "acknowledged" | "resolved";
  /** When the next step is taken if nobody answers, and which one it is. */
  readonly next: { readonly at: Date; readonly step: string } | undefined;
  readonly pages: readonly (PersonPageRecord & {
    readonly personName: string;
    readonly stepName: string;
  })[];
}

/** Pages people about incidents, step by step, until somebody answers. */
export interface Paging {
  /**
   * Begins, or ends, the paging for incidents as they stand now. Called in each transaction that
   * changes incidents.
   */
  follow(tx: Tx, incidents: readonly IncidentRecord[], at: number): Promise<void>;
  /** Takes up what an earlier process left. */
  start(): void;
  /** Ends; awaits what is under way. */
  stop(): Promise<void>;
  /** Does what is due now, and resolves when it is done. */
  settle(): Promise<void>;
  /** Takes the next step at once. Throws `escalation_over` when there is none. */
  escalate(tx: Tx, incident: IncidentRecord): Promise<void>;
  /** The paging for an incident, with all its pages; undefined when nobody was to be paged. */
  of(incidentId: string): Promise<PagingView | undefined>;
  /** What is behind the token of a page's link, or of its button. Throws `acknowledge_link_invalid`. */
  link(token: string, purpose?: "acknowledge" | "escalate"): Promise<AnsweredLink>;
  /**
   * Whom and what a text message answers, as the telephone service tells it: a form with `From` and
   * `Body`. Throws `text_unsigned` unless it is signed for `path`, `text_unanswered` when there is
   * nothing that it could answer.
   */
  reply(path: string, form: URLSearchParams, signature: string): Promise<AnsweredLink>;
  /** Sends a test page by a way of reaching somebody; answers what went wrong, or null. */
  test(contact: ContactRecord): Promise<string | null>;
  /** What browsers subscribe to pushes with: a public key of P-256, as base64url. */
  pushKey(): Promise<string>;
  /** Reminds somebody of something about an incident by the first way that works; false when none does. */
  remind(
    id: string,
    ways: readonly Pick<ContactRecord, "kind" | "address">[],
    incident: PageMessage["incident"],
    url: string,
  ): Promise<boolean>;
}

export interface PagingOptions {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly announce: Announce;
  readonly config: PagingConfig;
  /** Where people reach this installation: links in pages begin with it. */
  readonly externalURL: string;
  /** 0 to 1, for the jitter between attempts. */
  readonly random?: () => number;
  /** How long a server has a page in hand, ms; longer than any attempt to send it. */
  readonly claim?: number;
}

/** Makes the paging of people; it does nothing on its own before `start`. */
export function createPaging(options: PagingOptions): Paging {
  return new PersonPaging(options);
}

class PersonPaging implements Paging {
  readonly #options: PagingOptions;
  readonly #http: HttpSender;
  readonly #mail = new MailSender();
  readonly #escalator: Escalator;
  readonly #linkKey = remembered(() =>
    installationKey(this.#options.records.db, "acknowledge links"),
  );
  readonly #pushSender = remembered(async () => {
    const { records, externalURL, config } = this.#options;
    const secret = await installationKey(records.db, "web push");
    return pushSender(secret, pushContact(externalURL, config.email?.from));
  });

  constructor(options: PagingOptions) {
    this.#options = options;
    this.#http = new HttpSender({ now: () => options.clock.now() });
    this.#escalator = new Escalator({
      ...options,
      hasMail: options.config.email !== undefined,
      send: (page, incident, escalation) => this.#page(page, incident, escalation),
    });
  }

  async follow(tx: Tx, incidents: readonly IncidentRecord[], at: number): Promise<void> {
    const ids = incidents.map(({ id }) => id);
    const known = await findEscalations(tx, ids);
    for (const { id, state } of incidents) {
      const escalation = known.get(id);
      if (state === "triggered" || escalation === undefined || escalation.ended !== null) continue;
      const ended = state === "resolved" ? state : "acknowledged";
      await saveEscalation(tx, { ...escalation, dueAt: null, ended });
      await dropPersonPages(tx, id);
    }
    const unpaged = incidents.filter(
      ({ id, state }) => state === "triggered" && known.get(id)?.ended !== null,
    );
    if (unpaged.length === 0) return;
    const policies = await listPolicies(tx);
    for (const incident of unpaged) {
      const policy = policyFor(policies, incident);
      if (policy === undefined) continue;
      await saveEscalation(tx, {
        incidentId: incident.id,
        run: (known.get(incident.id)?.run ?? 0) + 1,
        policy,
        turn: await takeTurn(tx, policy.id),
        round: 0,
        step: 0,
        dueAt: new Date(at),
        startedAt: new Date(at),
        ended: null,
      });
      this.#options.records.afterCommit(tx, () => this.#escalator.wake());
    }
  }

  async escalate(tx: Tx, incident: IncidentRecord): Promise<void> {
    const { clock, records } = this.#options;
    if (!(await hastenEscalation(tx, incident.id, undefined, new Date(clock.now())))) {
      throw new PagingError(
        "escalation_over",
        `Nobody else is to be paged about incident #${incident.number}: it has no escalation policy, somebody has answered, or everybody has been paged.`,
      );
    }
    records.afterCommit(tx, () => this.#escalator.wake());
  }

  start(): void {
    this.#escalator.start();
  }

  async stop(): Promise<void> {
    this.#mail.close();
    await this.#escalator.stop();
    await this.#http.close();
  }

  settle(): Promise<void> {
    return this.#escalator.settle();
  }

  async of(incidentId: string): Promise<PagingView | undefined> {
    const { db } = this.#options.records;
    const escalation = await findEscalation(db, incidentId);
    if (escalation === undefined) return undefined;
    const { policy, dueAt, ended } = escalation;
    const names = new Map((await listUsers(db)).map(({ id, name }) => [id, name]));
    return {
      policy: policy.name,
      state: ended ?? (dueAt === null ? "exhausted" : "waiting"),
      next: dueAt === null ? undefined : { at: dueAt, step: stepInWords(policy, escalation) },
      pages: (await pagesOfIncident(db, incidentId)).map((page) => ({
        ...page,
        personName: names.get(page.personId) ?? "somebody",
        stepName: stepInWords(policy, page),
      })),
    };
  }

  async link(
    token: string,
    purpose: "acknowledge" | "escalate" = "acknowledge",
  ): Promise<AnsweredLink> {
    const { records, clock } = this.#options;
    const refuse = (why: string) => new PagingError("acknowledge_link_invalid", why);
    const id = idOfToken(await this.#linkKey(), purpose, token);
    const page = id === undefined ? undefined : await findPersonPage(records.db, id);
    if (page === undefined) throw refuse("This link is none of ours. Open it from the page again.");
    if (clock.now() - page.createdAt.getTime() > LINK_LIFE) {
      throw refuse("This link is older than a day. Sign in to see the incident.");
    }
    const escalation = await findEscalation(records.db, page.incidentId);
    if (escalation?.run !== page.run) {
      throw refuse("The incident was reopened after this page. Use the link of the latest one.");
    }
    const found = await this.#answered(page);
    if (found === undefined) throw refuse("The incident is gone.");
    return found;
  }

  async #answered(page: PersonPageRecord): Promise<AnsweredLink | undefined> {
    const { db } = this.#options.records;
    const incident = await findIncident(db, { id: page.incidentId });
    const person = await findUser(db, page.personId);
    return incident === undefined || person === undefined ? undefined : { incident, person };
  }

  async reply(path: string, form: URLSearchParams, signature: string): Promise<AnsweredLink> {
    const { records, clock, config, externalURL } = this.#options;
    const token = config.telephone === undefined ? "" : await reveal(config.telephone.token);
    if (token === "" || !isSignedForm(token, externalURL + path, form, signature)) {
      throw new PagingError(
        "text_unsigned",
        "The message is not signed with the token of paging.twilio in seaworthy.yml, or not for this address: the telephone service must call the external URL.",
      );
    }
    const meaning = readReply(form.get("Body") ?? "");
    if (meaning === undefined) {
      throw new PagingError("text_unanswered", "Reply OK, or OK #42 with an incident's number.");
    }
    const page = await findUnansweredText(
      records.db,
      form.get("From") ?? "",
      new Date(clock.now() - LINK_LIFE),
      meaning.number,
    );
    const found = page === undefined ? undefined : await this.#answered(page);
    if (found !== undefined) return found;
    throw new PagingError("text_unanswered", "No page to this number waits for an answer.");
  }

  async test(contact: ContactRecord): Promise<string | null> {
    const { externalURL, clock } = this.#options;
    const outcome = await this.#send(
      { id: randomUUID(), kind: contact.kind, address: contact.address },
      {
        incident: {
          number: 0,
          title: "This is a test page",
          severity: "P3",
          service: null,
          openedAt: new Date(clock.now()),
        },
        policy: "yourself",
        step: "as a test",
        incidentUrl: `${externalURL}/on-call`,
        acknowledgeUrl: `${externalURL}/on-call`,
      },
    );
    return outcome.kind === "sent" ? null : outcome.error;
  }

  async remind(
    id: string,
    ways: readonly Pick<ContactRecord, "kind" | "address">[],
    incident: PageMessage["incident"],
    url: string,
  ): Promise<boolean> {
    for (const { kind, address } of ways) {
      const outcome = await this.#send(
        { id, kind, address },
        {
          incident,
          policy: "post-mortems",
          step: "as a reminder",
          incidentUrl: `${this.#options.externalURL}/incidents/${incident.number}`,
          acknowledgeUrl: url,
        },
      );
      if (outcome.kind === "sent") return true;
    }
    return false;
  }

  async pushKey(): Promise<string> {
    return (await this.#pushSender()).publicKey;
  }

  /** A browser has ended its subscription: it is paged no more, and its person is told once. */
  async #ended(way: Pick<ContactRecord, "kind" | "address">): Promise<void> {
    const { records, clock, config, externalURL } = this.#options;
    const at = clock.now();
    const ended = await records.transaction(async (tx) => {
      const found = await endContact(tx, way, new Date(at));
      for (const { id } of found) {
        await writeAudit(tx, { at, actor: "system", action: "contact.end", subject: id });
      }
      return found;
    });
    for (const { id, personId, name } of ended) {
      const person = await findUser(records.db, personId);
      if (person === undefined || config.email === undefined) continue;
      const { subject, text, html } = endedMail(name, externalURL);
      const messageId = `<ended-${id}@seaworthy>`;
      const mail = { to: person.email, subject, messageId, text, html, date: at, headers: {} };
      const { kind } = await sendMail(this.#mail, config.email, mail);
      if (kind !== "sent") this.#options.log.warn({ contact: id }, "nobody was told that it ended");
    }
  }

  async #page(
    page: PersonPageRecord,
    incident: IncidentRecord,
    { policy }: EscalationRecord,
  ): Promise<Outcome> {
    const { externalURL } = this.#options;
    const key = await this.#linkKey();
    return this.#send(page, {
      incident,
      policy: policy.name,
      step: stepInWords(policy, page),
      incidentUrl: `${externalURL}/incidents/${incident.number}`,
      acknowledgeUrl: `${externalURL}/acknowledge/${tokenOf(key, "acknowledge", page.id)}`,
      escalateUrl: `${externalURL}/escalate/${tokenOf(key, "escalate", page.id)}`,
    });
  }

  #send(
    page: Parameters<typeof sendPage>[0],
    message: Parameters<typeof sendPage>[1],
  ): Promise<Outcome> {
    const { config, clock } = this.#options;
    return sendPage(page, message, {
      config,
      http: this.#http,
      mail: this.#mail,
      push: () => this.#pushSender(),
      gone: (way) => this.#ended(way),
      now: () => clock.now(),
    });
  }
}
