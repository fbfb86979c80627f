import { fingerprint, withoutEmpty } from "../../model/index.ts";
import type { Alert, Labels } from "../../model/index.ts";
import { deleteEndedAlerts, listAlertRecords, putAlerts } from "../../store/index.ts";
import type { AlertRecord, Db } from "../../store/index.ts";
import { RouteError } from "../errors.ts";

/** An alert that the router holds; never changed, only replaced. Its `endsAt` is exact. */
export type HeldAlert = AlertRecord;

/** An alert as it was sent; without an end it fires until the resolve timeout. */
export type IncomingAlert = Omit<Alert, "endsAt"> & { readonly endsAt?: number };

/**
 * How far beyond an alert's end its row reaches at least. A sender repeats a firing alert with a
 * later end every few seconds; only when that end passes the bound in the row is there something to
 * write. After a crash an alert that nobody repeats resolves that much later than it could have, and
 * one that somebody repeats does not resolve in between.
 */
const MIN_SLACK = 30_000;

/** A label set larger than this is refused: it would be copied into every notification. */
const MAX_LABELS_LENGTH = 256 * 1024;

interface Waiter {
  readonly alerts: readonly IncomingAlert[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Whether an alert has ended at `at`. */
export function isResolved(alert: { readonly endsAt: number }, at: number): boolean {
  return alert.endsAt <= at;
}

/** The alerts that the router knows, in memory and in the records. */
export class AlertBook {
  readonly #db: Db;
  readonly #now: () => number;
  readonly #alerts = new Map<string, HeldAlert>();
  /** The end that each alert's row has. */
  readonly #storedEnd = new Map<string, number>();
  #waiting: Waiter[] = [];
  #writing = false;
  /** Called with alerts that are durable, and whether there is more to say of them than before. */
  readonly #onAccepted: (alerts: readonly HeldAlert[], news: boolean) => void;
  /** How long an alert without an end fires, in milliseconds. */
  resolveTimeout = 300_000;

  constructor(
    db: Db,
    now: () => number,
    onAccepted: (alerts: readonly HeldAlert[], news: boolean) => void,
  ) {
    this.#db = db;
    this.#now = now;
    this.#onAccepted = onAccepted;
  }

  /** Every alert, those included that have ended and whose groups have not said so yet. */
  all(): IterableIterator<HeldAlert> {
    return this.#alerts.values();
  }

  /** Reads what an earlier process left. */
  async load(): Promise<void> {
    for (const record of await listAlertRecords(this.#db)) {
      this.#alerts.set(record.fingerprint, record);
      this.#storedEnd.set(record.fingerprint, record.endsAt);
    }
  }

  /** Takes over what another server has written of alerts; answers those that were news. */
  adopt(records: readonly AlertRecord[]): readonly HeldAlert[] {
    const news = records.filter((record) => {
      const known = this.#alerts.get(record.fingerprint);
      return known === undefined || known.updatedAt < record.updatedAt;
    });
    for (const record of news) {
      this.#alerts.set(record.fingerprint, record);
      this.#storedEnd.set(record.fingerprint, record.endsAt);
    }
    return news;
  }

  /**
   * Takes alerts in; resolves once they are durable. What arrives while rows are being written is
   * written together next. Throws RouteError, taking none, when an alert cannot be valid.
   */
  accept(alerts: readonly IncomingAlert[]): Promise<void> {
    for (const alert of alerts) {
      const fault = alertFault(alert);
      if (fault !== undefined) return Promise.reject(new RouteError("alert_invalid", fault));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ alerts, resolve, reject });
      if (!this.#writing) void this.#writeWaiting();
    });
  }

  async #writeWaiting(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(batch.flatMap((waiter) => waiter.alerts));
        for (const waiter of batch) waiter.resolve();
      } catch (error) {
        for (const waiter of batch) waiter.reject(error);
      }
    }
    this.#writing = false;
  }

  async #write(incoming: readonly IncomingAlert[]): Promise<void> {
    const now = this.#now();
    const merged = new Map<string, HeldAlert>();
    for (const alert of incoming) {
      const next = this.#toHeld(alert, now);
      const known = merged.get(next.fingerprint) ?? this.#alerts.get(next.fingerprint);
      merged.set(next.fingerprint, known === undefined ? next : merge(known, next, now));
    }
    const rows = [...merged.values()].flatMap((alert) => this.#rowFor(alert, now));
    if (rows.length > 0) await putAlerts(this.#db, rows);
    const accepted = [...merged.values()];
    const news = accepted.some((alert) => {
      const known = this.#alerts.get(alert.fingerprint);
      if (known === undefined || !sameContent(known, alert)) return true;
      return isResolved(known, now) !== isResolved(alert, now);
    });
    for (const row of rows) this.#storedEnd.set(row.fingerprint, row.endsAt);
    for (const alert of accepted) this.#alerts.set(alert.fingerprint, alert);
    this.#onAccepted(accepted, news);
  }

  /** The row to write for an alert; none when the one that is there says enough. */
  #rowFor(alert: HeldAlert, now: number): AlertRecord[] {
    const known = this.#alerts.get(alert.fingerprint);
    const stored = this.#storedEnd.get(alert.fingerprint);
    const firing = !isResolved(alert, now);
    const covered =
      stored !== undefined && (firing ? alert.endsAt <= stored : alert.endsAt === stored);
    if (covered && known !== undefined && sameContent(known, alert)) return [];
    if (!firing) return [alert];
    return [{ ...alert, endsAt: alert.endsAt + Math.max(MIN_SLACK, alert.endsAt - now) }];
  }

  #toHeld(alert: IncomingAlert, now: number): HeldAlert {
    const labels = withoutEmpty(alert.labels);
    return {
      fingerprint: fingerprint(labels),
      labels,
      annotations: alert.annotations,
      startsAt: alert.startsAt,
      endsAt: alert.endsAt ?? now + this.resolveTimeout,
      timeout: alert.endsAt === undefined,
      generatorURL: alert.generatorURL,
      receivedAt: now,
      updatedAt: now,
    };
  }

  /** Forgets those of the alerts that ended before `before`; answers the ones that are forgotten. */
  async forget(alerts: readonly HeldAlert[], before: number): Promise<readonly HeldAlert[]> {
    const ended = alerts.filter((alert) => alert.endsAt < before);
    await deleteEndedAlerts(
      this.#db,
      ended.map((alert) => alert.fingerprint),
      before,
    );
    // One that came back meanwhile is another object, and its row was not deleted or is rewritten.
    const gone = ended.filter((alert) => this.#alerts.get(alert.fingerprint) === alert);
    for (const { fingerprint: id } of gone) {
      this.#alerts.delete(id);
      this.#storedEnd.delete(id);
    }
    return gone;
  }
}

/** What keeps an alert from being taken, naming it; undefined when nothing does. */
export function alertFault(alert: IncomingAlert): string | undefined {
  const labels = withoutEmpty(alert.labels);
  const reason = faultOf(alert, labels);
  return reason && `alert ${JSON.stringify(labels).slice(0, 500)}: ${reason}`;
}

function faultOf({ annotations, startsAt, endsAt }: IncomingAlert, labels: Labels) {
  if (Object.keys(labels).length === 0) return "at least one label with a value is needed";
  if ("" in labels || "" in annotations) return "a label name is empty";
  if (endsAt !== undefined && endsAt < startsAt) return "it ends before it starts";
  if (!isTime(startsAt) || (endsAt !== undefined && !isTime(endsAt)))
    return "a time is out of range";
  if (lengthOf(labels) + lengthOf(annotations) > MAX_LABELS_LENGTH)
    return `labels and annotations are longer than ${MAX_LABELS_LENGTH} characters`;
  return undefined;
}

/** About as many characters as the labels have in JSON. */
function lengthOf(labels: Labels): number {
  let length = 2;
  for (const name in labels) length += name.length + (labels[name]?.length ?? 0) + 6;
  return length;
}

/** The years 1 to 9999, which every part of the system can hold and write. */
function isTime(at: number): boolean {
  return at >= -62_135_596_800_000 && at < 253_402_300_800_000;
}

/**
 * One alert from what is known and what has come in, by Alertmanager's rules: where the two overlap
 * in time they are the same firing, which began when the earlier one began.
 */
function merge(known: HeldAlert, next: HeldAlert, now: number): HeldAlert {
  const fresh = isResolved(known, now) && !isResolved(next, now);
  const receivedAt = fresh ? next.receivedAt : known.receivedAt;
  const overlap =
    (next.endsAt > known.startsAt && next.endsAt < known.endsAt) ||
    (next.startsAt > known.startsAt && next.startsAt < known.endsAt);
  if (!overlap) return { ...next, receivedAt };
  let { endsAt } = next;
  if (isResolved(next, now)) {
    if (isResolved(known, now) && known.endsAt > endsAt) ({ endsAt } = known);
  } else if (known.endsAt > endsAt && !known.timeout) ({ endsAt } = known);
  return { ...next, startsAt: Math.min(known.startsAt, next.startsAt), endsAt, receivedAt };
}

function sameContent(a: HeldAlert, b: HeldAlert): boolean {
  const names = Object.keys(a.annotations);
  return (
    a.startsAt === b.startsAt &&
    a.receivedAt === b.receivedAt &&
    a.timeout === b.timeout &&
    a.generatorURL === b.generatorURL &&
    names.length === Object.keys(b.annotations).length &&
    names.every((name) => a.annotations[name] === b.annotations[name])
  );
}
