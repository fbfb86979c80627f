import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export const faultNames = ["errors", "slow", "down", "leak", "auth-storm"] as const;
export type FaultName = (typeof faultNames)[number];

export interface FaultState {
  readonly name: FaultName;
  readonly on: boolean;
  readonly title: string;
  readonly effect: string;
  /** The alert that notices it. */
  readonly alert: string;
}

/** Of so many checkouts the first ones fail: 40%, and it shows from the first one on. */
const checkoutCycle = 5;
const failingInCycle = 2;
/** What a query takes longer while the shop is slow, in milliseconds. */
const slowMinimum = 500;
const slowSpread = 400;
/** The leak grows by this each tick, and stops at the limit so that it cannot hurt the machine. */
const leakStep = 2 * 1024 * 1024;
const leakTickMs = 250;
const leakLimit = 256 * 1024 * 1024;

const descriptions: Readonly<Record<FaultName, Omit<FaultState, "name" | "on">>> = {
  errors: {
    title: "Failing checkouts",
    effect: "Two checkouts in five end with an error: the payment provider does not answer.",
    alert: "ShopCheckoutErrors",
  },
  slow: {
    title: "Slow database",
    effect: "Each query takes half a second longer, or nearly a whole one.",
    alert: "ShopSlow",
  },
  down: {
    title: "Shop down",
    effect: "Connections are closed without an answer, also for metrics and health.",
    alert: "ShopDown",
  },
  leak: {
    title: "Memory leak",
    effect: "Memory grows by 8 MiB a second, up to 256 MiB, and is given back when switched off.",
    alert: "ShopMemoryClimbs",
  },
  "auth-storm": {
    title: "Sign-in storm",
    effect: "Somebody tries passwords: 25 failing sign-ins a second.",
    alert: "ShopSignInFailures",
  },
};

export function isFaultName(name: string): name is FaultName {
  return faultNames.some((known) => known === name);
}

/** The switches, and what the shop asks of them. */
export class Faults {
  readonly #on = new Set<FaultName>();
  readonly #listeners: ((name: FaultName, on: boolean) => void)[] = [];
  #checkouts = 0;
  #leaked: Buffer[] = [];
  #leakTimer: NodeJS.Timeout | undefined;

  isOn(name: FaultName): boolean {
    return this.#on.has(name);
  }

  states(): FaultState[] {
    return faultNames.map((name) => ({ name, on: this.isOn(name), ...descriptions[name] }));
  }

  /** Is told of each change. */
  onChange(listener: (name: FaultName, on: boolean) => void): void {
    this.#listeners.push(listener);
  }

  set(name: FaultName, on: boolean): void {
    if (this.isOn(name) === on) return;
    if (on) this.#on.add(name);
    else this.#on.delete(name);
    if (name === "errors") this.#checkouts = 0;
    if (name === "leak") this.#setLeak(on);
    for (const listener of this.#listeners) listener(name, on);
  }

  /** Whether the checkout that asks is to fail. */
  checkoutFails(): boolean {
    if (!this.isOn("errors")) return false;
    const position = this.#checkouts % checkoutCycle;
    this.#checkouts += 1;
    return position < failingInCycle;
  }

  /** How much longer the next query is to take, in milliseconds. */
  queryDelay(): number {
    return this.isOn("slow") ? slowMinimum + Math.random() * slowSpread : 0;
  }

  /** Bytes held by the leak. */
  get leakedBytes(): number {
    return this.#leaked.length * leakStep;
  }

  /** Switches everything off. */
  clear(): void {
    for (const name of faultNames) this.set(name, false);
  }

  #setLeak(on: boolean): void {
    clearInterval(this.#leakTimer);
    if (on) {
      this.#leakTimer = setInterval(() => this.#leak(), leakTickMs);
      this.#leak();
      return;
    }
    this.#leaked = [];
    collectGarbage();
  }

  #leak(): void {
    // Filled, because memory that is never touched is not resident.
    if (this.leakedBytes < leakLimit) this.#leaked.push(Buffer.alloc(leakStep, 1));
  }
}

/** Without this the memory would come back some time later, and the alert would stay that long. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
}
