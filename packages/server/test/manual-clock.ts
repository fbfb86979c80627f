import type { Clock } from "../src/model/index.ts";

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number;
  #timers: { at: number; run: () => void }[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void) {
    const timer = { at: this.#now + Math.max(0, ms), run };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Sets the clock without any time passing: timers keep their distance. */
  set(now: number): void {
    const shift = now - this.#now;
    this.#now = now;
    for (const timer of this.#timers) timer.at += shift;
  }

  /** When the next timer is due, if there is one. */
  next(): number | undefined {
    return this.#timers.length === 0 ? undefined : Math.min(...this.#timers.map(({ at }) => at));
  }

  /** Moves on by `ms`, running what comes due on the way, each at its own time. */
  advance(ms: number): void {
    const until = this.#now + ms;
    while (this.#runNext(until));
    this.#now = until;
  }

  /** The same, awaiting what each timer has started before time goes on. */
  async advanceSettled(ms: number, settle: () => Promise<unknown>): Promise<void> {
    const until = this.#now + ms;
    do await settle();
    while (this.#runNext(until));
    this.#now = until;
  }

  #runNext(until: number): boolean {
    const due = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
    if (due === undefined) return false;
    this.#timers = this.#timers.filter((other) => other !== due);
    this.#now = Math.max(this.#now, due.at);
    due.run();
    return true;
  }

  /** Stands still for `ms` like a machine that sleeps: what came due meanwhile runs afterwards. */
  sleep(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }
}
