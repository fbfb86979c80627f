import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock, Timer } from "../../model/index.ts";
import { confirmLease, returnLeases, takeLeases } from "./leases.ts";
import type { Records, Tx } from "./records.ts";

/** Leases are renewed so many times before they would end. */
const RENEWALS = 3;

export interface LeaseOptions {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  /** This server's name, which no other has. */
  readonly server: string;
  /** How long a lease lasts that is not renewed: how long nobody works on what a killed server held. */
  readonly leaseMs: number;
}

/** Shares work among the servers over one PostgreSQL: each piece is worked on by who holds its lease. */
export class LeaseKeeper {
  readonly #options: LeaseOptions;
  readonly #workOn: (held: ReadonlySet<string>) => Promise<void>;
  #wanted: readonly string[] = [];
  #held: ReadonlySet<string> = new Set();
  /** Until when what is held is held for certain, ms. */
  #until = 0;
  #timer: Timer | undefined;
  #looking: Promise<void> = Promise.resolve();
  /** Apart from looking: work that is slow to begin must not keep leases from being renewed. */
  #changing: Promise<void> = Promise.resolve();
  #stopped = false;
  #failing = false;

  /** `workOn` is told after each look what to work on, and answers when it works on nothing else. */
  constructor(options: LeaseOptions, workOn: (held: ReadonlySet<string>) => Promise<void>) {
    this.#options = options;
    this.#workOn = workOn;
  }

  /** From now on takes and renews leases of these names, and lets go of all others. */
  async want(names: readonly string[]): Promise<void> {
    this.#wanted = names;
    await this.#look();
    await this.#changing;
  }

  /** Whether this server may work on it now. */
  holds(name: string): boolean {
    return this.#held.has(name) && this.#options.clock.now() < this.#until;
  }

  /** Makes sure of it for the rest of a transaction. Throws StoreError `lease_lost`. */
  confirm(tx: Tx, name: string): Promise<void> {
    return confirmLease(tx, this.#options.server, name);
  }

  /** Gives everything back; to be called when nothing is worked on any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#looking;
    await this.#changing;
    const { records, server, log } = this.#options;
    await returnLeases(records.db, server).catch((error: unknown) =>
      log.warn({ reason: messageOf(error) }, "leases could not be given back; they run out"),
    );
  }

  #look(): Promise<void> {
    this.#timer?.cancel();
    this.#looking = this.#looking.then(() => this.#lookNow());
    return this.#looking;
  }

  async #lookNow(): Promise<void> {
    if (this.#stopped) return;
    const { records, clock, server, leaseMs } = this.#options;
    const asked = clock.now();
    /** What this server has beyond its share. */
    let surplus: readonly string[] = [];
    try {
      const wanted = this.#wanted;
      const { held, servers } = await takeLeases(records.db, server, wanted, leaseMs);
      const share = Math.ceil(wanted.length / servers);
      this.#held = new Set(held.slice(0, share));
      surplus = held.slice(share);
      this.#until = asked + leaseMs;
      this.#failing = false;
    } catch (error) {
      this.#sayFailed(error);
      // Who cannot renew stops in time: another one may begin when the lease has run out.
      if (asked >= this.#until) this.#held = new Set();
    }
    const held = this.#held;
    this.#changing = this.#changing.then(() => this.#change(held, surplus));
    this.#timer?.cancel();
    this.#timer = clock.after(leaseMs / RENEWALS, () => void this.#look());
  }

  /** Others may have the surplus once the work on it has ended. */
  async #change(held: ReadonlySet<string>, surplus: readonly string[]): Promise<void> {
    if (this.#stopped) return;
    try {
      await this.#workOn(held);
      if (surplus.length > 0) {
        await returnLeases(this.#options.records.db, this.#options.server, surplus);
      }
    } catch (error) {
      this.#sayFailed(error);
    }
  }

  #sayFailed(error: unknown): void {
    if (this.#failing || this.#stopped) return;
    this.#failing = true;
    this.#options.log.warn({ reason: messageOf(error) }, "leases could not be renewed");
  }
}
