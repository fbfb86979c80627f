import { randomUUID } from "node:crypto";
import type { Clock, ContactMethod } from "../../model/index.ts";
import {
  addContact,
  deleteContact,
  deleteSubscriptions,
  listContactsEver,
  writeAudit,
} from "../../store/index.ts";
import type { ContactRecord, Records, Tx } from "../../store/index.ts";
import { isTimeZone } from "../../model/index.ts";
import { addressFault } from "./contacts.ts";
import { readSubscription, subscriptionsAt, writeSubscription } from "./push/subscription.ts";
import { PagingError } from "./errors.ts";
import type { Paging } from "./paging.ts";

/** Ways of reaching one person: more help nobody. */
const MOST = 20;

/** A person who looks after their own ways. */
interface Self {
  readonly personId: string;
  readonly actor: string;
}

/** How people are reached: everybody keeps their own. */
export interface ContactBook {
  list(personId: string): Promise<readonly ContactRecord[]>;
  /** Throws `contact_invalid`, `contact_taken`, `contact_limit`. */
  add(self: Self, given: Omit<ContactMethod, "id">): Promise<ContactRecord>;
  /** Throws `contact_not_found`. */
  remove(self: Self, id: string): Promise<void>;
  /** Sends a test page; answers what went wrong, or null. Throws `contact_not_found`. */
  test(self: Self, id: string): Promise<string | null>;
}

/** Makes the book of how people are reached. */
export function createContactBook(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly paging: Pick<Paging, "test">;
}): ContactBook {
  const { records, clock } = deps;
  const unknown = () =>
    new PagingError("contact_not_found", "You have no such way of being reached.");

  return {
    list: (personId) => listContactsEver(records.db, [personId]),

    add: (self, given) =>
      records.transaction(async (tx) => {
        const fault = addressFault(given);
        if (fault !== undefined) {
          const shown = given.kind === "push" ? "the subscription" : `"${given.address}"`;
          throw new PagingError("contact_invalid", `address: ${shown} ${fault}.`);
        }
        if (given.quiet !== null && !isTimeZone(given.quiet.timeZone)) {
          throw new PagingError(
            "contact_invalid",
            `quiet.timeZone: "${given.quiet.timeZone}" is not a time zone; use an IANA name such as Europe/Berlin.`,
          );
        }
        const address = await kept(tx, given);
        if ((await listContactsEver(tx, [self.personId])).length >= MOST) {
          throw new PagingError("contact_limit", `Nobody has more than ${MOST} ways; remove one.`);
        }
        const contact = { ...given, address, id: randomUUID(), personId: self.personId };
        const at = clock.now();
        if (!(await addContact(tx, contact, new Date(at)))) {
          throw new PagingError("contact_taken", `You are reached at ${given.address} already.`);
        }
        await writeAudit(tx, {
          at,
          actor: self.actor,
          action: "contact.add",
          subject: contact.id,
          // An address may be a secret: whoever has a webhook's URL can post to it.
          detail: { kind: given.kind },
        });
        return { ...contact, endedAt: null };
      }),

    remove: (self, id) =>
      records.transaction(async (tx) => {
        if (!(await deleteContact(tx, self.personId, id))) throw unknown();
        await writeAudit(tx, {
          at: clock.now(),
          actor: self.actor,
          action: "contact.remove",
          subject: id,
        });
      }),

    async test(self, id) {
      const own = await listContactsEver(records.db, [self.personId]);
      const contact = own.find((one) => one.id === id);
      if (contact === undefined) throw unknown();
      return deps.paging.test(contact);
    },
  };
}

/** The address as it is kept; a browser is taken from whoever was paged by it before. */
async function kept(tx: Tx, { kind, address }: Omit<ContactMethod, "id">): Promise<string> {
  const read = kind === "push" ? readSubscription(address) : undefined;
  if (read === undefined || "fault" in read) return address;
  await deleteSubscriptions(tx, subscriptionsAt(read.subscription.endpoint));
  return writeSubscription(read.subscription);
}
