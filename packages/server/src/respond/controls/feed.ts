import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock, Timer } from "../../model/index.ts";
import { listControls, listControlScopes } from "../../store/index.ts";
import type { ControlPlace, Listening, Records } from "../../store/index.ts";

/** Where servers tell each other of changes: `["SERVICE","ENVIRONMENT"]`. */
export const CHANNEL = "seaworthy_controls";

/** Times in milliseconds. */
const LIMITS = {
  /** How often it is looked whether a change was missed, */
  look: 5000,
  /** and how often while the database cannot tell of any. */
  deafLook: 400,
  /** Services kept in memory that nobody watches. */
  kept: 1000,
} as const;

/** All values of a service at one revision, ready to be sent. */
export interface ControlSnapshot {
  readonly revision: number;
  /** `{service, environment, revision, controls: {NAME: VALUE}}`. */
  readonly json: string;
}

/** What applications read. */
export interface ControlFeed {
  /** The values of a service; revision 0 and no values when it has none. */
  read(place: ControlPlace): Promise<ControlSnapshot>;
  /** Calls `seen` with each new state, in order, until it is closed. */
  watch(place: ControlPlace, seen: (snapshot: ControlSnapshot) => void): { close(): void };
  /** How many watch a service here. */
  listeners(place: ControlPlace): number;
}

interface Entry {
  readonly place: ControlPlace;
  snapshot: ControlSnapshot | undefined;
  readonly watchers: Set<(snapshot: ControlSnapshot) => void>;
  loading: Promise<void> | undefined;
  /** Whether something changed while it was being read. */
  again: boolean;
}

const keyOf = ({ service, environment }: ControlPlace) => JSON.stringify([service, environment]);

/**
 * Keeps the values of the services that applications ask for in memory, and in step with the records:
 * by what servers tell each other through PostgreSQL, and by looking for what was missed.
 */
export class Feed implements ControlFeed {
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #entries = new Map<string, Entry>();
  /** Told of every change, whoever made it. */
  readonly #changed: () => void;
  #listening: Listening | undefined;
  #timer: Timer | undefined;
  #running = false;

  constructor(options: {
    readonly records: Records;
    readonly clock: Clock;
    readonly log: Logger;
    readonly changed: () => void;
  }) {
    this.#records = options.records;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#changed = options.changed;
  }

  start(): void {
    this.#running = true;
    this.#listening = this.#records.listen(CHANNEL, (text) => this.#heard(text));
    this.#lookLater();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.cancel();
    await this.#listening?.close();
    for (const { loading } of this.#entries.values()) await loading?.catch(() => {});
  }

  async read(place: ControlPlace): Promise<ControlSnapshot> {
    const entry = this.#entryOf(place);
    // What is not told of changes may be old.
    if (entry.snapshot === undefined || this.#listening?.hearing !== true) {
      try {
        await this.#load(entry);
      } catch (error) {
        // A database that is away does not take from applications what is known.
        if (entry.snapshot === undefined) throw error;
      }
    }
    return entry.snapshot ?? snapshotOf(place, 0, {});
  }

  watch(place: ControlPlace, seen: (snapshot: ControlSnapshot) => void) {
    const { watchers } = this.#entryOf(place);
    watchers.add(seen);
    return { close: () => void watchers.delete(seen) };
  }

  listeners(place: ControlPlace): number {
    return this.#entries.get(keyOf(place))?.watchers.size ?? 0;
  }

  /** To be called after a change of this server's own, which then needs no way through PostgreSQL. */
  changed(place: ControlPlace): void {
    const entry = this.#entries.get(keyOf(place));
    if (entry !== undefined) this.#reload(entry);
  }

  #entryOf(place: ControlPlace): Entry {
    const key = keyOf(place);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known;
    }
    if (this.#entries.size >= LIMITS.kept) this.#forget();
    const entry: Entry = {
      place: { service: place.service, environment: place.environment },
      snapshot: undefined,
      watchers: new Set(),
      loading: undefined,
      again: false,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Lets go of the service that was asked for longest ago, among those that nobody watches. */
  #forget(): void {
    for (const [key, { watchers, loading }] of this.#entries) {
      if (watchers.size > 0 || loading !== undefined) continue;
      this.#entries.delete(key);
      return;
    }
  }

  #heard(text: string | undefined): void {
    this.#changed();
    if (text === undefined) this.#look();
    else {
      const entry = this.#entries.get(text);
      if (entry !== undefined) this.#reload(entry);
    }
  }

  #reload(entry: Entry): void {
    this.#load(entry).catch((error: unknown) => {
      this.#log.warn({ reason: messageOf(error) }, "controls could not be read; looking again");
    });
  }

  /** Reads a service anew; what changes meanwhile is read once more. */
  #load(entry: Entry): Promise<void> {
    if (entry.loading !== undefined) {
      entry.again = true;
      return entry.loading;
    }
    const run = async () => {
      do {
        entry.again = false;
        const next = await this.#readNow(entry.place);
        if (entry.snapshot?.json === next.json) continue;
        entry.snapshot = next;
        for (const seen of entry.watchers) seen(next);
      } while (entry.again);
    };
    entry.loading = run().finally(() => {
      entry.loading = undefined;
    });
    return entry.loading;
  }

  async #readNow(place: ControlPlace): Promise<ControlSnapshot> {
    // The revision first: values that are newer than it are told of again, older ones never.
    const [scope] = await listControlScopes(this.#records.db, place);
    if (scope === undefined) return snapshotOf(place, 0, {});
    const controls = await listControls(this.#records.db, place);
    const newest = controls.reduce((most, { revision }) => Math.max(most, revision), 0);
    return snapshotOf(
      place,
      Math.max(scope.revision, newest),
      Object.fromEntries(controls.map(({ name, value }) => [name, value])),
    );
  }

  #lookLater(): void {
    if (!this.#running) return;
    const hearing = this.#listening?.hearing === true;
    this.#timer = this.#clock.after(hearing ? LIMITS.look : LIMITS.deafLook, () => {
      this.#look();
    });
  }

  #looking = false;

  /** Reads those services anew whose newest change is not the one that is known. */
  #look(): void {
    if (this.#looking || !this.#running) return;
    this.#looking = true;
    this.#timer?.cancel();
    const work = async () => {
      if (this.#entries.size === 0) return;
      const scopes = await listControlScopes(this.#records.db);
      const revisions = new Map(scopes.map((scope) => [keyOf(scope), scope.revision]));
      for (const [key, entry] of this.#entries) {
        const known = entry.snapshot?.revision;
        if (known !== undefined && known !== (revisions.get(key) ?? 0)) this.#reload(entry);
      }
    };
    work()
      .catch((error: unknown) => {
        this.#log.warn({ reason: messageOf(error) }, "controls could not be read; looking again");
      })
      .finally(() => {
        this.#looking = false;
        this.#lookLater();
      });
  }
}

function snapshotOf(
  { service, environment }: ControlPlace,
  revision: number,
  controls: Readonly<Record<string, unknown>>,
): ControlSnapshot {
  return { revision, json: JSON.stringify({ service, environment, revision, controls }) };
}
